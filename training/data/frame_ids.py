"""FrameIds: their natural order and the subject that they name."""

from __future__ import annotations

import re

from ..errors import InputError

_SUBJECT = re.compile(r"([0-9]+)_[0-9]+", re.ASCII)
_DIGITS = re.compile(r"([0-9]+)", re.ASCII)
_RANGE = re.compile(r"([0-9]+)(?:-([0-9]+))?", re.ASCII)

#: A longer range than this is a slip of the hand.
MOST_SUBJECTS = 100_000

#: What stands between a file's stem and the page in a FrameId.
PAGE_MARK = "#"


def natural_key(frame_id: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """Return a sort key in which ``1_9`` comes before ``1_14``.

    Numbers compare by value and before letters; ids that differ only in leading
    zeros compare as text, so that the order is total.
    """
    parts = tuple(
        (0, int(part), "") if place % 2 else (1, 0, part)  # every other one is digits
        for place, part in enumerate(_DIGITS.split(frame_id))
        if part
    )
    return parts, frame_id


def subject_of(stem: str) -> str | None:
    """Return the subject that a stem names: ``12_34`` gives ``12``, else None.

    The page of a FrameId (``12_34#5``) does not count.
    """
    found = _SUBJECT.fullmatch(stem.partition(PAGE_MARK)[0])
    return found[1] if found else None


def parse_subjects(text: str) -> list[str]:
    """Return the subjects of a list such as ``21-24,P01``, each once, in order.

    A part that is neither a number nor a range of numbers is a name as it stands,
    also one with a hyphen, such as ``sub-01``.

    Raises
    ------
    InputError
        If a part is empty, or a range that does not go upwards.
    """
    subjects: dict[str, None] = {}
    for part in map(str.strip, text.split(",")):
        found = _RANGE.fullmatch(part)
        first, last = (found[1], found[2] or found[1]) if found else ("1", "1")
        if not part or not 0 <= int(last) - int(first) < MOST_SUBJECTS:
            raise InputError(
                f"{text!r} is no list of subjects: write names, numbers and upward "
                "ranges of numbers, such as P01,21-24,30."
            )
        if found is None:
            subjects[part] = None
            continue
        for number in range(int(first), int(last) + 1):
            subjects[f"{number:0{len(first)}d}"] = None
    return list(subjects)
