"""From a folder to a `DataSet`, without decoding the frames.

Names say which files are frames, which are their masks, and whom they show; of each
TIFF of a frame the first bytes are read, for it may hold a stack. 11,270 files are
listed in a fraction of a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files import real_path
from .dataset import DataSet, FrameEntry
from .joining import Joiner
from .mask_folders import FolderRole, place_of
from .mask_names import Sorted, sort_pictures
from .mask_words import MaskNameRule, without_zeros
from .masks import labels_in
from .problems import BadFile, Problem, relative
from .raw import IMAGE_SUFFIXES
from .reading import Reading
from .rle_table import is_training_csv, match_rows, read_csv
from .subjects import SPLITS, Named, find_subjects, folders_that_may_be_subjects
from .tree import Picture, Tree, read_tree
from .understood import Understood, names_line, not_read, sentences

#: What a CSV file is that no masks are taken from.
_TABLE = ("a table", None)


def open_dataset(path: Path, reading: Reading | None = None, **choices: Any) -> DataSet:
    """List the frames of a folder, or of one image file.

    Parameters
    ----------
    path
        A folder, in which frames and masks are told apart by the names of folders and
        files (see `training.data.mask_words`), or one image file, which may have
        several pages.
    reading
        How it is read; a folder without mask files takes a run-length CSV file that
        lies in it.
    choices
        Single choices of `Reading`, over those of ``reading``.

    Returns
    -------
    DataSet
        In natural order. Nothing is decoded, but for masks until one holds a label
        that was chosen; nothing is written.

    Raises
    ------
    InputError
        If there is nothing at ``path``, no image in it, two files of one name, masks of
        two kinds for one frame, or a choice fits nothing.
    """
    path = real_path(path)
    chosen = Reading.of(choices).over(reading or Reading())
    if path.is_file():
        return _open_file(path, chosen)
    tree = read_tree(path)
    _check_one_set(tree)
    found = sort_pictures(tree.pictures, _rule(chosen))
    if not found.frames:
        raise _no_frames(tree, found)
    if chosen.mask_names not in (None, "none") and not found.rules:
        raise InputError(
            f"--mask-names {chosen.mask_names} fits no mask of a frame of {path}: "
            "write * for the frame's name, as in '*_seg' or 'labels/*', or none."
        )
    if chosen.masks_csv is None and not found.rules:
        chosen = replace(chosen, masks_csv=_only_csv(tree))
    for path in tree.csv:
        if path != chosen.masks_csv:
            tree.leave(path, *_TABLE)
    return _joined(tree, found, _layout(found, chosen), chosen)


def _rule(reading: Reading) -> MaskNameRule | None:
    return None if reading.mask_names is None else MaskNameRule(reading.mask_names)


def _layout(found: Sorted, reading: Reading) -> str:
    if reading.masks_csv is not None:
        return "kaggle"
    if any("/" in rule for rule in found.rules):
        return "images-masks"
    folders = {picture.dirs for picture in found.frames.values()}
    frames = any(place_of(dirs).role == "frame" for dirs in folders)
    if frames and not found.rules:
        return "images-masks"
    return "kaggle" if found.rules or found.lost else "plain"


def _joined(tree: Tree, found: Sorted, layout: str, reading: Reading) -> DataSet:
    named = [Named(*key) for key in found.frames]
    subjects = find_subjects(named, reading.subject_by, tree.folder)
    joiner = Joiner(tree.folder, subjects, reading.mask_names is not None)
    for name, sentence in sentences(tree.unread):
        joiner.problems.append(Problem(name, None, "other-format", sentence))
    _note_left_out(joiner, tree, found)
    rows: dict[str, str] = {}
    if reading.masks_csv is None:
        entries = joiner.join_files(found)
        _note_masks_beside(joiner, tree, found)
    else:
        entries = joiner.join_files(found, with_masks=False)
        rows = read_csv(reading.masks_csv)
        rows = match_rows(rows, [entry.id for entry in entries], reading.masks_csv)
        entries = joiner.join_rows(entries, reading.masks_csv, rows)
    _note_subjects(joiner, entries)
    if reading.subject_by is None and subjects.rule == "none":
        _note_folders(joiner, folders_that_may_be_subjects(named))
    csv = reading.masks_csv
    understood = Understood(
        layout,
        found.rules if csv is None else {},
        reading.mask_names is not None,
        joiner.n_joined,
        joiner.n_stacks,
        subjects.rule,
        subjects.text,
        reading.subject_by is not None,
        not_read(tree),
        None if csv is None else relative(csv, tree.folder),
    )
    dataset = DataSet(
        tree.folder,
        layout,
        entries,
        joiner.problems,
        reading=reading,
        run_lengths=rows,
        understood=understood,
    )
    _check_label(dataset)
    return dataset


def _note_left_out(joiner: Joiner, tree: Tree, found: Sorted) -> None:
    for kind, pictures in (
        ("what a program wrote", found.outputs),
        ("masks by another rule", found.unchosen),
    ):
        for one in pictures:
            tree.leave(one.path, kind, None)
    for picture in sorted(found.left_out, key=lambda one: one.path):
        folders = sorted(
            {p.dirs[0] for p in found.frames.values() if p.dirs}, key=str.lower
        )
        joiner.note(
            picture.path,
            "left-out",
            f"lies beside the folder {folders[0]}, which is read, and is left out: "
            "move it there if it is a frame.",
        )
    _note_first(
        joiner,
        found.outputs,
        "left-out",
        "is what a program wrote, by its name or folder, and is not read ({n} such in "
        "all): name it by --mask-names if it is a mask that people drew.",
    )
    _note_first(
        joiner,
        found.elsewhere,
        "mask-elsewhere",
        "lies in another folder than the frame of its name ({n} such in all): see that "
        "the two belong together.",
    )
    if found.lost and not found.rules:
        words = (
            "has files that are masks by their names or folders, and "
            "none fits a frame: say how masks are named by --mask-names, as in "
            "'*_mask' or 'masks/*'."
        )
        joiner.note_folder("mask-without-frame", words)
    if found.unchosen:
        first = min(found.unchosen, key=lambda one: one.path)
        joiner.note(
            first.path,
            "left-out",
            f"is a mask by its name or folder, and not by the rule that was chosen "
            f"({len(found.unchosen):,} such in all): choose another --mask-names if "
            "it is one.",
        )


def _note_first(
    joiner: Joiner, pictures: Sequence[Picture], kind: str, words: str
) -> None:
    if pictures:
        first = min(pictures, key=lambda one: one.path)
        joiner.note(first.path, kind, words.format(n=f"{len(pictures):,}"))


def _note_masks_beside(joiner: Joiner, tree: Tree, found: Sorted) -> None:
    """Say it if a folder of masks lies beside the folder of frames that was given."""
    own = place_of((tree.folder.name,))
    if found.rules or own.role != "frame":
        return
    for folder in sorted(_folders(tree.folder.parent)):
        if place_of((folder.name,)) == FolderRole("mask", own.dirs):
            joiner.note(
                folder,
                "masks-beside",
                "lies beside this folder and may hold its masks, which are not read: "
                f"give {tree.folder.parent}.",
            )


def _folders(parent: Path) -> list[Path]:
    try:
        return [path for path in parent.iterdir() if path.is_dir()]
    except OSError:
        return []


def _note_folders(joiner: Joiner, folders: Sequence[str]) -> None:
    """Say it if folders may be subjects, and are not taken for them."""
    if folders:
        words = (
            f"has folders that may be subjects ({names_line(folders)}): "
            "pass --subject-by folder if they are, or none if not."
        )
        joiner.note_folder("no-subject", words)


def _note_subjects(joiner: Joiner, entries: Sequence[FrameEntry]) -> None:
    """Say which frames have no subject where others have one."""
    alike: dict[str, set[str]] = {}
    for name in {entry.subject for entry in entries} - {None}:
        alike.setdefault(without_zeros(str(name)).casefold(), set()).add(str(name))
    if doubtful := [
        name for names in alike.values() if len(names) > 1 for name in names
    ]:
        words = (
            "has subjects whose names differ by zeros or capitals alone "
            f"({names_line(sorted(doubtful))}): see whether they are one, and tell "
            "subjects by --subject-by."
        )
        joiner.note_folder("no-subject", words)
    without = [entry for entry in entries if entry.subject is None]
    if without and len(without) < len(entries):
        n = f" ({len(without):,} such in all)" if len(without) > 1 else ""
        joiner.note(
            without[0].path,
            "no-subject",
            f"has no subject, as other frames have{n}: tell subjects by --subject-by, "
            "or leave it so.",
            without[0].id,
        )


def _open_file(path: Path, reading: Reading) -> DataSet:
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        raise InputError(
            f"{path} is no TIFF, PNG or JPEG: give an image or a folder of frames."
        )
    own = _picture(path)
    rule = _rule(reading)
    alone = sort_pictures([own], rule)
    if not alone.frames:
        raise InputError(f"{path} is a mask by its name: give the frame's file.")
    tree = Tree(path.parent, [own, *_masks_near(path, rule)])
    found = sort_pictures(tree.pictures, rule)
    key = next((k for k, one in found.frames.items() if one.path == path), None)
    if key is None:
        raise InputError(f"{path} is a mask by its name: give the frame's file.")
    masks = found.masks.get(key, [])
    if len({one.number for one in masks}) < len(masks):
        first, second = sorted(one.picture.name for one in masks)[:2]
        raise InputError(
            f"{path} has two masks, {first} and {second}: keep one of them."
        )
    rules = {one.rule: len(masks) for one in masks}
    mine = Sorted(
        {((), key[1]): found.frames[key]},
        {((), key[1]): masks} if masks else {},
        {((), key[1]): found.pages[key]} if key in found.pages else {},
        rules=rules,
    )
    return _joined(tree, mine, "file", reading)


def _picture(path: Path, dirs: tuple[str, ...] = ()) -> Picture:
    return Picture(path.parent, path.name, dirs, path.stem, path.suffix.lower())


def _masks_near(path: Path, rule: MaskNameRule | None) -> list[Picture]:
    """Return the pictures beside a frame's file that may be its masks."""
    near = [
        _picture(other)
        for other in sorted(path.parent.iterdir())
        if other != path
        and other.suffix.lower() in IMAGE_SUFFIXES
        and path.stem in other.stem
    ]
    if rule is not None:
        return [one for one in near if rule.base(one) is not None]
    return [one for one in near if not sort_pictures([one], None).frames]


