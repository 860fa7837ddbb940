"""Commands that a sentence tells, as they can be typed."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path


def command_line(*words: str | Path) -> str:
    """Return ``nerveseg`` with these words, quoted for the shells of this system."""
    parts = ["nerveseg", *map(str, words)]
    return subprocess.list2cmdline(parts) if os.name == "nt" else shlex.join(parts)
