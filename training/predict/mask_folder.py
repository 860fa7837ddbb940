"""Predictions of another program: a folder of mask files, and no word besides."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..data.masks import read_mask
from ..data.raw import IMAGE_SUFFIXES
from ..errors import InputError
from ..networks.decision import DecisionRule, Mask, Probability

#: What may stand behind a frame's name in the name of its mask.
_MASK_WORD = re.compile(
    r"(?P<frame>.+)[-_ .](mask|seg|pred|prediction|label|segmentation|annotation)",
    re.IGNORECASE | re.DOTALL,
)

#: Files that a sentence names before it ends in dots.
_NAMED = 5


class MasksOnly:
    """What a `PredictionSet` says of which only masks are known."""

    checkpoint_sha256: str | None = None
    rule: DecisionRule | None = None

    def probability(self, frame: str) -> Probability | None:
        """Return None: masks only."""

    def uncertainty(self, frame: str) -> Probability | None:
        """Return None: masks only."""

    def frame_uncertainty(self, frame: str) -> float | None:
        """Return None: masks only."""

    def presence(self, frame: str) -> float | None:
        """Return None: masks only."""

    def frame_sha256(self, frame: str) -> str | None:
        """Return None: masks only."""


class MaskFolder(MasksOnly):
    """Masks in files that are called as their frames; a `PredictionSet`.

    A name is the FrameId, alone or with a word such as ``_mask`` or ``-pred`` behind.

    Parameters
    ----------
    path
        The folder.
    files
        Its image files, from `image_files`.
    ids
        The FrameIds there are.

    Raises
    ------
    InputError
        If no file is of a frame, or two are of one.
    """

    def __init__(self, path: Path, files: Sequence[Path], ids: Iterable[str]) -> None:
        self.path = path
        self.errors: Mapping[str, str] = {}
        known = {unicodedata.normalize("NFC", frame): frame for frame in ids}
        self._files: dict[str, Path] = {}
        strange: list[str] = []
        for file in files:
            frame = _frame_of(file.stem, known)
            if frame is None:
                strange.append(file.name)
            elif frame in self._files:
                raise InputError(
                    f"{path} has two masks for frame {frame}, "
                    f"{self._files[frame].name} and {file.name}: keep one of them."
                )
            else:
                self._files[frame] = file
        if not self._files:
            example = next(iter(known.values()), "1_1")
            raise InputError(
                f"{path} has no mask of a frame of this data set (its first file is "
                f"{strange[0]}): a mask is called as its frame, alone or with _mask, "
                f"_seg, _pred, _prediction, _label, _segmentation or _annotation "
                f"behind, such as {example}.png or {example}_mask.png."
            )
        self.warnings = _left_out(path, strange)

    @property
    def ids(self) -> tuple[str, ...]:
        """The frames that have a mask, by their files' names."""
        return tuple(self._files)

    def mask(self, frame: str, shape: tuple[int, int] | None = None) -> Mask | None:
        """Return the (H, W) bool mask, or None if the frame has no file.

        Raises
        ------
        InputError
            If the file cannot be read as a mask.
        """
        del shape  # the file has its own
        file = self._files.get(frame)
        return None if file is None else read_mask(file)


def image_files(folder: Path) -> list[Path]:
    """Return the image files in a folder that are not hidden, in order.

    Raises
    ------
    InputError
        If it cannot be listed.
    """
    try:
        return sorted(
            path
            for path in folder.iterdir()
            if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
        )
    except OSError as error:
        raise InputError(
            f"{folder} cannot be listed ({error.strerror}): name a folder of masks."
        ) from error


def _frame_of(stem: str, known: Mapping[str, str]) -> str | None:
    name = unicodedata.normalize("NFC", stem)
    while name not in known:
        found = _MASK_WORD.fullmatch(name)
        if found is None:
            return None
        name = found["frame"]
    return known[name]


def _left_out(path: Path, names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    named = ", ".join(names[:_NAMED]) + (", …" if names[_NAMED:] else "")
    files = "1 file is" if len(names) == 1 else f"{len(names)} files are"
    return (f"{files} of no frame in {path}, by name, and left out: {named}.",)
