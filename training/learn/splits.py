"""Which frames are learned from, which choose, and which are only scored.

Frames of one subject look alike, and so do near-duplicates: a network that has seen
one of them is no longer honest about the others. So whole subjects are dealt out,
and subjects that share a duplicate group are dealt out together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data import DataSet
from ..errors import InputError

#: Share of the subjects (or groups) that validate by default.
_VALIDATION_SHARE = 0.2

_NOT_BY_SUBJECT = (
    "The validation frames were not chosen by subject, because there is only one "
    "subject to learn from or none is known, so the score says little about new people."
)


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
    """

    train: tuple[str, ...]
    val: tuple[str, ...]
    test: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the split as ``splits.json`` has it."""
        return {
            "train": list(self.train),
            "validation": list(self.val),
            "test": list(self.test),
            "left_out": list(self.left_out),
            "warnings": list(self.warnings),
        }


def split_subjects(
    dataset: DataSet,
    groups: Iterable[Sequence[str]] = (),
    val_subjects: Sequence[str] = (),
    test_subjects: Sequence[str] = (),
    seed: int = 0,
) -> Split:
    """Deal out the frames of a data set, without reading any.

    Parameters
    ----------
    dataset
        Only its ids and subjects are looked at.
    groups
        Duplicate groups, as frame ids.
    val_subjects
        Who validates; nobody named: a seeded fifth of the other subjects, at least
        one, where subjects that share a duplicate group count as one. With fewer than
        two such subjects a fifth of the duplicate groups, and a warning.
    test_subjects
        Who is scored at the end.
    seed
        Of the default choice.

    Raises
    ------
    InputError
        If a subject is unknown or named twice, or nothing is left to learn from.
    """
    groups = [tuple(group) for group in groups]
    subject = {entry.id: entry.subject for entry in dataset.entries}
    _check(subject.values(), val_subjects, test_subjects)
    test = [name for name in subject if subject[name] in set(test_subjects)]
    rest = [name for name in subject if subject[name] not in set(test_subjects)]
    warnings: list[str] = []
    if val_subjects:
        chosen = {name for name in rest if subject[name] in set(val_subjects)}
    else:
        chosen, by_subject = _default_validation(rest, subject, groups, seed)
        warnings += [] if by_subject else [_NOT_BY_SUBJECT]
    val = [name for name in rest if name in chosen]
    train = [name for name in rest if name not in chosen]
    val, lost_val = _without_twins(val, test, groups)
    train, lost_train = _without_twins(train, [*val, *test, *lost_val], groups)
    _check_filled(train, val)
    lost = (*lost_val, *lost_train)
    if lost:
        warnings.append(
            f"{len(lost)} frames are left out, because they are near-duplicates of "
            "frames that validate or test."
        )
    return Split(tuple(train), tuple(val), tuple(test), lost, tuple(warnings))


def _check(
    known: Iterable[str | None], val: Sequence[str], test: Sequence[str]
) -> None:
    there = {name for name in known if name is not None}
    for setting, names in (("val_subjects", val), ("test_subjects", test)):
        missing = [name for name in names if name not in there]
        if missing and not there:
            raise InputError(
                f"{setting} names subject {missing[0]}, but these frames carry no "
                "subjects: leave it empty, or name the files subject_number."
            )
        if missing:
            raise InputError(
                f"{setting} names subject {missing[0]}, which has no frame here: name "
                "subjects that 'nerveseg scan' lists."
            )
    both = [name for name in val if name in set(test)]
    if both:
        raise InputError(
            f"Subject {both[0]} is in val_subjects and in test_subjects: take it out "
            "of one of them."
        )


def _check_filled(train: Sequence[str], val: Sequence[str]) -> None:
    if not train:
        raise InputError(
            "No frame is left to learn from: give fewer val_subjects or test_subjects, "
            "or a folder with more frames."
        )
    if not val:
        raise InputError(
            "No frame is left to validate on: give other val_subjects, or a folder "
            "with more frames."
        )


def _default_validation(
    ids: Sequence[str],
    subject: dict[str, str | None],
    groups: Sequence[Sequence[str]],
    seed: int,
) -> tuple[set[str], bool]:
    """Return a seeded fifth of the frames, and whether it is made of subjects."""
    named = [name for name in ids if subject[name] is not None]
    links = [
        [str(subject[name]) for name in group if subject.get(name) is not None]
        for group in groups
    ]
    people = clusters(dict.fromkeys(str(subject[name]) for name in named), links)
    by_subject = len(people) > 1
    parts = people if by_subject else clusters(ids, groups)
    if len(parts) < 2:
        return set(), by_subject
    order = np.random.default_rng([seed, len(parts)]).permutation(len(parts))
    wanted = max(1, round(_VALIDATION_SHARE * sum(map(len, parts))))
    chosen: set[str] = set()
    for index in order[:-1]:  # one part must remain to learn from
        if len(chosen) < wanted and (not chosen or _fits(chosen, parts[index], wanted)):
            chosen.update(parts[index])
    if not by_subject:
        return chosen, False
    return {name for name in named if subject[name] in chosen}, True


def _fits(chosen: set[str], part: Sequence[str], wanted: int) -> bool:
    return len(chosen) + len(part) <= wanted


def clusters(names: Iterable[str], links: Iterable[Sequence[str]]) -> list[list[str]]:
    """Join names that are linked, directly or over others.

    Returns
    -------
    list of list
        Every name once, in the order given; names in ``links`` only are left out.
    """
    leader = {name: name for name in names}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for link in links:
        known = [name for name in link if name in leader]
        for name in known[1:]:
            leader[find(name)] = find(known[0])
    found: dict[str, list[str]] = {}
    for name in leader:
        found.setdefault(find(name), []).append(name)
    return list(found.values())


def _without_twins(
    ids: Sequence[str], above: Sequence[str], groups: Sequence[Sequence[str]]
) -> tuple[list[str], list[str]]:
    """Part ``ids`` from near-duplicates of frames that serve a higher use."""
    higher = set(above)
    twins = {
        name for group in groups if higher.intersection(group) for name in group
    } - higher
    kept = [name for name in ids if name not in twins]
    return kept, [name for name in ids if name in twins]
