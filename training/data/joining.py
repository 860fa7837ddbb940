"""Frames joined with their masks, and a word on what does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, pairwise
from pathlib import Path

from ..errors import InputError
from .dataset import FrameEntry
from .frame_ids import PAGE_MARK, natural_key
from .mask_folders import Dirs
from .mask_names import Key, MaskFile, Sorted
from .problems import BadFile, Problem, relative
from .subjects import SPLITS, Named, Subjects
from .tiff_pages import TIFF_SUFFIXES, n_frames
from .tree import Picture

#: Signs between a frame's name and a mask's word.
_SIGNS = re.compile(r"[-_. ]+")

_NO_FRAME = "is a mask without a frame: add the frame, or take the mask away."


class Joiner:
    """Makes entries of files and collects problems.

    Parameters
    ----------
    root
        The data set's folder, for the names in problems.
    subjects
        What tells a frame's subject.
    chosen
        Whether a person said how masks are named: then several are no doubt.
    """

    def __init__(self, root: Path, subjects: Subjects, chosen: bool = False) -> None:
        self.root, self._subjects, self._chosen = root, subjects, chosen
        self.problems: list[Problem] = []
        self.n_stacks = self.n_joined = 0
        self._numbered: list[Path] = []

    def join_files(self, found: Sorted, with_masks: bool = True) -> list[FrameEntry]:
        """Return one entry a frame, in natural order.

        Parameters
        ----------
        found
            Frames and masks.
        with_masks
            Whether the masks' files count.

        Raises
        ------
        InputError
            If two frames have one id (``a#1.png`` beside a stack ``a.tif``), or a
            frame has masks that do not belong together.
        """
        stems = _stems(found.frames)
        entries: dict[str, FrameEntry] = {}
        for key, picture in found.frames.items():
            for entry in self._pages(stems[key], picture, key, found, with_masks):
                if entry.id in entries:
                    raise InputError(
                        f"{self.root} has two frames called {entry.id}, in "
                        f"{entries[entry.id].path.name} and {entry.path.name}: "
                        "rename one of them."
                    )
                entries[entry.id] = entry
        if self._numbered:
            first = min(self._numbered)
            self.note(
                first,
                "mask-elsewhere",
                f"has a number behind its word and is the only mask of its frame "
                f"({len(self._numbered):,} such in all): see that it is of this frame.",
            )
        for picture in sorted(found.lost, key=lambda one: natural_key(one.stem)):
            self.note(picture.path, "mask-without-frame", _NO_FRAME)
        ordered = [entries[name] for name in sorted(entries, key=natural_key)]
        if with_masks and (found.masks or found.pages):
            self._note_rules(found)
            self._note_unions(ordered)
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
            self.note(
                path,
                "mask-without-frame",
                f"names frames that are not here ({len(lost)} in all, the first is "
                f"{min(lost, key=natural_key)[:80]!r}): add them, or leave it so.",
            )
        self._note_missing(joined, f"has no mask in {path.name}", "add its line")
        return joined

    def note(
        self,
        path: Path,
        kind: str,
        reason: str,
        frame: str | None = None,
        page: str = "",
    ) -> None:
        """Note a problem with a file; ``reason`` ends a sentence it begins."""
        name = relative(path, self.root)
        self.problems.append(Problem(name, frame, kind, f"{name}{page} {reason}"))

    def note_folder(self, kind: str, reason: str) -> None:
        """Note a problem with the whole folder, as `note` does."""
        self.problems.append(Problem(".", None, kind, f"{self.root} {reason}"))

    def _pages(
        self, stem: str, picture: Picture, key: Key, found: Sorted, with_masks: bool
    ) -> Iterator[FrameEntry]:
        path = picture.path
        entry = FrameEntry(stem, path, None, None, None, self._subjects.of(Named(*key)))
        n_pages = _count(picture, path)
        files = _together(found.masks.get(key, ()), self.root) if with_masks else ()
        by_page = found.pages.get(key, {}) if with_masks else {}
        if n_pages == 1:
            self._lose(by_page.values())
            yield self._single(entry, files)
        else:
            self.n_stacks += 1
            yield from self._stack(entry, n_pages, files, by_page)

    def _single(self, entry: FrameEntry, files: Sequence[MaskFile]) -> FrameEntry:
        """Return the entry of a file with one frame."""
        if len(files) == 1 and files[0].number is not None:
            self._numbered.append(files[0].picture.path)
        return _with_masks(entry, files)

    def _stack(
        self,
        entry: FrameEntry,
        n_pages: int,
        files: Sequence[MaskFile],
        by_page: Mapping[int, list[MaskFile]],
    ) -> Iterator[FrameEntry]:
        """Yield the entries of a file with many frames.

        Their masks lie in stacks, or in a file for each page.
        """
        counts = [_count(one.picture, one.picture.path) for one in files]
        if files and set(counts) == {1} and all(m.number is not None for m in files):
            by_page = {one.number or 0: [replace(one, number=None)] for one in files}
            files, counts = (), []
        own = self._own_pages(by_page, n_pages, entry.path, bool(files))
        n_masks = self._pages_of_masks(entry.path, n_pages, files, counts)
        for page in range(n_pages):
            frame = replace(entry, id=f"{entry.id}{PAGE_MARK}{page}", page=page)
            if page in own:
                yield _with_masks(frame, own[page])
            elif page < n_masks:
                yield _with_masks(replace(frame, mask_page=page), files)
            else:
                yield frame

    def _pages_of_masks(
        self,
        path: Path,
        n_pages: int,
        files: Sequence[MaskFile],
        counts: Sequence[int],
    ) -> int:
        """Return how many pages the stacks of masks of a stack have."""
        if len(set(counts)) > 1:
            raise InputError(
                f"{path} has stacks of masks with {counts[0]} and {max(counts[1:])} "
                "pages: keep those of one length."
            )
        n_masks = counts[0] if counts else 0
        if n_masks > n_pages:
            self.note(
                files[0].picture.path,
                "mask-without-frame",
                f"has {n_masks} pages where {path.name} has {n_pages}, and its last "
                "ones are left out: check that the two belong together.",
            )
        elif 0 < n_masks < n_pages:
            self.note(
                files[0].picture.path,
                "pages-fewer",
                f"has fewer pages ({n_masks}) than {path.name} ({n_pages}) and is "
                "taken for its first ones: if masks of others are missing, give each "
                "page's mask a file of its own (docs/folders.md).",
            )
        return n_masks

    def _own_pages(
        self,
        by_page: Mapping[int, list[MaskFile]],
        n_pages: int,
        path: Path,
        has_stack: bool,
    ) -> dict[int, tuple[MaskFile, ...]]:
        """Return the masks that have a file each, by page counted from 0."""
        if not by_page:
            return {}
        if has_stack:
            raise InputError(
                f"{path} has a stack of masks and masks in a file each: keep one kind."
            )
        from_one = 0 not in by_page and max(by_page) == n_pages
        if from_one:
            self.note(
                path,
                "pages-from-one",
                f"has {n_pages} pages, and the names of its masks count from 1 to "
                f"{n_pages}: the first is taken for page 0.",
            )
        elif 0 not in by_page:
            self.note(
                path,
                "pages-from-one",
                f"has {n_pages} pages, and the names of its masks begin with "
                f"{min(by_page)}: they are taken to count from 0; see that they fit.",
            )
        own = {}
        for number, files in by_page.items():
            if 0 <= number - from_one < n_pages:
                own[number - from_one] = _together(files, self.root)
            else:
                self._lose([files])
        return own

    def _lose(self, files: Iterable[Iterable[MaskFile]]) -> None:
        for some in files:
            for one in some:
                path = one.picture.path
                self.note(path, "mask-without-frame", _NO_FRAME)

    def _note_rules(self, found: Sorted) -> None:
        """Say it if names differ by more than a folder: in a structure or a person."""
        by_name: dict[str, list[MaskFile]] = {}
        pages = (each for some in found.pages.values() for each in some.values())
        for one in chain.from_iterable((*found.masks.values(), *pages)):
            name = _SIGNS.sub("_", one.rule.rpartition("/")[2].casefold())
            if name != "*":
                by_name.setdefault(name, []).append(one)
        if self._chosen or len(by_name) < 2:
            return
        few, *others = sorted(by_name.values(), key=len)
        rules = ", ".join(f"{some[0].rule} ({len(some):,})" for some in others)
        self.note(
            min(one.picture.path for one in few),
            "several-rules",
            f"is a mask named as {few[0].rule} ({len(few):,}), and others are named as "
            f"{rules}: choose by --mask-names if not all are of the nerve, or not by "
            "one person.",
        )

    def _note_unions(self, entries: Iterable[FrameEntry]) -> None:
        """Say which frames have several masks, which need not be parts of a nerve."""
        several = [one for one in entries if one.mask_path and one.more_masks]
        self.n_joined = len(several)
        if self._chosen or not several:
            return
        first, *others = (several[0].mask_path, *several[0].more_masks)
        assert first is not None
        n = f"{len(several):,} frames have" if several[1:] else "no other frame has"
        self.note(
            others[0],
            "joined",
            f"is joined with {first.name}, a mask of the same frame ({n} several): if "
            "they are not parts of one nerve, choose by --mask-names.",
        )

    def _note_missing(
        self, entries: Iterable[FrameEntry], reason: str, remedy: str
    ) -> None:
        for entry in entries:
            if entry.mask_path is None:
                page = "" if entry.page is None else f", page {entry.page},"
                self.note(
                    entry.path,
                    "frame-without-mask",
                    f"{reason}, which is not an empty one: "
                    f"{remedy}, or draw it in the window.",
                    entry.id,
                    page,
                )


def _with_masks(entry: FrameEntry, files: Sequence[MaskFile]) -> FrameEntry:
    paths = [one.picture.path for one in files]
    if not paths:
        return entry
    # `replace` would take five times as long, for every frame of a folder.
    one = entry
    return FrameEntry(
        one.id, one.path, one.page, paths[0], one.mask_page, one.subject, (*paths[1:],)
    )


def _count(picture: Picture, path: Path) -> int:
    if picture.suffix not in TIFF_SUFFIXES:
        return 1
    try:
        return max(1, n_frames(path))
    except BadFile:  # told when somebody decodes it
        return 1


def _together(files: Iterable[MaskFile], root: Path) -> tuple[MaskFile, ...]:
    """Return a frame's masks, which are parts of one; refuse what is a choice."""
    files = tuple(files)
    if len(files) < 2:
        return files
    ordered = sorted(files, key=lambda one: (one.number is not None, one.number or 0))
    for one, other in pairwise(ordered):
        a, b = (relative(each.picture.path, root) for each in (one, other))
        if one.rule != other.rule:
            raise InputError(
                f"{root} has masks of two kinds for one frame, {a} ({one.rule}) and "
                f"{b} ({other.rule}): choose one by --mask-names '{one.rule}'."
            )
        if one.number == other.number:
            names = sorted((a, b))
            if Path(a).parent == Path(b).parent:
                names = [Path(name).name for name in names]
            raise InputError(
                f"{root} has {names[0]} and {names[1]}, two files of one name: "
                "keep one of them."
            )
    return tuple(ordered)


def _stems(frames: Iterable[Key]) -> dict[Key, str]:
    """Return what frames are called: their folders and stems, without parts of a set.

    ``train`` and the like are left out unless two frames had one name then.
    """
    keys = list(frames)
    short = {key: _joined(_without_splits(key[0]), key[1]) for key in keys}
    if len(set(short.values())) == len(keys):
        return short
    return {key: _joined(*key) for key in keys}


def _without_splits(dirs: Dirs) -> Dirs:
    return tuple(name for name in dirs if name.lower() not in SPLITS) if dirs else dirs


def _joined(dirs: Dirs, stem: str) -> str:
    return "_".join((*dirs, stem)) if dirs else stem
