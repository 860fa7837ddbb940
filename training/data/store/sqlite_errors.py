"""SQLite's complaints in words, which never repeat its SQL."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ...errors import InputError

#: What SQLite's primary error codes mean to a person; {path} is the label store.
_SENTENCES = {
    **dict.fromkeys(
        (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED),
        "Another program holds the label store {path}; close it and try again.",
    ),
    sqlite3.SQLITE_FULL: "The disk of the label store {path} is full; free some space "
    "first.",
    sqlite3.SQLITE_READONLY: "The label store {path} cannot be written; make it "
    "writable or name another project folder by --project.",
    sqlite3.SQLITE_IOERR: "The disk of the label store {path} fails; see that it is "
    "there, and try again.",
    sqlite3.SQLITE_CANTOPEN: "The label store {path} cannot be opened as a file; check "
    "that its folder can be written, or name another by --project.",
    sqlite3.SQLITE_NOTADB: "{path} is not a label store (it is no SQLite file); move "
    "it away or name another project folder.",
}


def damaged(path: Path, what: str) -> InputError:
    """Return what is said of a label store that is not what was written."""
    return InputError(
        f"The label store {path} is damaged ({what}): restore it from a copy; "
        "'nerveseg doctor --project' with its folder lists all that is damaged, and "
        "changes nothing."
    )


@contextlib.contextmanager
def translate_sqlite_errors(path: Path, *, opening: bool = False) -> Iterator[None]:
    """Say what the disk or another program did to the file in one sentence.

    Parameters
    ----------
    path
        The label store.
    opening
        Whether no more than the file's head is read, for which there is memory: only a
        damaged one asks for too much.

    Raises
    ------
    InputError
        In place of whatever SQLite, or a value that no label store has, raises inside
        the block.
    """
    try:
        yield
    except MemoryError as error:
        if not opening:
            raise
        raise damaged(path, "SQLite cannot read it") from error
    except UnicodeEncodeError as error:
        raise InputError(
            f"The label store {path} cannot keep {error.object!a}, which is no text: "
            "give it another name."
        ) from error
    except sqlite3.ProgrammingError as error:
        raise InputError(f"The label store {path} is closed; open it again.") from error
    except (sqlite3.Error, UnicodeDecodeError) as error:
        # Text that is not UTF-8 has no code, nor has a complaint that quotes it.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in _SENTENCES:
            raise InputError(_SENTENCES[code].format(path=path)) from error
        raise damaged(path, "SQLite cannot read it") from error
