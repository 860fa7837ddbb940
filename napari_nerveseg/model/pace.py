"""How long a verdict takes this reviewer, from the times that the store keeps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._engine import VerdictRecord

#: Seconds after which somebody was away rather than thinking.
PAUSE = 300.0

#: Verdicts that count, the newest.
WINDOW = 40


def seconds_per_verdict(verdicts: Iterable[VerdictRecord], author: str) -> float | None:
    """Return the median time between verdicts of one author.

    Pauses of more than five minutes do not count. None if there are not yet two
    verdicts in a row.
    """
    times = sorted(
        datetime.fromisoformat(record.time)
        for record in verdicts
        if record.author == author and record.time
    )
    gaps = [(b - a).total_seconds() for a, b in pairwise(times[-WINDOW - 1 :])]
    counted = [gap for gap in gaps if 0 < gap <= PAUSE]
    return median(counted) if counted else None
