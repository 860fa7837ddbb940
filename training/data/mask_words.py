"""Words by which files are masks, and rules that people give.

A rule is written as people write file names, with ``*`` for the frame's own name:
``*_seg`` (beside the frame), ``labels/*`` (in a folder that mirrors the frames'),
``masks/*_mask``, ``*.png`` (frames are JPEG, masks PNG of the same name). Several are
parted by commas; ``none`` says that there are no masks.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import InputError
from .raw import IMAGE_SUFFIXES
from .tree import Picture

_WORD = (
    r"masks?|msk|seg|segs|segmentations?|segmented|annotations?|annot|anno|labels?|lbl|"
    r"gt|ground[-_ ]?truth|(?<!ground.)truth|contours?|maske|masque|binary|bin|rois?|"
    r"outlines?|manual|segm|labell?ed|drawn|segmentierung|konturen?|delineations?"
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
_FRAME = r"(?:image|img|frame|original|orig|raw|us|bmode|0000)"
_FRAME_SUFFIX = re.compile(rf"(?P<base>.+?)[-_. ]+{_FRAME}", _FLAGS)
_FRAME_PREFIX = re.compile(rf"{_FRAME}[-_. ]+(?P<base>.+)", _FLAGS)
_FRAME_WITHIN = re.compile(rf"(?P<base>.+?)[-_. ]+{_FRAME}(?P<rest>[-_. ].+)", _FLAGS)
_BEFORE_NUMBER = re.compile(r"[A-Za-z]+[-_. ]*(?P<base>[0-9].*)", _FLAGS)
_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
#: What a program wrote, by its name.
_OUTPUT = (
    r"preds?|predicted|predictions?|outputs?|auto|sam|medsam|u-?net|nnunet|yolo|prob|"
    r"probability|heatmap"
)
_OUTPUT_WORD = re.compile(_OUTPUT, _FLAGS)
_OUTPUT_NAME = re.compile(rf"(?P<base>.+)[-_. ](?:{_OUTPUT})(?:[-_. ]?[0-9]+)?", _FLAGS)
#: Words that are a mask's even where no frame of that name is there.
SURE = frozenset({"mask", "masks", "msk"})


class MaskNameRule:
    """A rule for the names of masks that a person chose; see the module's text."""

    def __init__(self, text: str) -> None:
        self.text = text
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if not parts or any("*" not in part for part in parts if part != "none"):
            raise InputError(
                f"--mask-names {text}: write * for the frame's name, as in '*_seg' or "
                "'labels/*', or none."
            )
        self._parts = (
            [] if parts == ["none"] else [_NamePattern(part) for part in parts]
        )
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


class _NamePattern:
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


def without_output(stem: str) -> str | None:
    """Return whose prediction a name says it is, without a word such as ``_pred``."""
    if not _OUTPUT_WORD.search(stem):  # nearly every name
        return None
    found = _OUTPUT_NAME.fullmatch(stem)
    return found["base"] if found else None


def frame_names(stem: str) -> set[str]:
    """Return what a frame may be called in its mask's name, in small letters.

    Its name, that without a word such as ``image``, without letters before a number,
    and without zeros before numbers.
    """
    names = {stem}
    for pattern in (_FRAME_SUFFIX, _FRAME_PREFIX, _BEFORE_NUMBER):
        if (match := pattern.fullmatch(stem)) is not None:
            names.add(match["base"])
    if (match := _FRAME_WITHIN.fullmatch(stem)) is not None:
        names.add(match["base"] + match["rest"])
    return {one.casefold() for name in names for one in (name, without_zeros(name))}


def without_zeros(name: str) -> str:
    """Return a name without zeros before its numbers."""
    return _ZEROS.sub("", name)


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
        found = [Name("", form, form, number)]
        if match["n"] is not None:  # "mask001" is of "001" or "img001" first
            found.insert(0, Name(match["n"], f"{form}*", form, None, True))
        if (match := _PREFIXED.fullmatch(stem)) is not None:
            base = match["base"].lstrip("-_. ")
            form = stem[: -len(base)].lower() + "*"
            found.insert(0, Name(base, form, match["word"].lower(), None))
        return found
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
        if (inner := _SUFFIXED.fullmatch(match["base"])) is not None:
            base = inner["base"]  # "x_label_ground-truth"
            form = "*" + stem[len(base) :].lower()
            found.append(Name(base, form, match["word"].lower(), None))
    if (match := _PREFIXED.fullmatch(stem)) is not None:
        base = match["base"].lstrip("-_. ")
        form = stem[: len(stem) - len(base)].lower() + "*"
        found.append(Name(base, form, match["word"].lower(), None))
    if not found and (match := _FOLLOWED.fullmatch(stem)) is not None:
        base, rest = match["base"], match["rest"]
        form = "*" + stem[len(base) : match.end("word")].lower()
        found.append(Name(base + rest, form, "", None, True))  # "x_mask_left"
        form = "*" + stem[len(base) :].lower()
        found.append(Name(base, form, "", None))  # a mask of a frame alone
    return found
