"""Words by which files and folders are masks or frames, and rules that people give.

A rule is written as people write file names, with ``*`` for the frame's own name:
``*_seg`` (beside the frame), ``labels/*`` (in a folder that mirrors the frames'),
``masks/*_mask``, ``*.png`` (frames are JPEG, masks PNG of the same name). Several are
parted by commas; ``none`` says that there are no masks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from ..errors import InputError
from .raw import IMAGE_SUFFIXES
from .tree import Picture

_MASK_FOLDERS = (
    "mask masks msk msks label labels lbl lbls annotation annotations annot annots "
    "anno annos seg segs segmentation segmentations gt gts truth truths groundtruth "
    "target targets contour contours roi rois maske masken masque masques manual "
    "outline outlines delineation delineations segmentierung segmentierungen "
    "annotationen konturen"
)
_IMAGE_FOLDERS = (
    "image images img imgs frame frames picture pictures pic pics input inputs "
    "original originals raw scan scans bmode us ultrasound photo photos bild bilder"
)
#: Folders of what a program wrote, which is nobody's truth.
OUTPUTS = frozenset(
    ["pred", "preds", "prediction", "predictions", "predicted", "output", "outputs"]
)
#: Words for masks, and for frames, in the names of folders.
_FOLDER_WORDS = frozenset(_MASK_FOLDERS.split())
_IMAGE_WORDS = frozenset(_IMAGE_FOLDERS.split())

_WORD = (
    r"masks?|msk|seg|segs|segmentations?|segmented|annotations?|annot|anno|labels?|lbl|"
    r"gt|ground[-_ ]?truth|truth|contours?|maske|masque|binary|bin|rois?|outlines?|"
    r"manual|segm|labell?ed|drawn|segmentierung|konturen?|delineations?"
)
#: Those that are a mask's where they are a file's whole name.
_STRONG = (
    r"masks?|msk|seg|segmentations?|annotations?|labels?|gt|ground[-_ ]?truth|truth"
)
_FLAGS = re.IGNORECASE | re.DOTALL
_SUFFIXED = re.compile(
    rf"(?P<base>.+)[-_. ](?P<word>{_WORD})(?:[-_. ]*\(?(?P<n>[0-9]+)\)?)?",
    _FLAGS,
)
_PREFIXED = re.compile(rf"(?P<word>{_WORD})[-_. ](?P<base>.+)", _FLAGS)
_FOLLOWED = re.compile(
    rf"(?P<base>.+?)[-_. ](?P<word>{_WORD})(?P<rest>(?:[-_. ~]|[0-9]).*|~)", _FLAGS
)
_ALONE = re.compile(rf"(?P<word>{_STRONG})(?:[-_. ]*\(?(?P<n>[0-9]+)\)?)?", _FLAGS)
NUMBERED = re.compile(r"(?P<base>.+?)[-_. ]\(?(?P<n>[0-9]+)\)?", _FLAGS)
_ANY_WORD = re.compile(_WORD, _FLAGS)
FRAME_SUFFIX = re.compile(
    r"(?P<base>.+?)[-_. ]+(?:image|img|frame|original|orig|raw|us|bmode|0000)",
    _FLAGS,
)
FRAME_PREFIX = re.compile(
    r"(?:image|img|frame|original|orig|raw|us|bmode)[-_. ]+(?P<base>.+)", _FLAGS
)
#: Words that are a mask's even where no frame of that name is there.
SURE = frozenset({"mask", "masks", "msk"})

_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")

Dirs = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
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
) -> Place:
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
    """
    roles: list[str] = []
    pure: str | None = None
    kept: list[str] = []
    for name in dirs:
        role, rest = role_of(name)
        if name.casefold() in mask_folders:
            role, rest = "mask", ""
        if role == "frame" and rest.isdecimal() and rest not in numbered:
            role, rest = None, name
        if role is not None:
            roles.append(role)
            pure = pure if rest else role
        if rest:
            kept.append(rest)
    other = "mask" if "mask" in roles else next(iter(roles), None)
    return Place(pure or other, tuple(kept))


def mask_numbers(folders: Iterable[Dirs]) -> frozenset[str]:
    """Return the numbers of numbered folders of masks, such as ``29`` of ``mask29``."""
    found = (role_of(name) for dirs in folders for name in dirs)
    return frozenset(n for role, n in found if role == "mask" and n.isdecimal())


