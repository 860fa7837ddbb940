"""Which folders are of masks and which of frames, by the words in their names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from .tree import Picture

Dirs = tuple[str, ...]

_MASK_FOLDERS = (
    "mask masks msk msks label labels lbl lbls annotation annotations annot annots "
    "anno annos seg segs segmentation segmentations gt gts truth truths groundtruth "
    "target targets contour contours roi rois maske masken masque masques manual "
    "outline outlines delineation delineations segmentierung segmentierungen "
    "annotationen konturen segmented binary ann mascara mascaras"
)
_IMAGE_FOLDERS = (
    "image images img imgs frame frames picture pictures pic pics photo photos bild "
    "bilder"
)
#: Words of folders of frames where none is called by a surer word.
_MAYBE_IMAGES = "input inputs original originals raw scan scans bmode us ultrasound"
#: Words that say nothing beside a word for masks or frames.
_IDLE_WORDS = "jpeg jpg png tif tiff class dir folder files"
#: Folders of what a program wrote, which is nobody's truth.
OUTPUTS = frozenset(
    ["pred", "preds", "prediction", "predictions", "predicted", "output", "outputs"]
)
#: Folders of masks by instance, beside those by class.
_INSTANCES = frozenset({"segmentationobject"})
#: Words for masks, and for frames, in the names of folders.
_FOLDER_WORDS = frozenset(_MASK_FOLDERS.split())
_IMAGE_WORDS = frozenset(_IMAGE_FOLDERS.split())
_MAYBE_WORDS = frozenset(_MAYBE_IMAGES.split())
_IDLE = frozenset(_IDLE_WORDS.split())

_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")


@dataclass(frozen=True, slots=True)
class FolderRole:
    """What a file's folders say: its role, and where it belongs without that.

    Attributes
    ----------
    role
        ``frame``, ``mask`` or None.
    dirs
        The folders without those that only say the role.
    """

    role: str | None
    dirs: Dirs


def place_of(
    dirs: Dirs,
    mask_folders: frozenset[str] = frozenset(),
    numbered: frozenset[str] = frozenset(),
    *,
    maybe: bool = True,
) -> FolderRole:
    """Return the role of a file by its folders.

    The last folder that says nothing but its role decides (``labelled/images``), else
    a folder of masks before one of frames (``masks/scan_left``).

    Parameters
    ----------
    dirs
        Its folders.
    mask_folders
        Names of folders that a person said are of masks.
    numbered
        The numbers of numbered folders of masks: ``frame29`` is a folder of frames
        beside ``mask29`` alone, and else a name like any other.
    maybe
        Whether words such as ``raw`` are those of frames, if no surer word is there.
    """
    said = [
        ("mask", "") if name.casefold() in mask_folders else role_of(name)
        for name in dirs
    ]
    maybe = maybe and not any(role in ("mask", "frame") for role, _ in said)
    roles: list[str] = []
    pure: str | None = None
    kept: list[str] = []
    for name, (word, more) in zip(dirs, said, strict=True):
        role, rest = ("frame", more) if word == "maybe" and maybe else (word, more)
        is_number = role == "frame" and rest.isdecimal() and rest not in numbered
        if role == "maybe" or is_number:
            role, rest = None, name
        if role is not None:
            roles.append(role)
            pure = pure if rest else role
        if rest:
            kept.append(rest)
    other = "mask" if "mask" in roles else next(iter(roles), None)
    return FolderRole(pure or other, tuple(kept))


def mask_numbers(folders: Iterable[Dirs]) -> frozenset[str]:
    """Return the numbers of numbered folders of masks, such as ``29`` of ``mask29``."""
    found = (role_of(name) for dirs in folders for name in dirs)
    return frozenset(n for role, n in found if role == "mask" and n.isdecimal())


def is_maybe(dirs: Dirs) -> bool:
    """Say whether folders are of frames by a word such as ``raw`` alone."""
    return place_of(dirs).role == "frame" and place_of(dirs, maybe=False).role is None


def in_mask_folder(dirs: Dirs) -> Dirs | None:
    """Return the folders down to the first of masks; None if there is none."""
    for at, name in enumerate(dirs, start=1):
        if role_of(name) == ("mask", ""):
            return dirs[:at]
    return None


@lru_cache(maxsize=4096)
def role_of(name: str) -> tuple[str | None, str]:
    """Return a folder's role (mask, frame or maybe) and what its name says besides."""
    words = _CAMEL.findall(name)
    small = [word.lower() for word in words]
    if "".join(small) == "groundtruth":
        return "mask", ""
    is_mask = [
        word in _FOLDER_WORDS or (word == "ground" and "truth" in small)
        for word in small
    ]
    is_image = [word in _IMAGE_WORDS for word in small]
    is_maybe = [word in _MAYBE_WORDS for word in small]
    either = [m or i for m, i in zip(is_mask, is_image, strict=True)]
    if any(is_mask) and all(either):
        return "mask", ""  # "mask images"
    if any(is_mask) and any(is_image):
        return None, name
    for role, marks in (("mask", is_mask), ("frame", is_image), ("maybe", is_maybe)):
        if any(marks):
            rest = [
                word
                for word, mark in zip(words, marks, strict=True)
                if not mark and word.lower() not in _IDLE
            ]
            return role, "_".join(rest)
    return None, name


