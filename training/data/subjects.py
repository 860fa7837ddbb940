"""Which subject a frame is of: by its name, its folder, a pattern, or a table."""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..guarded import read_bytes
from .frame_ids import natural_key, subject_of
from .raw import IMAGE_SUFFIXES

#: How a name begins that tells whom it shows, if all names of a folder do so.
_WHO = r"(?:patient|pat|subject|subj|sub|volunteer|participant|person|proband|pt)"
_PERSON = re.compile(
    rf"({_WHO}(?:[-_ ][a-z]{{0,2}})?[0-9]+)[-_ .].+", re.IGNORECASE | re.ASCII
)

#: Folders called as people are, and those that can be a person's: a letter, a number.
_SURELY = re.compile(rf"(?:{_WHO}|p)[-_ ]?[a-z]{{0,2}}[0-9].*", re.IGNORECASE)
_NUMBERED = re.compile(r"[A-Za-z]|(?![0-9]{1,2}[-_. ]+[^0-9]).*[0-9].*", re.DOTALL)

#: A day or a year in the place of a subject's number.
_DAY = re.compile(
    r"(?:19|20)[0-9]{2}[-_.]?[01][0-9][-_.]?[0-3][0-9]|(?:199|20[0-3])[0-9]", re.ASCII
)

_SPLIT_WORDS = (
    "train training tr test testing ts val va valid validation dev holdout trainval"
)
_CLASS_WORDS = (
    "benign malignant normal abnormal healthy positive negative pos neg left right "
    "labelled unlabelled labeled unlabeled fold folds kfold cv split batch part set "
    "visit session data baseline followup week month year time size px res aug "
    "augmented original processed preprocessed version backup copy"
)

#: Folders that are parts of a set, as others split it.
SPLITS = frozenset(_SPLIT_WORDS.split())

#: Folders that sort frames by something else than by subject.
_NO_PERSON = SPLITS | frozenset(_CLASS_WORDS.split())

_FILE_COLUMNS = ("file", "filename", "file_name", "image", "img", "frame", "name", "id")
_SUBJECT_COLUMNS = ("subject", "subject_id", "patient", "patient_id", "person", "pid")


@dataclass(frozen=True, slots=True)
class Named:
    """What is known of a frame before it has an id: its folders and its stem."""

    dirs: tuple[str, ...]
    stem: str


@dataclass(frozen=True)
class Subjects:
    """A rule that gives a frame's subject.

    Attributes
    ----------
    rule
        As ``--subject-by`` takes it.
    text
        The rule in words.
    of : callable
        Gives the subject of a `Named`, or None.
    """

    rule: str
    text: str
    of: Callable[[Named], str | None]


def find_subjects(frames: Sequence[Named], rule: str | None, root: Path) -> Subjects:
    """Choose how subjects are told, or take the rule that is given.

    Parameters
    ----------
    frames
        All frames of the folder.
    rule
        ``number``, ``folder``, ``none``, a pattern with ``{subject}`` (``*`` stands
        for anything), a regular expression with one group, or the path of a CSV
        file; None finds one: folders that are called as people (``P01``), names that
        all begin as ``patient01_``, folders with a number, the number in ``S_I``.
    root
        The data folder, for messages.

    Raises
    ------
    InputError
        If the rule cannot be used, or fits no frame.
    """
    if rule is None:
        return _found(frames)
    if rule in _FIXED:
        chosen = _FIXED[rule](frames)
    elif rule.lower().endswith((".csv", ".tsv")):
        chosen = _by_table(Path(rule).expanduser())
    else:
        chosen = _by_pattern(rule)
    if rule != "none" and frames and not any(chosen.of(frame) for frame in frames):
        first = min(
            frames, key=lambda one: natural_key("_".join((*one.dirs, one.stem)))
        )
        raise InputError(
            f"--subject-by {rule} gives no frame of {root} a subject (the first is "
            f"{first.stem}): give number, folder, none, a CSV file, or a pattern that "
            "fits a whole name, such as '{subject}_frame*' or '([0-9]+)_.*'."
        )
    return chosen


def _found(frames: Sequence[Named]) -> Subjects:
    level, strength = _level(frames)
    if level is not None and strength == _SURE:
        return _at_depth(level)
    if frames and all(_PERSON.fullmatch(frame.stem) for frame in frames):
        return Subjects(
            "{subject}_*", "by how names begin", lambda frame: _person(frame.stem)
        )
    if level is not None and strength == _LIKELY:
        return _at_depth(level)
    numbers = {subject_of(frame.stem) for frame in frames} - {None}
    if numbers and not all(_DAY.fullmatch(str(number)) for number in numbers):
        return _by_number(frames)
    return _none(frames)


def _person(stem: str) -> str | None:
    found = _PERSON.fullmatch(stem)
    return found[1] if found else None


def _by_number(_frames: Sequence[Named]) -> Subjects:
    return Subjects("number", "by the number in S_I", lambda one: subject_of(one.stem))


def _none(_frames: Sequence[Named]) -> Subjects:
    return Subjects("none", "not known", lambda _one: None)