def _check_one_set(tree: Tree) -> None:
    """Refuse a folder that only holds other data sets, or parts of one."""
    first = {picture.dirs[:1] for picture in tree.pictures}
    if not first or () in first:
        return
    names = {name for (name,) in first}
    if all(name.lower() in SPLITS for name in names):
        found = sort_pictures(tree.pictures, None)
        masks = [one.picture.dirs[0] for some in found.masks.values() for one in some]
        if len(set(masks)) > 1:  # several parts with masks are one set
            return
        by_part = sorted(names, key=lambda one: (not one.lower().startswith("tr"), one))
        raise _give_inner(tree, by_part[0])
    place = place_of((*names,)) if len(names) == 1 else FolderRole("frame", ())
    named = {name.lower() for name in place.dirs}
    if place.role is None or named - SPLITS:
        raise _give_inner(tree, names.pop())


def _give_inner(tree: Tree, name: str) -> InputError:
    return InputError(
        f"{tree.folder} has no image in it, but its folder {name} has: "
        f"give {tree.folder / name}."
    )


def _only_csv(tree: Tree) -> Path | None:
    found = sorted(path for path in tree.csv if is_training_csv(path))
    if len(found) > 1:
        raise InputError(
            f"{tree.folder} has two files of run-length masks, {found[0].name} and "
            f"{found[1].name}: keep one of them."
        )
    return found[0] if found else None


