"""What can be wrong with a file, said once and in words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError


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
        ``other-format`` or ``left-out``.
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
    """Return ``path`` as it is called inside ``root``, with forward slashes."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
