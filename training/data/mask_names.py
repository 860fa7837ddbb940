"""Which files are masks, and of which frames; see `training.data.mask_words`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..errors import InputError
from .mask_folders import Dirs, is_output, places_of, role_of
from .mask_words import (
    NUMBERED,
    SURE,
    MaskNameRule,
    Name,
    frame_names,
    readings,
    without_output,
    without_zeros,
)
from .tree import Picture

Key = tuple[Dirs, str]


@dataclass(frozen=True, slots=True)
class MaskFile:
    """A mask's file, the rule by which it is one, and its number among several."""

    picture: Picture
    rule: str
    number: int | None = None


@dataclass
class Sorted:
    """Pictures sorted into frames and masks.

    Attributes
    ----------
    frames
        By folders and stem.
    masks
        Of each frame.
    pages
        Masks of single pages of a frame, by the page's number as written.
    lost
        Masks without a frame.
    left_out
        Pictures beside the folders of frames.
    unchosen
        Masks by their names or folders that the chosen rule does not name.
    outputs
        Pictures in folders of what a program wrote.
    elsewhere
        Masks that were paired by their name with a frame of another folder.
    rules
        How many masks each rule found.
    """

    frames: dict[Key, Picture] = field(default_factory=dict)
    masks: dict[Key, list[MaskFile]] = field(default_factory=dict)
    pages: dict[Key, dict[int, list[MaskFile]]] = field(default_factory=dict)
    lost: list[Picture] = field(default_factory=list)
    left_out: list[Picture] = field(default_factory=list)
    unchosen: list[Picture] = field(default_factory=list)
    outputs: list[Picture] = field(default_factory=list)
    elsewhere: list[Picture] = field(default_factory=list)
    rules: dict[str, int] = field(default_factory=dict)

    def add(self, key: Key, mask: MaskFile, page: int | None = None) -> None:
        """Note a mask of a frame, or of one of its pages."""
        if page is None:
            self.masks.setdefault(key, []).append(mask)
        else:
            self.pages.setdefault(key, {}).setdefault(page, []).append(mask)
        self.rules[mask.rule] = self.rules.get(mask.rule, 0) + 1


def sort_pictures(pictures: Sequence[Picture], rule: MaskNameRule | None) -> Sorted:
    """Sort pictures into frames and their masks.

    Parameters
    ----------
    pictures
        All of a folder.
    rule
        How masks are named; None: the common ways, of which those that fit are
        found.

    Raises
    ------
    InputError
        If two frames have one name, or a frame has masks of two rules.
    """
    return _Sorter(pictures, rule).sorted()


