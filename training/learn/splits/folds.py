"""Folds: every frame is held out once, by a network that never saw its subject."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...data import DataSet
from ...errors import InputError
from ...files import digest_json, write_json
from ...guarded import damaged, fits, load_json
from ...metrics.scores import warnings_from_json, warnings_to_json
from ..folder.shapes import FOLDS
from ..text import command_line
from .assignment import assign_parts, independent_parts
from .score_caveats import LEAKING, NOT_BY_SUBJECT, leaking_twins
from .searched import DuplicateGroups, DuplicateSearch
from .split import Split, check_named, without_twins

Subjects = Mapping[str, str | None]


def make_folds(
    dataset: DataSet,
    groups: Iterable[Sequence[str]],
    k: int,
    seed: int,
    is_nerve: Mapping[str, bool],
    *,
    test_subjects: Sequence[str] = (),
    split_by: str = "subject",
) -> list[Split]:
    """Deal frames out to folds, whole subjects and whole duplicate groups each.

    Parameters
    ----------
    dataset
        Only its ids and subjects are looked at.
    groups
        Duplicate groups, as frame ids; subjects that share one go together.
    k
        How many folds, 2 or more.
    seed
        Of the choice among equals.
    is_nerve
        Which frames show a nerve: every fold gets its share.
    test_subjects
        In no fold; nor are near-duplicates of their frames.
    split_by
        ``frame`` assigns single frames, and marks every score as leaking.

    Returns
    -------
    list of Split
        Fold by fold: ``val`` is held out, ``train`` is in the other folds, ``test``
        is the same in all.

    Raises
    ------
    InputError
        If there are fewer parts than folds, or a test subject is not there.
    """
    known = DuplicateGroups.of(groups)
    groups = known.groups
    subject = {entry.id: entry.subject for entry in dataset.entries}
    check_named(subject.values(), (), test_subjects)
    if k < 2:
        raise InputError(f"folds is {k}: give 2 or more.")
    test = [name for name in subject if subject[name] in set(test_subjects)]
    rest = [name for name in subject if subject[name] not in set(test_subjects)]
    rest, lost = without_twins(rest, test, groups)
    if split_by == "frame":
        parts, warnings = [[name] for name in rest], list[str]([LEAKING])
    else:
        parts, by_subject = independent_parts(rest, subject, groups)
        warnings = [] if by_subject else [NOT_BY_SUBJECT]
    if len(parts) < k:
        raise InputError(
            f"{dataset.root} has {len(parts)} parts that share neither subject nor "
            f"near-duplicate, too few for {k} folds: give fewer folds or "
            "test_subjects.",
            "test_subjects",
        )
    if lost:
        warnings.append(
            f"{len(lost)} frames are in no fold, because they are near-duplicates of "
            "frames that test."
        )
    split = Split((), (), tuple(test), tuple(lost), tuple(warnings), known.search)
    folds = [
        _one(split, rest, set(held)) for held in assign_parts(parts, k, seed, is_nerve)
    ]
    return _with_twins(folds, groups)


def _with_twins(folds: list[Split], groups: Iterable[Sequence[str]]) -> list[Split]:
    """Say beside every score if near-duplicates are on both sides of a fold."""
    twins = twins_across(folds, groups)
    if not twins:
        return folds
    one, other = twins[0]
    text = leaking_twins(len(twins), one, other)
    return [replace(split, warnings=(*split.warnings, text)) for split in folds]


def _one(split: Split, ids: Sequence[str], held: set[str]) -> Split:
    train = tuple(name for name in ids if name not in held)
    return replace(split, train=train, val=tuple(n for n in ids if n in held))


def twins_across(
    folds: Sequence[Split], groups: Iterable[Sequence[str]]
) -> list[tuple[str, str]]:
    """Return near-duplicates of which one is learned from and the other held out.

    Parameters
    ----------
    folds
        As `make_folds` gives them.
    groups
        Duplicate groups, as frame ids.

    Returns
    -------
    list of tuple of str
        Two frames of one group in different folds: the first of each fold, so that a
        group in three folds makes two pairs.
    """
    fold_of = {name: i for i, split in enumerate(folds) for name in split.val}
    pairs: list[tuple[str, str]] = []
    for group in groups:
        firsts: dict[int, str] = {}
        for name in group:
            if name in fold_of:
                firsts.setdefault(fold_of[name], name)
        one, *others = firsts.values() if firsts else ("",)
        pairs += [(one, other) for other in others]
    return pairs


def check_folds(folds: Sequence[Split], subject: Subjects) -> None:
    """Refuse folds in which a frame or a subject is on both sides.

    Parameters
    ----------
    folds
        As `make_folds` gives them, or read from a file.
    subject
        Of each frame.

    Raises
    ------
    InputError
        If a frame is held out twice, or learned from or tested as well, or if a
        subject is (unless the split is by frame and says so).
    """
    seen: set[str] = set()
    for number, split in enumerate(folds, 1):
        again = seen.intersection(split.val)
        if again:
            raise InputError(
                f"Frame {min(again)} is held out by two folds: make the folds anew."
            )
        seen.update(split.val)
        parts = {"learned from": split.train, "tested": split.test}
        for use, ids in parts.items():
            _check_apart(number, split, use, ids, subject)


def _check_apart(
    number: int, split: Split, use: str, ids: Sequence[str], subject: Subjects
) -> None:
    both = set(split.val).intersection(ids)
    if both:
        raise InputError(
            f"Frame {min(both)} is held out by fold {number} and {use} by it: make the "
            "folds anew."
        )
    if {LEAKING, NOT_BY_SUBJECT}.intersection(split.warnings):
        return
    people = [{subject.get(name) for name in part} for part in (split.val, ids)]
    shared = sorted(name for name in people[0] & people[1] if name is not None)
    if shared:
        raise InputError(
            f"Subject {shared[0]} is held out by fold {number} and {use} by it: make "
            "the folds anew."
        )


def write_folds(
    path: Path,
    folds: Sequence[Split],
    subject: Subjects,
    groups: Iterable[Sequence[str]] = (),
) -> dict[str, Any]:
    """Write the folds as ``splits.json``, with a hash of all else in it.

    Parameters
    ----------
    path
        The file.
    folds, subject, groups
        As for `check_folds` and `twins_across`.

    Returns
    -------
    dict
        What was written: ``folds`` (each with ``train_subjects``, ``val_subjects``,
        ``train``, ``val``), ``test``, ``left_out``, ``near_duplicates_across`` (None
        if nobody has searched for them), ``duplicate_search``, ``warnings`` and
        ``sha256``.

    Raises
    ------
    InputError
        As `check_folds`.
    """
    check_folds(folds, subject)
    known, first = DuplicateGroups.of(groups), folds[0]
    value: dict[str, Any] = {
        "folds": [
            {
                "train_subjects": _people(split.train, subject),
                "val_subjects": _people(split.val, subject),
                "train": list(split.train),
                "val": list(split.val),
            }
            for split in folds
        ],
        "test": list(first.test),
        "left_out": list(first.left_out),
        "near_duplicates_across": (
            twins_across(folds, known) if known.are_known else None
        ),
        "duplicate_search": first.search and vars(first.search),
        **warnings_to_json(first.warnings),
    }
    value["sha256"] = digest_json(value)
    write_json(path, value)
    return value


def read_folds(path: Path, dataset: DataSet) -> list[Split]:
    """Read folds back.

    Raises
    ------
    InputError
        If the file is damaged or was changed, if it is of other frames than the data
        set's, or as `check_folds`.
    """
    remedy = "start a new cross-validation"
    try:
        value = load_json(path, dict)
        if "train" in value and "folds" not in value:  # as a training writes it
            command = command_line("train", "--resume", path.parent)
            text = f"{path.parent} is a single training: go on with '{command}'."
            raise InputError(text)
        if not fits(value, FOLDS) or not value["folds"]:
            raise ValueError("it holds no folds")
        known = value.pop("sha256")
        folds = [
            Split(
                tuple(fold["train"]),
                tuple(fold["val"]),
                tuple(value["test"]),
                tuple(value["left_out"]),
                warnings_from_json(value),
                DuplicateSearch.from_json(value.get("duplicate_search")),
                "duplicate_search" in value,
            )
            for fold in value["folds"]
        ]
    except InputError:
        raise
    except (OSError, ValueError, TypeError) as error:
        raise damaged(path, error, remedy) from error
    if known != digest_json(value):
        raise InputError(f"{path} was changed: start a new cross-validation.")
    try:
        check_folds(folds, {entry.id: entry.subject for entry in dataset.entries})
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    ids = {name for split in folds for name in (*split.val, *split.test)}
    others = ids.union(folds[0].left_out).symmetric_difference(dataset.ids)
    if others:
        raise InputError(
            f"{path} is of other frames than {dataset.root} has ({min(others)}, for "
            "one): name the data set that it was made of."
        )
    return folds


def _people(ids: Sequence[str], subject: Subjects) -> list[str]:
    return list(dict.fromkeys(s for name in ids if (s := subject.get(name))))