@lru_cache(maxsize=4096)
def role_of(name: str) -> tuple[str | None, str]:
    """Return a folder's role and what its name says besides."""
    words = _CAMEL.findall(name)
    small = [word.lower() for word in words]
    is_mask = [
        word in _FOLDER_WORDS or (word == "ground" and "truth" in small)
        for word in small
    ]
    is_image = [word in _IMAGE_WORDS for word in small]
    if "".join(small) == "groundtruth":
        return "mask", ""
    if all(m or i for m, i in zip(is_mask, is_image, strict=True)) and any(is_mask):
        return "mask", ""  # "mask images"
    if any(is_mask) == any(is_image):  # neither, or both and more
        return None, name
    marks = is_mask if any(is_mask) else is_image
    rest = [word for word, mark in zip(words, marks, strict=True) if not mark]
    return ("mask" if any(is_mask) else "frame"), "_".join(rest)


class Rule:
    """A rule for the names of masks that a person chose; see the module's text."""

    def __init__(self, text: str) -> None:
        self.text = text
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if not parts or any("*" not in part for part in parts if part != "none"):
            raise InputError(
                f"--mask-names {text}: write * for the frame's name, as in '*_seg' or "
                "'labels/*', or none."
            )
        self._parts = [] if parts == ["none"] else [_Part(part) for part in parts]
        self.folders = frozenset(
            folder for part in self._parts for folder in part.folders
        )

    def base(self, picture: Picture) -> tuple[str, str, int | None] | None:
        """Return the frame's name that a mask's name holds, the part, the number."""
        for part in self._parts:
            found = part.match(picture)
            if found is not None:
                return found[0], part.text, found[1]
        return None


class _Part:
    def __init__(self, text: str) -> None:
        self.text = text
        *folders, name = text.replace("\\", "/").split("/")
        self.folders = tuple(folder.casefold() for folder in folders)
        stem, dot, suffix = name.rpartition(".")
        self._suffix = f".{suffix.lower()}" if dot else ""
        if self._suffix not in IMAGE_SUFFIXES:
            stem, self._suffix = name, ""
        before, _, after = stem.partition("*")
        self._pattern = re.compile(
            rf"{re.escape(before)}(?P<base>.+){re.escape(after)}"
            + (r"(?:[-_. ]*\(?(?P<n>[0-9]+)\)?)?" if after else ""),
            re.IGNORECASE,
        )

    def match(self, picture: Picture) -> tuple[str, int | None] | None:
        folders = tuple(name.casefold() for name in picture.dirs)
        if any(folder not in folders for folder in self.folders):
            return None
        if self._suffix and picture.suffix != self._suffix:
            return None
        found = self._pattern.fullmatch(picture.stem)
        if found is None:
            return None
        number = found.groupdict().get("n")
        return found["base"], None if number is None else int(number)


class Name(NamedTuple):
    """A name read as a mask's: its frame's name, the form, the word, the number.

    Without a frame's name it is of the only frame in its folder. ``whole`` says that
    the base is a frame's whole name, and no page's.
    """

    base: str
    form: str
    word: str
    number: int | None
    whole: bool = False


def is_output(dirs: Dirs) -> bool:
    """Say whether a file lies in a folder of what a program wrote."""
    return any(
        word.lower() in OUTPUTS for name in dirs for word in _CAMEL.findall(name)
    )


def readings(stem: str) -> list[Name]:
    """Return what a name says if it is a mask's, the likeliest first."""
    if stem.endswith("_mask") and len(stem) > len("_mask"):  # nearly every mask
        return [Name(stem.removesuffix("_mask"), "*_mask", "mask", None)]
    found: list[Name] = []
    if not _ANY_WORD.search(stem):
        return found
    if (match := _ALONE.fullmatch(stem)) is not None:
        number = None if match["n"] is None else int(match["n"])
        form = match["word"].lower()
        alone = [Name("", form, form, number)]
        if (match := _PREFIXED.fullmatch(stem)) is None:
            return alone
        base = match["base"].lstrip("-_. ")  # "mask_7" is of "7" or "frame_7" first
        return [Name(base, f"{stem[: -len(base)].lower()}*", form, None), *alone]
    if (match := _SUFFIXED.fullmatch(stem)) is not None:
        number = None if match["n"] is None else int(match["n"])
        bases = [match["base"]]
        if bases[0][-1] in "-_. ":  # "x - mask" is of x, "x _mask" of "x "
            bases.append(bases[0].rstrip("-_. "))
        for base in filter(None, bases):
            form = "*" + stem[len(base) : match.end("word")].lower()
            if tail := stem[match.end("word") :]:  # "x_mask_1" may be of "x_1"
                found.append(Name(base + tail, form, match["word"].lower(), None, True))
            found.append(Name(base, form, match["word"].lower(), number))
    if (match := _PREFIXED.fullmatch(stem)) is not None:
        base = match["base"].lstrip("-_. ")
        form = stem[: len(stem) - len(base)].lower() + "*"
        found.append(Name(base, form, match["word"].lower(), None))
    if not found and (match := _FOLLOWED.fullmatch(stem)) is not None:
        form = "*" + stem[match.end("base") :].lower()
        found.append(Name(match["base"], form, "", None))  # a mask of a frame alone
    return found
