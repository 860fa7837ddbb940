"""What a worker says when its work ends early."""

from __future__ import annotations

import traceback
from collections.abc import Mapping

from ..errors import Kind, kind_of, sentence_of
from ..events import Event

#: Exit codes by the kind of error.
EXIT: Mapping[Kind, int] = {"input": 2, "memory": 1, "failure": 1, "cancelled": 130}


def error_event(error: BaseException) -> Event:
    """Turn an exception into the event that ends a worker's work."""
    kind = kind_of(error)
    detail = None
    if kind in ("memory", "failure"):
        detail = "".join(traceback.format_exception(error))
    text = sentence_of(error)
    event = {"event": "error", "kind": kind, "text": text, "detail": detail}
    fields = getattr(error, "fields", ())
    return {**event, "fields": list(fields)} if fields else event
