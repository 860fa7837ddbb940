"""The ``nerveseg`` command, also ``python -P -m training``."""

from .app import main

__all__ = ["main"]
