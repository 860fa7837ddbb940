"""Imports that must not bring a certain package along."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def block_import(package: str) -> Iterator[None]:
    """Make a package look as if it were not installed, inside the block.

    One that is imported already stays as it is.
    """
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]
