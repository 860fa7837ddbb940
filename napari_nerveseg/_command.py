"""The program: ``nerveseg ...``, and ``worker`` for the window's child processes.

Both find out first whether the engine is ours, and say so in one sentence if not.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence

from . import _engine


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line, or a worker if the first argument is ``worker``.

    Parameters
    ----------
    argv
        The arguments after the program's name; those of the process by default.

    Returns
    -------
    int
        The exit status; 2 if another ``training`` hides the engine.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    worker = arguments[:1] == ["worker"]
    try:
        _engine.check()
    except _engine.EngineClash as clash:
        return _refuse(str(clash), worker)
    if worker:
        return int(importlib.import_module("training.worker").main(arguments[1:]))
    return int(importlib.import_module("training.cli").main(arguments))


def _refuse(sentence: str, worker: bool) -> int:
    """Tell a person, or the window that started this worker, and give the status."""
    if worker:
        event = {"event": "error", "kind": "input", "text": sentence, "detail": None}
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()
    else:
        sys.stderr.write(f"{sentence}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