class _Sorter:
    def __init__(self, pictures: Sequence[Picture], rule: MaskNameRule | None) -> None:
        self._rule = rule
        chosen = frozenset() if rule is None else rule.folders
        self._places = places_of(pictures, chosen)
        self._found = Sorted()
        self._pictures = self._without_outputs(pictures)
        self._unnamed: list[Picture] = []
        self._twins: dict[Key, list[Picture]] = {}
        self._folded: dict[Key, list[Key]] | None = None
        self._by_place: dict[Dirs, list[Key]] | None = None

    def _without_outputs(self, pictures: Sequence[Picture]) -> Sequence[Picture]:
        """Leave out what programs wrote, unless it is chosen or there is nothing else.

        A prediction that is taken for ground truth is learned from.
        """
        by_folder = {dirs: is_output(dirs) for dirs in {one.dirs for one in pictures}}
        stems = {picture.stem for picture in pictures}

        def is_written(one: Picture) -> bool:
            if not by_folder[one.dirs]:
                base = without_output(one.stem)
                if base is None or not (base in stems or readings(base)):
                    return False
            return self._rule is None or not (
                self._rule.folders & set(map(str.casefold, one.dirs))
                or self._rule.base(one) is not None
            )

        written = [one for one in pictures if is_written(one)]
        if len(written) in (0, len(pictures)):
            return pictures
        self._found.outputs = written
        left = set(map(id, written))
        return [one for one in pictures if id(one) not in left]

    def sorted(self) -> Sorted:
        inside, beside = self._by_folder()
        self._pair_by_name(self._split_by_name(beside))
        self._folded = None  # more frames are known
        for picture in inside:
            self._pair_in_folder(picture)
        self._settle_twins()
        return self._found

    # Frames -----------------------------------------------------------------------

    def _by_folder(self) -> tuple[list[Picture], list[Picture]]:
        """Return the pictures in folders of masks, and those that may be frames."""
        inside: list[Picture] = []
        beside: list[Picture] = []
        for picture in self._pictures:
            is_mask = self._places[picture.dirs].role == "mask"
            (inside if is_mask else beside).append(picture)
        frames = [p for p in beside if self._places[p.dirs].role == "frame"]
        rest = [p for p in beside if self._places[p.dirs].role != "frame"]
        if not frames or (not inside and len(frames) < len(rest)):
            return inside, beside  # one folder "images" among many makes no layout
        self._found.left_out = rest
        return inside, frames

    def _split_by_name(
        self, pictures: Iterable[Picture]
    ) -> list[tuple[Picture, list[Name]]]:
        """Take frames; return what is named as a mask may be."""
        named = []
        for picture in pictures:
            if names := self._readings_of(picture):
                named.append((picture, names))
            elif (
                self._rule is not None
                and self._rule.text != "none"
                and (readings(picture.stem))
            ):
                self._unnamed.append(picture)  # a mask of another rule, or a frame
            else:
                self._take_frame(picture)
        return named

    def _readings_of(self, picture: Picture) -> list[Name]:
        """Return what a name says if it is a mask's."""
        if self._rule is None:
            return readings(picture.stem)
        found = self._rule.base(picture)
        return [] if found is None else [Name(found[0], found[1], "", found[2])]

    def _take_frame(self, picture: Picture) -> None:
        key = self._key(picture, picture.stem)
        if key in self._found.frames:
            self._twins.setdefault(key, [self._found.frames[key]]).append(picture)
        self._found.frames.setdefault(key, picture)

    def _key(self, picture: Picture, stem: str) -> Key:
        return self._places[picture.dirs].dirs, stem

    # Masks ------------------------------------------------------------------------

    def _pair_in_folder(self, picture: Picture) -> None:
        """Pair a picture of a folder of masks with its frame."""
        if self._rule is not None:
            found = self._rule.base(picture)
            if found is None:
                self._found.unchosen.append(picture)
            elif not self._pair(picture, *found):
                self._found.lost.append(picture)
            return
        roles = (name for name in reversed(picture.dirs) if role_of(name)[0] == "mask")
        folder, stem = next(roles), picture.stem
        if self._pair(picture, stem, f"{folder}/*", None):
            return
        for name in readings(stem):
            form = f"{folder}/{name.form}"
            if self._pair(picture, name.base, form, name.number, name.whole):
                return
        self._found.lost.append(picture)

    def _pair_by_name(self, named: list[tuple[Picture, list[Name]]]) -> None:
        """Pair what is named as a mask; what has no frame may be one itself."""
        used = set(SURE) if self._rule is None else {""}
        unpaired = self._paired_by_name(named, used)
        bases = {(p.dirs, one.base) for p, names in unpaired for one in names}
        frames = [p for p, _ in unpaired if (p.dirs, p.stem) in bases]
        if frames:  # "roi_1" with a mask "roi_1_mask"
            for picture in frames:
                self._take_frame(picture)
            self._folded = None
            taken = set(map(id, frames))
            rest = [one for one in unpaired if id(one[0]) not in taken]
            unpaired = self._paired_by_name(rest, used)
        for picture, names in unpaired:
            if {one.word for one in names} & used:
                self._found.lost.append(picture)
            else:
                self._take_frame(picture)
        for picture in self._unnamed:
            if any(self._is_of_a_frame(picture, one) for one in readings(picture.stem)):
                self._found.unchosen.append(picture)
            else:
                self._take_frame(picture)

    def _paired_by_name(
        self, named: list[tuple[Picture, list[Name]]], used: set[str]
    ) -> list[tuple[Picture, list[Name]]]:
        """Pair what has a frame, add the words that did; return what has none."""
        unpaired = []
        for picture, names in named:
            for base, form, word, number, whole in names:
                if self._pair(picture, base, form, number, whole):
                    used.add(word)
                    break
            else:
                unpaired.append((picture, names))
        return unpaired

    def _is_of_a_frame(self, picture: Picture, name: Name) -> bool:
        dirs = self._places[picture.dirs].dirs
        return (dirs, name.base) in self._found.frames

    def _pair(
        self,
        picture: Picture,
        base: str,
        rule: str,
        number: int | None,
        whole: bool = False,
    ) -> bool:
        """Pair a mask with the frame called ``base``, or, if not ``whole``, a page."""
        where = self._places[picture.dirs].dirs
        if not base:
            return self._pair_alone(picture, rule, number)
        if self._found.frames.get((where, base), picture) is not picture:
            self._found.add((where, base), MaskFile(picture, rule, number))
            return True
        for key, page in self._candidates((where, base), whole):
            has_pages = _may_have_pages(self._found.frames[key]) and not whole
            if page is not None and not has_pages:
                continue
            if self._found.frames[key] is picture:
                continue
            self._found.add(key, MaskFile(picture, rule, number), page)
            if key[0] != where and _small_dirs(key[0]) != _small_dirs(where):
                self._found.elsewhere.append(picture)
            return True
        return False

    def _pair_alone(self, picture: Picture, rule: str, number: int | None) -> bool:
        """Pair a mask that is called ``mask`` with the only frame of its folder."""
        if self._by_place is None:
            self._by_place = {}
            for key, frame in self._found.frames.items():
                self._by_place.setdefault(frame.dirs, []).append(key)
        keys = self._by_place.get(picture.dirs, [])
        if len(keys) != 1 or self._rule is not None:
            return False
        self._found.add(keys[0], MaskFile(picture, rule, number))
        return True

    def _candidates(self, key: Key, whole: bool) -> Iterable[tuple[Key, int | None]]:
        """Yield the frames that a name may mean, the likeliest first."""
        frames = self._found.frames
        if key in frames:
            yield key, None
            return
        dirs, base = key
        folded = self._fold()
        # "x_0_mask1" may be of "x_01", and is never of "x_1".
        names = (base, base if whole else without_zeros(base))
        for name in dict.fromkeys(map(str.casefold, names)):
            same = folded.get((_small_dirs(dirs), name), ())
            if len(same) == 1:
                yield same[0], None
        stem, mark, page = base.rpartition("#")
        if mark and page.isdecimal() and (dirs, stem) in frames:
            yield (dirs, stem), int(page)
        match = NUMBERED.fullmatch(base)
        if match is not None and (dirs, match["base"]) in frames:
            yield (dirs, match["base"]), int(match["n"])
        anywhere = folded.get(((), f"\0{base.casefold()}"), ())
        if len(anywhere) == 1 and not any(k[0] == dirs for k in frames):
            own, other = _small_dirs(dirs), _small_dirs(anywhere[0][0])
            if _is_part(own, other) or _is_part(other, own):
                yield anywhere[0], None

    def _fold(self) -> dict[Key, list[Key]]:
        """Return frames by what they may be called in the names of masks."""
        if self._folded is None:
            self._folded = {}
            for key in self._found.frames:
                dirs, stem = key
                small = _small_dirs(dirs)
                for name in frame_names(stem):
                    self._folded.setdefault((small, name), []).append(key)
                    self._folded.setdefault(((), f"\0{name}"), []).append(key)
                if dirs:
                    joined = "_".join((*small, stem.casefold()))
                    self._folded.setdefault(((), f"\0{joined}"), []).append(key)
        return self._folded

    # What frames and masks share ----------------------------------------------------

    def _settle_twins(self) -> None:
        """Settle files of one name: a JPEG with its PNG mask, or a mistake."""
        for key, twins in self._twins.items():
            pair = self._as_frame_and_mask(key, twins) if self._rule is None else None
            if pair is not None:
                frame, mask = pair
                self._found.frames[key] = frame
                self._found.add(key, MaskFile(mask, f"*{mask.suffix}"))
                continue
            first, second = twins[:2]
            where = f"{first.folder} has {first.name} and {second.name}"
            if first.folder != second.folder:
                where = f"{first.path} and {second.path} are"
            raise InputError(f"{where}, two files of one name: keep one of them.")

    def _as_frame_and_mask(
        self, key: Key, twins: list[Picture]
    ) -> tuple[Picture, Picture] | None:
        """Return two files of one name as frame and mask, if one can be a mask."""
        if len(twins) != 2 or len({one.suffix for one in twins}) < 2:
            return None
        if key in self._found.masks:
            return None
        from .masks import has_few_levels

        first, second = twins
        match has_few_levels(first.path), has_few_levels(second.path):
            case False, True:
                return first, second
            case True, False:
                return second, first
        return None


def _may_have_pages(frame: Picture) -> bool:
    return frame.suffix.startswith(".tif")


def _is_part(some: Dirs, all_: Dirs) -> bool:
    """Say whether folders are among others, in their order."""
    rest = iter(all_)
    return all(name in rest for name in some)


def _small_dirs(dirs: Dirs) -> Dirs:
    return tuple(name.casefold() for name in dirs)
