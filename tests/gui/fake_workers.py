"""Workers of a few lines that behave, hang, crash or refuse to die."""

from __future__ import annotations

import os
import sys
import textwrap

import pytest

#: For tests in which a process is ended by a signal, or ignores one.
signals = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")

_HEAD = """
import json, os, signal, sys, time
def say(**event):
    sys.stdout.write(json.dumps(event) + "\\n")
    sys.stdout.flush()
"""


def worker(body: str) -> list[str]:
    """Return the command line of a worker that runs ``body`` (``say`` sends)."""
    return [sys.executable, "-c", _HEAD + textwrap.dedent(body)]


#: Answers its command in pieces that are no whole lines.
GOOD = worker(
    """
    command = json.loads(sys.stdin.readline())
    say(event="message", level="info", text=command["command"])
    sys.stdout.write('{"event": "prog'); sys.stdout.flush()
    sys.stdout.write('ress", "stage": "Counting", "done": 1, "total": 2}\\nnoise\\n')
    sys.stdout.write('{"event": "result", "value": {"n": 2}}')
    sys.stdout.flush()
    """
)

#: Stops as soon as it is asked.
POLITE = worker(
    """
    say(event="progress", stage="Waiting", done=0, total=1)
    for line in sys.stdin:
        if json.loads(line)["command"] == "stop":
            say(event="error", kind="cancelled", text="The work was stopped as asked.")
            sys.exit(130)
    """
)

#: Hears nothing and ends only by the signal that cannot be ignored.
STUBBORN = worker(
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say(event="progress", stage="Waiting", done=0, total=1)
    while True:
        time.sleep(60)
    """
)

#: Says its result and then does not end.
LINGERING = worker(
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say(event="result", value=7)
    while True:
        time.sleep(60)
    """
)