def _by_folder(frames: Sequence[Named]) -> Subjects:
    return _at_depth(_level(frames)[0] or 0)


def _at_depth(depth: int) -> Subjects:
    def of(frame: Named) -> str | None:
        return frame.dirs[depth] if len(frame.dirs) > depth else None

    return Subjects("folder", "by folder", of)


#: How likely the folders of a depth are a person's each.
_SURE, _LIKELY, _UNLIKELY = 2, 1, 0


def folders_that_may_be_subjects(frames: Sequence[Named]) -> tuple[str, ...]:
    """Return the folders of a depth that ``folder`` would take, rising."""
    depth = _level(frames)[0]
    if depth is None:
        return ()
    return tuple(sorted({one.dirs[depth] for one in frames if len(one.dirs) > depth}))


def _level(frames: Sequence[Named]) -> tuple[int | None, int]:
    """Return the depth at which folders can be subjects, and how likely they are.

    The likeliest depth; of several, the first, for a split by the coarser part cannot
    leak.
    """
    folders = [frame.dirs for frame in frames if frame.dirs]
    best: tuple[int | None, int] = None, -1
    for depth in range(max((len(dirs) for dirs in folders), default=0)):
        names = Counter(dirs[depth] for dirs in folders if len(dirs) > depth)
        several = len(names) > 1 and max(names.values()) > 1  # no folder a frame
        people = [name for name in names if not _is_no_person(name)]
        if several and people and (found := min(map(_likely, people))) > best[1]:
            best = depth, found
    return best


def _likely(name: str) -> int:
    """Say how likely a folder's name is a person's."""
    if _SURELY.fullmatch(name):
        return _SURE
    is_person = _NUMBERED.fullmatch(name) and not _DAY.fullmatch(name)
    words = set(re.findall("[a-z]+", name.lower()))
    return _LIKELY if is_person and not words & _NO_PERSON else _UNLIKELY


def _is_no_person(name: str) -> bool:
    """Say whether a folder's words are those of parts, classes and visits alone."""
    words = re.findall("[a-z]+", name.lower())
    return bool(words) and all(
        word in _NO_PERSON or word in ("image", "images") for word in words
    )


def _by_pattern(rule: str) -> Subjects:
    if "{subject}" in rule:
        text = re.escape(rule).replace(re.escape("{subject}"), "(.+?)", 1)
        text = text.replace(r"\*", ".*").replace(re.escape("{subject}"), ".+?")
    else:
        text = rule
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise InputError(
            f"--subject-by {rule} is no pattern ({error}): write one such as "
            "'{subject}_frame*'."
        ) from error
    if pattern.groups != 1:
        raise InputError(
            f"--subject-by {rule} does not say which part of a name is the subject: "
            "mark it, as in '{subject}_frame*'."
        )

    def of(frame: Named) -> str | None:
        found = pattern.fullmatch(frame.stem)
        return (found[1] or None) if found else None

    return Subjects(rule, f"by the pattern {rule}", of)


def _by_table(path: Path) -> Subjects:
    rows = _read_table(path)

    def of(frame: Named) -> str | None:
        whole = "/".join((*frame.dirs, frame.stem))
        return rows.get(whole) or rows.get(frame.stem)

    return Subjects(str(path.resolve()), f"by the table {path.name}", of)


def _read_table(path: Path) -> dict[str, str]:
    """Return subjects by file (folders before it, no suffix)."""
    try:
        text = read_bytes(path).decode("utf-8-sig")
        head = text.partition("\n")[0].rstrip("\r")
        mark = max(",;\t", key=head.count)
        lines = io.StringIO(text, newline="")
        table = list(csv.reader(lines, delimiter=mark, strict=True))
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(
            f"--subject-by {path} cannot be read as text: give a CSV file with the "
            "columns file and subject."
        ) from error
    names = [name.strip().lower() for name in table[0]] if table else []
    file = next((names.index(name) for name in _FILE_COLUMNS if name in names), None)
    who = next((names.index(name) for name in _SUBJECT_COLUMNS if name in names), None)
    if file is None or who is None:
        raise InputError(
            f"--subject-by {path}: its first line is {head[:60]!r} and must name the "
            "columns file and subject."
        )
    found: dict[str, str] = {}
    for number, row in enumerate(table[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) <= max(file, who) or not row[file].strip() or not row[who].strip():
            raise InputError(f"--subject-by {path}, line {number}, lacks a cell.")
        key = row[file].strip().replace(os.sep, "/")
        stem, dot, suffix = key.rpartition(".")
        stem = stem if dot + suffix.lower() in IMAGE_SUFFIXES else key
        for name in {key, stem}:
            if found.setdefault(name, row[who].strip()) != row[who].strip():
                raise InputError(
                    f"--subject-by {path}, line {number}, gives {name} another "
                    "subject than a line before: keep one."
                )
    return found


_FIXED: dict[str, Callable[[Sequence[Named]], Subjects]] = {
    "number": _by_number,
    "folder": _by_folder,
    "none": _none,
}
