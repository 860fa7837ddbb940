"""Commands that a sentence tells, as they can be typed, and numbers of things."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path


def counted(n: float, noun: str) -> str:
    """Return such as ``1 epoch`` or ``2.5 minutes``."""
    return f"{n:g} {noun}{'' if n == 1 else 's'}"


def command_line(*words: str | Path) -> str:
    """Return ``nerveseg`` with these words, quoted for the shells of this system."""
    parts = ["nerveseg", *map(str, words)]
    return subprocess.list2cmdline(parts) if os.name == "nt" else shlex.join(parts)
