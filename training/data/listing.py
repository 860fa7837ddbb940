"""From a folder to a `DataSet`, without opening the frames.

Only names are read: 11,270 files are listed in a fraction of a second. A TIFF
whose name is not Kaggle's ``S_I`` or ``N`` may hold a stack, so that its chain
of pages is walked (some bytes a page); the others hold one frame by convention,
and `scan`, which opens everything, says where one holds more.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import InputError
from .dataset import DataSet, FrameEntry, Problem
from .frame_ids import PAGE_MARK, natural_key, subject_of
from .problems import BadFile, relative
from .raw import IMAGE_SUFFIXES
from .rle import is_training_csv, read_csv
from .tiff_pages import TIFF_SUFFIXES, page_offsets

MASK_SUFFIX = "_mask"

#: Names under which Kaggle has one frame a file.
_KAGGLE_NAME = re.compile(r"[0-9]+(_[0-9]+)?(_mask)?", re.ASCII)

#: Formats that hold pictures, are not read, and must not vanish in silence.
OTHER_FORMATS = frozenset(
    {".bmp", ".gif", ".webp", ".dcm", ".jp2", ".npy", ".mha", ".nrrd", ".pgm"}
)


@dataclass
class _Names:
    """What a folder holds, by stem."""

    folder: Path
    images: dict[str, Path] = field(default_factory=dict)
    csv: list[Path] = field(default_factory=list)
    other: list[Path] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)


def open_dataset(
    path: Path, *, nerve_label: int | None = None, masks_csv: Path | None = None
) -> DataSet:
    """List the frames of a folder, or of one image file.

    Parameters
    ----------
    path
        A folder in Kaggle's layout (``S_I.tif`` and ``S_I_mask.tif``; PNG and JPEG
        too), a folder with ``images/`` and ``masks/``, a folder of frames without
        masks, or one image file, which may have several pages.
    nerve_label
        The label that is the nerve, for masks with a palette or several labels.
    masks_csv
        A CSV file of run-length masks, which takes the place of mask files. A
        folder without mask files takes a CSV file of that kind that lies in it.

    Returns
    -------
    DataSet
        In natural order. Nothing is decoded, nothing is written.

    Raises
    ------
    InputError
        If there is nothing at ``path``, no image in it, or two files of one stem.
    """
    path = path.expanduser().resolve()
    if path.is_file():
        return _open_file(path, nerve_label, masks_csv)
    names = _read_names(path)
    if "images" in names.folders:
        images = _read_names(path / "images")
        if images.images:
            return _open_two_folders(names, images, nerve_label, masks_csv)
    return _open_flat(names, nerve_label, masks_csv)


def _read_names(folder: Path) -> _Names:
    names = _Names(folder)
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.name.startswith("."):
                    _sort_in(names, entry)
    except FileNotFoundError:
        raise InputError(
            f"{folder} does not exist: give a folder of frames or an image file."
        ) from None
    except OSError as error:
        raise InputError(
            f"{folder} cannot be listed ({error.strerror}): check its permissions."
        ) from error
    return names


def _sort_in(names: _Names, entry: os.DirEntry[str]) -> None:
    stem, suffix = os.path.splitext(entry.name)  # noqa: PTH122 (11,270 times)
    suffix = suffix.lower()
    # Not is_file(): a broken link is a frame that cannot be read, and is told.
    if entry.is_dir():
        names.folders.add(entry.name)
    elif suffix in IMAGE_SUFFIXES:
        if stem in names.images:
            raise InputError(
                f"{names.folder} has {names.images[stem].name} and {entry.name}, "
                "two files of one name: keep one of them."
            )
        names.images[stem] = names.folder / entry.name
    elif suffix == ".csv":
        names.csv.append(names.folder / entry.name)
    elif suffix in OTHER_FORMATS:
        names.other.append(names.folder / entry.name)


def _open_flat(
    names: _Names, nerve_label: int | None, masks_csv: Path | None
) -> DataSet:
    frames = {s: p for s, p in names.images.items() if not s.endswith(MASK_SUFFIX)}
    masks = {
        stem.removesuffix(MASK_SUFFIX): path
        for stem, path in names.images.items()
        if stem.endswith(MASK_SUFFIX)
    }
    if not frames:
        raise _no_frames(names, masks)
    if masks_csv is None and not masks:
        masks_csv = _only_csv(names)
    builder = _Builder(names.folder, nerve_label)
    builder.note_other_formats(names)
    return builder.build("kaggle", frames, masks, masks_csv)


def _open_two_folders(
    names: _Names, images: _Names, nerve_label: int | None, masks_csv: Path | None
) -> DataSet:
    found = _read_names(names.folder / "masks") if "masks" in names.folders else None
    masks = dict(found.images) if found else {}
    for stem in images.images:  # a mask may be called x or x_mask
        if stem not in masks and stem + MASK_SUFFIX in masks:
            masks[stem] = masks.pop(stem + MASK_SUFFIX)
    builder = _Builder(names.folder, nerve_label)
    for each in filter(None, (images, found)):
        builder.note_other_formats(each)
    builder.note_left_out(names)
    return builder.build("images-masks", images.images, masks, masks_csv)


def _open_file(path: Path, nerve_label: int | None, masks_csv: Path | None) -> DataSet:
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        raise InputError(
            f"{path} is no TIFF, PNG or JPEG: give an image or a folder of frames."
        )
    if path.stem.endswith(MASK_SUFFIX):
        raise InputError(f"{path} is a mask by its name: give the frame's file.")
    masks = sorted(
        other
        for other in path.parent.glob("*.*")
        if other.stem == path.stem + MASK_SUFFIX
        and other.suffix.lower() in IMAGE_SUFFIXES
    )
    if len(masks) > 1:
        raise InputError(
            f"{path} has two masks, {masks[0].name} and {masks[1].name}: keep one."
        )
    builder = _Builder(path.parent, nerve_label, walk_all=True)
    mask = {path.stem: masks[0]} if masks else {}
    return builder.build("file", {path.stem: path}, mask, masks_csv)


def _only_csv(names: _Names) -> Path | None:
    found = sorted(path for path in names.csv if is_training_csv(path))
    if len(found) > 1:
        raise InputError(
            f"{names.folder} has two files of run-length masks, {found[0].name} and "
            f"{found[1].name}: keep one of them."
        )
    return found[0] if found else None


def _no_frames(names: _Names, masks: dict[str, Path]) -> InputError:
    folder = names.folder
    if masks:
        return InputError(f"{folder} has masks but no frame: put the frames beside.")
    for name in sorted(names.folders, key=lambda name: (name != "train", name)):
        inner = folder / name
        if _has_image(inner) or _has_image(inner / "images"):
            return InputError(
                f"{folder} has no image in it, but its folder {name} has: give {inner}."
            )
    return InputError(
        f"{folder} has no image in it: give a folder of TIFF, PNG or JPEG frames."
    )


def _has_image(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(
                Path(entry.name).suffix.lower() in IMAGE_SUFFIXES
                and not entry.name.startswith(".")
                for entry in entries
            )
    except OSError:
        return False


class _Builder:
    """Joins frames with masks, and collects what does not fit."""

    def __init__(
        self, root: Path, nerve_label: int | None, *, walk_all: bool = False
    ) -> None:
        self._root, self._nerve_label, self._walk_all = root, nerve_label, walk_all
        self._problems: list[Problem] = []

    def build(
        self,
        layout: str,
        frames: dict[str, Path],
        masks: dict[str, Path],
        masks_csv: Path | None,
    ) -> DataSet:
        """Return the data set; raise `InputError` if two frames have one id."""
        rows = read_csv(masks_csv) if masks_csv else {}
        if masks_csv:
            masks = {}
        entries: dict[str, FrameEntry] = {}
        for stem in frames:
            for entry in self._entries(stem, frames[stem], masks.get(stem)):
                if entry.id in entries:
                    raise InputError(
                        f"{self._root} has two frames called {entry.id}, in "
                        f"{entries[entry.id].path.name} and {entry.path.name}: "
                        "rename one of them."
                    )
                if masks_csv and entry.id in rows:
                    entry = replace(entry, mask_path=masks_csv)
                entries[entry.id] = entry
        ordered = [entries[name] for name in sorted(entries, key=natural_key)]
        if not masks and not masks_csv and layout == "kaggle":
            layout = "plain"
        self._note_unmatched(ordered, frames, masks)
        if masks_csv:
            self._note_rows(masks_csv, rows, entries)
        return DataSet(
            self._root,
            layout,
            ordered,
            self._problems,
            nerve_label=self._nerve_label,
            run_lengths=rows,
        )

    def _entries(
        self, stem: str, path: Path, mask: Path | None
    ) -> Iterator[FrameEntry]:
        subject = subject_of(stem)
        n_pages = self._n_pages(path)
        if n_pages == 1:
            yield FrameEntry(stem, path, None, mask, None, subject)
            return
        n_masks = 0 if mask is None else self._n_pages(mask)
        if mask is not None and n_masks > n_pages:
            self._note(
                mask,
                None,
                "mask-without-frame",
                f"has {n_masks} pages where {path.name} has {n_pages}: "
                "its last pages are left out, so check that the two belong together.",
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

    def _n_pages(self, path: Path) -> int:
        if path.suffix.lower() not in TIFF_SUFFIXES:
            return 1
        if not self._walk_all and _KAGGLE_NAME.fullmatch(path.stem):
            return 1
        try:
            return len(page_offsets(path))
        except BadFile:  # told when somebody decodes it
            return 1

    def _note_unmatched(
        self, entries: list[FrameEntry], frames: dict[str, Path], masks: dict[str, Path]
    ) -> None:
        for stem in sorted(masks.keys() - frames.keys(), key=natural_key):
            self._note(
                masks[stem],
                None,
                "mask-without-frame",
                "is a mask without a frame: add the frame, or take the mask away.",
            )
        if not masks:
            return
        for entry in entries:
            if entry.mask_path is None:
                self._note(
                    entry.path,
                    entry.id,
                    "frame-without-mask",
                    "has no mask, which is not an empty one: "
                    "add its mask, or draw it in the window.",
                )

    def _note_rows(
        self, path: Path, rows: dict[str, str], entries: dict[str, FrameEntry]
    ) -> None:
        lost = sorted(rows.keys() - entries.keys(), key=natural_key)
        if lost:
            self._note(
                path,
                None,
                "mask-without-frame",
                f"has masks without a frame in {len(lost)} lines "
                f"(the first is {lost[0]}): add the frames, or pass over this.",
            )
        for entry in entries.values():
            if entry.mask_path is None:
                self._note(
                    entry.path,
                    entry.id,
                    "frame-without-mask",
                    f"has no mask in {path.name}, which is not an empty one: "
                    "add its line, or draw it in the window.",
                )

    def note_other_formats(self, names: _Names) -> None:
        """Name the pictures of a format that is not read."""
        for path in sorted(names.other):
            self._note(
                path,
                None,
                "other-format",
                "is no TIFF, PNG or JPEG and is left out: convert it.",
            )

    def note_left_out(self, names: _Names) -> None:
        """Name the pictures that lie beside ``images/``."""
        for path in sorted(names.images.values()):
            self._note(
                path,
                None,
                "left-out",
                "lies beside the folder images, which is read, and is left out: "
                "move it there if it is a frame.",
            )

    def _note(self, path: Path, frame: str | None, kind: str, reason: str) -> None:
        name = relative(path, self._root)
        self._problems.append(Problem(name, frame, kind, f"{name} {reason}"))
