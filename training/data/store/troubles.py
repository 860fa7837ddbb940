"""SQLite's complaints in words."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ...errors import InputError


@contextlib.contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Say what the disk or another program did to the file in one sentence.

    Raises
    ------
    InputError
        In place of whatever SQLite raises inside the block.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        raise InputError(_sentence(path, str(error))) from error
    except sqlite3.DatabaseError as error:
        raise InputError(
            f"The label store {path} is damaged ({error}); restore it from a copy."
        ) from error


def _sentence(path: Path, said: str) -> str:
    if "locked" in said:
        return f"Another program holds the label store {path}; close it and try again."
    if "full" in said:
        return f"The disk of the label store {path} is full; free some space first."
    if "readonly" in said:
        return (
            f"The label store {path} cannot be written; make it writable or name "
            "another project folder by --project."
        )
    return (
        f"The label store {path} cannot be used ({said}); see that its disk is there."
    )
