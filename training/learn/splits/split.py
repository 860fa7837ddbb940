"""Which frames are learned from, which choose, and which are only scored.

Frames of one subject look alike, and so do near-duplicates: a network that has seen
one of them is no longer honest about the others. So whole subjects are assigned,
and subjects that share a duplicate group are assigned together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...data import DataSet, natural_key
from ...errors import InputError
from ...metrics.scores import warnings_to_json
from .assignment import assign_parts, independent_parts
from .score_caveats import LEAKING, NOT_BY_SUBJECT, unknown_people
from .searched import DuplicateGroups, DuplicateSearch

#: One in so many subjects (or groups) validates by default.
_N_FOLDS = 5

#: Subjects that a sentence names before it ends in dots.
_SHOWN = 50


@dataclass(frozen=True)
class Split:
    """Frame ids by what they serve; no two lists share a frame.

    Attributes
    ----------
    train, val, test
        Frame ids in the data set's order.
    left_out
        Frames kept from a lower use, because they are near-duplicates of frames in
        a higher one (test over validation over training).
    warnings
        Sentences that belong beside every score of this split.
    search
        The search for near-duplicates that it knows of; None: there was none.
    notes_search
        Whether that was noted at all: a split of an earlier version does not know
        whether there was a search, and must not say that there was none.
    """

    train: tuple[str, ...]
    val: tuple[str, ...]
    test: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    search: DuplicateSearch | None = None
    notes_search: bool = True

    @property
    def ids(self) -> frozenset[str]:
        """All frames that it knows, those left out included."""
        return frozenset((*self.train, *self.val, *self.test, *self.left_out))

    def to_json(self) -> dict[str, Any]:
        """Return the split as ``splits.json`` has it."""
        search = {"duplicate_search": self.search and vars(self.search)}
        return {
            "train": list(self.train),
            "validation": list(self.val),
            "test": list(self.test),
            "left_out": list(self.left_out),
            **(search if self.notes_search else {}),
            **warnings_to_json(self.warnings),
        }


def split_subjects(
    dataset: DataSet,
    groups: Iterable[Sequence[str]] = (),
    val_subjects: Sequence[str] = (),
    test_subjects: Sequence[str] = (),
    seed: int = 0,
    *,
    is_nerve: Mapping[str, bool] | None = None,
    split_by: str = "subject",
) -> Split:
    """Deal out the frames of a data set, without reading any.

    Parameters
    ----------
    dataset
        Only its ids and subjects are looked at.
    groups
        Duplicate groups, as frame ids; see `known_groups`.
    val_subjects
        Who validates; nobody named: a seeded fifth of the other subjects, at least
        one, with about a fifth of the nerve frames, where subjects that share a
        duplicate group count as one. With fewer than two such subjects a fifth of the
        duplicate groups, and a warning.
    test_subjects
        Who is scored at the end.
    seed
        Of the default choice.
    is_nerve
        Which frames show a nerve; None: only sizes are balanced.
    split_by
        ``frame`` draws the validation frames one by one, whosever they are: only to
        compare with others who did so, and every score says that it is leaking.

    Raises
    ------
    InputError
        If a subject is unknown or named twice, or nothing is left to learn from.
    """
    known = DuplicateGroups.of(groups)
    groups = known.groups
    subject = {entry.id: entry.subject for entry in dataset.entries}
    check_named(subject.values(), val_subjects, test_subjects)
    if split_by == "frame":
        split = _by_frame(subject, val_subjects, test_subjects, seed, is_nerve or {})
        return replace(split, search=known.search)
    test = [name for name in subject if subject[name] in set(test_subjects)]
    rest = [name for name in subject if subject[name] not in set(test_subjects)]
    warnings: list[str] = []
    if val_subjects:
        chosen = {name for name in rest if subject[name] in set(val_subjects)}
    else:
        chosen, by_subject = _default_validation(
            rest, subject, groups, seed, is_nerve or {}
        )
        warnings += [] if by_subject else [NOT_BY_SUBJECT]
    val = [name for name in rest if name in chosen]
    train = [name for name in rest if name not in chosen]
    val, lost_val = without_twins(val, test, groups)
    train, lost_train = without_twins(train, [*val, *test, *lost_val], groups)
    _check_filled(train, val)
    unknown = sum(subject[name] is None for name in train)
    if unknown and NOT_BY_SUBJECT not in warnings:
        warnings.append(unknown_people(unknown, len(train)))
    lost = (*lost_val, *lost_train)
    if lost:
        warnings.append(
            f"{len(lost)} frames are left out, because they are near-duplicates of "
            "frames that validate or test."
        )
    parts = tuple(train), tuple(val), tuple(test), lost
    return Split(*parts, tuple(warnings), known.search)


def _by_frame(
    subject: Mapping[str, str | None],
    val_subjects: Sequence[str],
    test_subjects: Sequence[str],
    seed: int,
    is_nerve: Mapping[str, bool],
) -> Split:
    if val_subjects:
        raise InputError(
            "val_subjects names subjects, but the split is by frame: leave it empty, "
            "or split by subject.",
            "val_subjects",
        )
    test = [name for name in subject if subject[name] in set(test_subjects)]
    rest = [name for name in subject if subject[name] not in set(test_subjects)]
    chosen: set[str] = set()
    if len(rest) > 1:
        singles = [[name] for name in rest]
        chosen = set(assign_parts(singles, min(_N_FOLDS, len(rest)), seed, is_nerve)[0])
    val = [name for name in rest if name in chosen]
    train = [name for name in rest if name not in chosen]
    _check_filled(train, val)
    return Split(tuple(train), tuple(val), tuple(test), (), (LEAKING,))


def check_named(
    known: Iterable[str | None], val: Sequence[str], test: Sequence[str]
) -> None:
    """Refuse names of subjects that are not there, or are in both lists."""
    there = {name for name in known if name is not None}
    for setting, names in (("val_subjects", val), ("test_subjects", test)):
        missing = [name for name in names if name not in there]
        if missing and not there:
            raise InputError(
                f"{setting} names subject {missing[0]}, but these frames carry no "
                "subjects: leave it out, or tell subjects by --subject-by.",
                setting,
            )
        if missing:
            first = sorted(there, key=natural_key)[:_SHOWN]
            more = ", …" if len(there) > _SHOWN else ""
            raise InputError(
                f"{setting} names subject {missing[0]}, but there is no such subject; "
                f"the subjects are: {', '.join(first)}{more}.",
                setting,
            )
    both = [name for name in val if name in set(test)]
    if both:
        raise InputError(
            f"Subject {both[0]} is in val_subjects and in test_subjects: take it out "
            "of one of them.",
            *("val_subjects", "test_subjects"),
        )


def _check_filled(train: Sequence[str], val: Sequence[str]) -> None:
    if not train:
        raise InputError(
            "No frame is left to learn from: give fewer val_subjects or test_subjects, "
            "or a folder with more frames.",
            *("val_subjects", "test_subjects"),
        )
    if not val:
        raise InputError(
            "No frame is left to validate on: give other val_subjects, or a folder "
            "with more frames.",
            "val_subjects",
        )


def _default_validation(
    ids: Sequence[str],
    subject: Mapping[str, str | None],
    groups: Sequence[Sequence[str]],
    seed: int,
    is_nerve: Mapping[str, bool],
) -> tuple[set[str], bool]:
    """Return a seeded fifth of the frames, and whether it is made of subjects."""
    parts, by_subject = independent_parts(ids, subject, groups)
    if len(parts) < 2:
        return set(), by_subject
    folds = assign_parts(parts, min(_N_FOLDS, len(parts)), seed, is_nerve)
    return set(folds[0]), by_subject


def without_twins(
    ids: Sequence[str], above: Sequence[str], groups: Sequence[Sequence[str]]
) -> tuple[list[str], list[str]]:
    """Part ``ids`` from near-duplicates of frames that serve a higher use.

    Parameters
    ----------
    ids
        Frames of one use.
    above
        Frames of the higher uses.
    groups
        Duplicate groups.

    Returns
    -------
    kept, lost
        Those of ``ids`` that are near-duplicates of none ``above``, and the others.
    """
    higher = set(above)
    twins = {
        name for group in groups if higher.intersection(group) for name in group
    } - higher
    kept = [name for name in ids if name not in twins]
    return kept, [name for name in ids if name in twins]