def is_output(dirs: Dirs) -> bool:
    """Say whether a file lies in a folder of what a program wrote."""
    return any(
        word.lower() in OUTPUTS for name in dirs for word in _CAMEL.findall(name)
    ) or any(name.lower() in _INSTANCES for name in dirs)


def places_of(
    pictures: Sequence[Picture], chosen: frozenset[str]
) -> dict[Dirs, FolderRole]:
    """Return what each folder's files are, from all folders together."""
    counts = Counter(picture.dirs for picture in pictures)
    numbers = mask_numbers(counts)
    places = {dirs: place_of(dirs, chosen, numbers) for dirs in counts}
    maybe = [dirs for dirs in places if is_maybe(dirs)]
    if maybe:
        roles = {dirs: place.role for dirs, place in places.items()}
        surely = any(r == "frame" and d not in maybe for d, r in roles.items())
        rest = sum(n for dirs, n in counts.items() if roles[dirs] is None)
        if surely or rest >= sum(counts[dirs] for dirs in maybe):
            for dirs in maybe:
                places[dirs] = place_of(dirs, chosen, numbers, maybe=False)
    return _without_wrapper(_masks_in_images(places))


def _masks_in_images(places: dict[Dirs, FolderRole]) -> dict[Dirs, FolderRole]:
    """Take ``GT/images`` for masks where frames lie elsewhere and no masks beside."""
    found = dict(places)
    for dirs, place in places.items():
        above = in_mask_folder(dirs) if place.role == "frame" else None
        if above is None:
            continue
        n = len(above)
        within = [place.role for at, place in places.items() if at[:n] == above]
        others = [place.role for at, place in places.items() if at[:n] != above]
        if "mask" not in within and "frame" in others:
            found[dirs] = FolderRole("mask", place.dirs)
    return found


def _without_wrapper(places: dict[Dirs, FolderRole]) -> dict[Dirs, FolderRole]:
    """Take the one folder that stands beside folders of masks for that of frames."""
    roles = {place.role for place in places.values()}
    if "mask" not in roles or "frame" in roles:
        return places
    own = {dirs for dirs, place in places.items() if place.role is None}
    first = {dirs[:1] for dirs in own}
    masks = {place.dirs[:1] for place in places.values() if place.role == "mask"}
    if len(first) != 1 or () in first or masks & first:
        return places
    return {
        dirs: FolderRole("frame", place.dirs[1:]) if dirs in own else place
        for dirs, place in places.items()
    }
