"""What can be wrong with a file, said once and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError

#: How many problems of a kind are told one by one.
_EACH = 3

_NAMES = " Say how masks are named by --mask-names if these are some (docs/folders.md)."

#: What else may be the reason if there are many of a kind.
_HINTS = {"left-out": _NAMES, "mask-without-frame": _NAMES, "mask-like": _NAMES}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a data set.

    Attributes
    ----------
    path
        The file, relative to the data set's folder.
    frame
        The FrameId that is concerned, or None.
    kind
        ``unreadable``, ``zero-bytes``, ``frame-without-mask``,
        ``mask-without-frame``, ``size-mismatch``, ``grey-levels``, ``labels``,
        ``colour``, ``not-8-bit``, ``16-bit``, ``run-length``, ``several-pages``,
        ``other-format``, ``left-out`` or another word for a remark.
    text
        One sentence that names the file and the remedy.
    """

    path: str
    frame: str | None
    kind: str
    text: str


class BadFile(InputError):
    """A file that is there, or should be, and cannot be used.

    Parameters
    ----------
    path
        The file.
    kind
        As in `Problem`.
    reason
        The rest of a sentence that begins with the file's name.
    """

    def __init__(self, path: Path, kind: str, reason: str) -> None:
        super().__init__(f"{path} {reason}")
        self.path, self.kind, self.reason = path, kind, reason

    def problem(self, root: Path, frame: str | None = None) -> Problem:
        """Return this as a `Problem` of the data set in ``root``."""
        name = relative(self.path, root)
        return Problem(name, frame, self.kind, f"{name} {self.reason}")


def relative(path: Path, root: Path) -> str:
    """Return ``path`` as it is called inside ``root``, with forward slashes.

    The root itself keeps its name: a sentence about "." helps nobody.
    """
    inside = path != root and path.is_relative_to(root)
    return path.relative_to(root).as_posix() if inside else str(path)


def in_brief(problems: Sequence[Problem]) -> list[str]:
    """Return sentences in which many problems of one kind are told at once.

    The first few are named; `Problem.text` has the sentence of each.
    """
    by_kind: dict[str, list[Problem]] = {}
    for one in problems:
        by_kind.setdefault(one.kind, []).append(one)
    found = []
    for kind, same in by_kind.items():
        if len(same) <= _EACH:
            found += [one.text for one in same]
            continue
        names = ", ".join(one.path for one in same[:_EACH])
        hint = "" if "--mask-names" in same[0].text else _HINTS.get(kind, "")
        found.append(
            f"{len(same):,} problems of the kind '{kind}' ({names}, …); the first: "
            f"{same[0].text}{hint}"
        )
    return found
