"""The names in a folder, sorted by what they can be; no file is opened."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError
from .raw import IMAGE_SUFFIXES

#: Formats that hold pictures, are not read, and must not vanish in silence.
OTHER_FORMATS = frozenset(
    {".bmp", ".gif", ".webp", ".dcm", ".jp2", ".npy", ".mha", ".nrrd", ".pgm"}
)


@dataclass
class Names:
    """What a folder holds.

    Attributes
    ----------
    folder
        Which one.
    images
        Files of a format that is read, by stem.
    csv, other
        CSV files, and pictures of a format that is not read.
    folders
        Names of folders in it.
    """

    folder: Path
    images: dict[str, Path] = field(default_factory=dict)
    csv: list[Path] = field(default_factory=list)
    other: list[Path] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)


def read_names(folder: Path) -> Names:
    """List a folder, passing over hidden files.

    Raises
    ------
    InputError
        If it cannot be listed, or holds two images of one stem.
    """
    names = Names(folder)
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


def _sort_in(names: Names, entry: os.DirEntry[str]) -> None:
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


def has_image(folder: Path) -> bool:
    """Say whether there is an image in a folder; False if it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return any(
                Path(entry.name).suffix.lower() in IMAGE_SUFFIXES
                and not entry.name.startswith(".")
                for entry in entries
            )
    except OSError:
        return False
