"""From a folder to a `DataSet`, without opening the frames.

Only names are read: 11,270 files are listed in a fraction of a second. A TIFF
whose name is not Kaggle's ``S_I`` or ``N`` may hold a stack, so that its chain
of pages is walked (some bytes a page); the others hold one frame by convention,
and `scan`, which opens everything, says where one holds more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import InputError
from .dataset import DataSet
from .folder_names import Names, has_image, read_names
from .joining import Joiner
from .raw import IMAGE_SUFFIXES
from .reading import Reading
from .rle import is_training_csv, read_csv

MASK_SUFFIX = "_mask"


def open_dataset(path: Path, reading: Reading | None = None, **choices: Any) -> DataSet:
    """List the frames of a folder, or of one image file.

    Parameters
    ----------
    path
        A folder in Kaggle's layout (``S_I.tif`` and ``S_I_mask.tif``; PNG and JPEG
        too), a folder with ``images/`` and ``masks/``, a folder of frames without
        masks, or one image file, which may have several pages.
    reading
        How it is read; a folder without mask files takes a run-length CSV file that
        lies in it.
    choices
        Single choices of `Reading`, over those of ``reading``.

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
    reading = Reading.of(choices).over(reading or Reading())
    if path.is_file():
        return _open_file(path, reading)
    names = read_names(path)
    if "images" in names.folders:
        images = read_names(path / "images")
        if images.images:
            return _open_two_folders(names, images, reading)
    return _open_flat(names, reading)


def _open_flat(names: Names, reading: Reading) -> DataSet:
    frames = {s: p for s, p in names.images.items() if not s.endswith(MASK_SUFFIX)}
    masks = {
        stem.removesuffix(MASK_SUFFIX): path
        for stem, path in names.images.items()
        if stem.endswith(MASK_SUFFIX)
    }
    if not frames:
        raise _no_frames(names, masks)
    if reading.masks_csv is None and not masks:
        reading = replace(reading, masks_csv=_only_csv(names))
    joiner = Joiner(names.folder)
    joiner.note_other_formats(names.other)
    layout = "kaggle" if masks or reading.masks_csv else "plain"
    return _joined(joiner, layout, (frames, masks), reading)


def _open_two_folders(names: Names, images: Names, reading: Reading) -> DataSet:
    joiner = Joiner(names.folder)
    joiner.note_other_formats(images.other)
    joiner.note_left_out(names.images.values())
    masks: dict[str, Path] = {}
    if "masks" in names.folders:
        found = read_names(names.folder / "masks")
        joiner.note_other_formats(found.other)
        masks = found.images
    for stem in images.images:  # a mask may be called x or x_mask
        if stem not in masks and stem + MASK_SUFFIX in masks:
            masks[stem] = masks.pop(stem + MASK_SUFFIX)
    files = (images.images, masks)
    return _joined(joiner, "images-masks", files, reading)


def _open_file(path: Path, reading: Reading) -> DataSet:
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        raise InputError(
            f"{path} is no TIFF, PNG or JPEG: give an image or a folder of frames."
        )
    if path.stem.endswith(MASK_SUFFIX):
        raise InputError(f"{path} is a mask by its name: give the frame's file.")
    masks = sorted(
        other
        for other in path.parent.iterdir()
        if other.stem == path.stem + MASK_SUFFIX
        and other.suffix.lower() in IMAGE_SUFFIXES
    )
    if len(masks) > 1:
        raise InputError(
            f"{path} has two masks, {masks[0].name} and {masks[1].name}: "
            "keep one of them."
        )
    files = ({path.stem: path}, {path.stem: masks[0]} if masks else {})
    joiner = Joiner(path.parent, walk_all=True)
    return _joined(joiner, "file", files, reading)


def _joined(
    joiner: Joiner,
    layout: str,
    files: tuple[Mapping[str, Path], Mapping[str, Path]],
    reading: Reading,
) -> DataSet:
    frames, masks = files
    rows: dict[str, str] = {}
    if reading.masks_csv is None:
        entries = joiner.join_files(frames, masks)
    else:
        rows = read_csv(reading.masks_csv)
        entries = joiner.join_rows(
            joiner.join_files(frames, {}), reading.masks_csv, rows
        )
    return DataSet(
        joiner.root,
        layout,
        entries,
        joiner.problems,
        reading=reading,
        run_lengths=rows,
    )


def _only_csv(names: Names) -> Path | None:
    found = sorted(path for path in names.csv if is_training_csv(path))
    if len(found) > 1:
        raise InputError(
            f"{names.folder} has two files of run-length masks, {found[0].name} and "
            f"{found[1].name}: keep one of them."
        )
    return found[0] if found else None


def _no_frames(names: Names, masks: dict[str, Path]) -> InputError:
    folder = names.folder
    if masks:
        return InputError(f"{folder} has masks but no frame: put the frames beside.")
    for name in sorted(names.folders, key=lambda name: (name != "train", name)):
        inner = folder / name
        if has_image(inner) or has_image(inner / "images"):
            return InputError(
                f"{folder} has no image in it, but its folder {name} has: give {inner}."
            )
    return InputError(
        f"{folder} has no image in it: give a folder of TIFF, PNG or JPEG frames."
    )
