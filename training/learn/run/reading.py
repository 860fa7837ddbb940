"""How a data set's masks and frames are read, which no run may change on its way.

The frames' pixels and masks have fingerprints of their own, but those of test frames
are not known before the end, nor those of a fold that has not begun.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ...data import DataSet
from ...data.reading import CHOICES, flag_of
from ...errors import InputError
from ...files import digest_json

_LEFT_OUT = "{} as it was then, or leave out all choices: the run knows its own"

_PUT_BACK = "{} as it was then, or put its file back if that has changed"

#: Choices that may name a file, in the place of which their outcome is compared.
_FILES = ("masks_csv", "subject_by")

#: What another value of a setting of `reading_of` means, and what to give. A file may
#: have changed where it lies, and then leaving it out is no help.
_WORDS = {
    **{
        name: (f"another {flag_of(name)}", _LEFT_OUT.format(flag_of(name)))
        for name in CHOICES
        if name not in _FILES
    },
    "nerve_label": ("another label of the nerve", _LEFT_OUT.format("--nerve-label")),
    "run_lengths": ("other masks", _PUT_BACK.format("--masks")),
    "subjects": ("other subjects", _PUT_BACK.format("--subject-by")),
}


def reading_of(dataset: DataSet, ids: Collection[str]) -> dict[str, Any]:
    """Return how a data set is read, as JSON carries it.

    Parameters
    ----------
    dataset
        As it was opened.
    ids
        The frames whose masks count: those that a run's split knows.

    Returns
    -------
    dict
        The choices of `Reading`, but for those that may name a file, wherever it
        lies: ``run_lengths`` is a hash of the masks that come from a CSV file (None if
        none do), ``subjects`` holds the subject of each frame.
    """
    lines = {name: dataset.run_length(name) for name in dataset.ids if name in ids}
    known = {name: line for name, line in lines.items() if line is not None}
    chosen = {
        name: getattr(dataset.reading, name) for name in CHOICES if name not in _FILES
    }
    return {
        **chosen,
        # A switch that is off is one that nobody has set.
        "luminance": dataset.luminance,
        "invert_masks": bool(dataset.reading.invert_masks),
        "run_lengths": digest_json(known) if known else None,
        "subjects": {one.id: one.subject for one in dataset.entries if one.id in ids},
    }


def check_reading(
    run: Path,
    before: Mapping[str, Any],
    dataset: DataSet,
    ids: Collection[str],
    remedy: str = "",
) -> None:
    """Refuse to go on with a run on data that are read otherwise.

    Parameters
    ----------
    run
        Its folder.
    before
        What `reading_of` gave when it was begun; what it does not have, as in the
        runs of earlier versions, is not compared.
    dataset, ids
        As for `reading_of`, now.
    remedy
        What helps besides where masks are others, such as ``pass --force``.

    Raises
    ------
    InputError
        If something is read otherwise.
    """
    now = reading_of(dataset, ids)
    then = {**now, **before}
    # A frame that is gone is named by whoever misses it.
    subjects = now["subjects"].items()
    then["subjects"] = {name: then["subjects"].get(name, who) for name, who in subjects}
    for name, (words, given) in _WORDS.items():
        if then[name] != now[name]:
            more = f", or {remedy}" if remedy and name == "run_lengths" else ""
            told = f" ({_told(then[name])}, not {_told(now[name])})"
            which = words + told if name in CHOICES else words
            raise InputError(f"{run} was begun with {which}: give {given}{more}.")


def _told(choice: Any) -> str:
    if isinstance(choice, bool):
        return "on" if choice else "off"
    return "as found" if choice is None else str(choice)
