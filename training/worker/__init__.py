"""The child process in which long work runs: commands in, events out, JSON lines.

It is started as ``python -P -m training.worker``. Its first line on standard input
is one command, ``{"command": "scan", "data": …}`` (see `training.commands`;
``serve`` takes more, see `training.worker.serve`); then ``{"command": "stop"}``
cancels. Each line on standard output is one event (see `training.events`), and the
last one is either ``{"event": "result", "value": …}`` or::

    {"event": "error", "kind": "input" | "memory" | "failure" | "cancelled",
     "text": one sentence, "detail": a traceback or null,
     "fields": the settings that the text names, if any}

The process then ends with 0; or 2 (input), 130 (cancelled) or 1. What libraries
print goes to standard error. If standard input closes, whoever started the worker
is gone: everything but training stops. SIGTERM ends any work at once, as cancelled.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the worker on this process's standard streams; return its exit code.

    Takes no arguments; ``argv`` is there so that it can be called like any command.
    """
    del argv
    from .channel import Channel
    from .run import run

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return run(Channel.of_this_process())