def _no_frames(tree: Tree, found: Sorted) -> InputError:
    what = [sentence for _, sentence in sentences(tree.unread)]
    if found.lost or found.unchosen:
        unread = f" ({what[0]})" if what else ""
        return InputError(
            f"{tree.folder} has masks but no frame{unread}: put the frames beside."
        )
    if what:
        more = f" ({len(what) - 1:,} more files are not read)" if what[1:] else ""
        return InputError(f"{tree.folder} has no image that is read: {what[0]}{more}")
    return InputError(
        f"{tree.folder} has no image in it: give a folder of TIFF, PNG or JPEG frames."
    )


def _check_label(dataset: DataSet) -> None:
    """Refuse a label of the nerve that no mask has; look no further than needed."""
    label = dataset.nerve_label
    if label is None:
        return
    others: set[int] = set()
    folder = dataset.root
    for entry in dataset.entries:
        if entry.mask_path is None or dataset.run_length(entry.id) is not None:
            continue
        folder = entry.mask_path.parent
        try:
            labels = labels_in(entry.mask_path, entry.mask_page)
        except BadFile:
            continue
        binary = label in (1, 255) and labels - {0} in ({1}, {255}, {65535})
        if label in labels or binary or len(labels) > 256:
            return
        others |= labels
    if others - {0}:
        named = ", ".join(map(str, sorted(others)))
        raise InputError(
            f"{relative(folder, dataset.root)} has no mask with the label {label}, "
            f"its labels are {named}: pass --nerve-label with the one that is the "
            "nerve."
        )
