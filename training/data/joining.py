"""Frames joined with their masks, and a word on what does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ..errors import InputError
from .dataset import FrameEntry
from .frame_ids import PAGE_MARK, natural_key, subject_of
from .problems import BadFile, Problem, relative
from .tiff_pages import TIFF_SUFFIXES, page_offsets

#: Names under which Kaggle has one frame a file.
_KAGGLE_NAME = re.compile(r"[0-9]+(_[0-9]+)?(_mask)?", re.ASCII)


class Joiner:
    """Makes entries of files and collects problems.

    Parameters
    ----------
    root
        The data set's folder, for the names in problems.
    walk_all
        Count the pages of every TIFF, not only of those whose name is not Kaggle's.
    """

    def __init__(self, root: Path, *, walk_all: bool = False) -> None:
        self.root, self._walk_all = root, walk_all
        self.problems: list[Problem] = []

    def join_files(
        self, frames: Mapping[str, Path], masks: Mapping[str, Path]
    ) -> list[FrameEntry]:
        """Return one entry a frame, in natural order.

        Parameters
        ----------
        frames, masks
            Files by the frame's stem.

        Raises
        ------
        InputError
            If two frames have one id (``a#1.png`` beside a stack ``a.tif``).
        """
        entries: dict[str, FrameEntry] = {}
        for stem, path in frames.items():
            for entry in self._pages(stem, path, masks.get(stem)):
                if entry.id in entries:
                    raise InputError(
                        f"{self.root} has two frames called {entry.id}, in "
                        f"{entries[entry.id].path.name} and {path.name}: "
                        "rename one of them."
                    )
                entries[entry.id] = entry
        for stem in sorted(masks.keys() - frames.keys(), key=natural_key):
            self._note(
                masks[stem],
                "mask-without-frame",
                "is a mask without a frame: add the frame, or take the mask away.",
            )
        ordered = [entries[name] for name in sorted(entries, key=natural_key)]
        if masks:
            self._note_missing(ordered, "has no mask", "add its mask")
        return ordered

    def join_rows(
        self, entries: Iterable[FrameEntry], path: Path, rows: Mapping[str, str]
    ) -> list[FrameEntry]:
        """Return the entries with their masks in the rows of a CSV file."""
        joined = [
            replace(entry, mask_path=path) if entry.id in rows else entry
            for entry in entries
        ]
        lost = rows.keys() - {entry.id for entry in joined}
        if lost:
            self._note(
                path,
                "mask-without-frame",
                f"names frames that are not here ({len(lost)} in all, the first is "
                f"{min(lost, key=natural_key)}): add them, or leave it so.",
            )
        self._note_missing(joined, f"has no mask in {path.name}", "add its line")
        return joined

    def note_other_formats(self, paths: Iterable[Path]) -> None:
        """Name the pictures of a format that is not read."""
        for path in sorted(paths):
            self._note(
                path,
                "other-format",
                "is no TIFF, PNG or JPEG and is left out: convert it.",
            )

    def note_left_out(self, paths: Iterable[Path]) -> None:
        """Name the pictures that lie beside ``images/``."""
        for path in sorted(paths):
            self._note(
                path,
                "left-out",
                "lies beside the folder images, which is read, and is left out: "
                "move it there if it is a frame.",
            )

    def _pages(self, stem: str, path: Path, mask: Path | None) -> Iterator[FrameEntry]:
        subject, n_pages = subject_of(stem), self._count(path, stem)
        if n_pages == 1:
            yield FrameEntry(stem, path, None, mask, None, subject)
            return
        n_masks = 0 if mask is None else self._count(mask, mask.stem)
        if mask is not None and n_masks > n_pages:
            self._note(
                mask,
                "mask-without-frame",
                f"has {n_masks} pages where {path.name} has {n_pages}, and its last "
                "ones are left out: check that the two belong together.",
            )
        for page in range(n_pages):
            has_mask = page < n_masks
            yield FrameEntry(
                f"{stem}{PAGE_MARK}{page}",
                path,
                page,
                mask if has_mask else None,
                page if has_mask else None,
                subject,
            )

    def _count(self, path: Path, stem: str) -> int:
        if not self._walk_all and _KAGGLE_NAME.fullmatch(stem):
            return 1
        if path.suffix.lower() not in TIFF_SUFFIXES:
            return 1
        try:
            return len(page_offsets(path))
        except BadFile:  # told when somebody decodes it
            return 1

    def _note_missing(
        self, entries: Iterable[FrameEntry], reason: str, remedy: str
    ) -> None:
        for entry in entries:
            if entry.mask_path is None:
                page = "" if entry.page is None else f", page {entry.page},"
                self._note(
                    entry.path,
                    "frame-without-mask",
                    f"{reason}, which is not an empty one: "
                    f"{remedy}, or draw it in the window.",
                    entry.id,
                    page,
                )

    def _note(
        self,
        path: Path,
        kind: str,
        reason: str,
        frame: str | None = None,
        page: str = "",
    ) -> None:
        name = relative(path, self.root)
        self.problems.append(Problem(name, frame, kind, f"{name}{page} {reason}"))
