"""Numbers of things in words, the same in every sentence of the window."""

from __future__ import annotations


def counted(n: int, noun: str) -> str:
    """Return such as ``1 frame`` or ``5,635 frames``."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
