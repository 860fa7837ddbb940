"""The filter line of the Frames tab: words to a selection of rows.

``subject:7 dice<0.5 conflict status:flagged 12_`` keeps the frames for which every
word holds. A word that is none of the known ones is looked for in the frame's name.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Columns = Mapping[str, NDArray[Any]]
Mask = NDArray[np.bool_]

HELP = (
    "Words that must all hold: part of a frame's name, subject:7, status:flagged, "
    "dice<0.5, area>5000, conflict, edited, nerve, empty, missing; a minus before a "
    "word turns it round (-conflict)."
)

_COMPARISON = re.compile(r"^(dice|area)(<=|>=|<|>|=)(\d+(?:\.\d*)?)$")
_COMPARE: dict[str, Callable[[Any, float], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}
_FLAGS: dict[str, Callable[[Columns], Mask]] = {
    "conflict": lambda columns: columns["conflict"] != "",
    "edited": lambda columns: columns["edited"].astype(bool),
    "nerve": lambda columns: columns["area"] > 0,
    "empty": lambda columns: columns["area"] == 0,
    "missing": lambda columns: columns["missing"].astype(bool),
}


def rows_that_match(text: str, columns: Columns) -> NDArray[np.intp]:
    """Return the rows that the filter ``text`` keeps, ascending.

    Parameters
    ----------
    text
        The filter line.
    columns
        Arrays of one length: ``frame``, ``subject``, ``conflict``, ``status`` (str),
        ``area`` in pixels and ``dice`` (float, NaN where unknown), ``edited`` and
        ``missing`` (bool).
    """
    keep = np.ones(len(columns["frame"]), dtype=bool)
    for word in text.lower().split():
        wanted = not (word.startswith("-") and len(word) > 1)
        keep &= _holds(word if wanted else word[1:], columns) == wanted
    return np.flatnonzero(keep)


def _holds(word: str, columns: Columns) -> Mask:
    flag = _FLAGS.get(word)
    if flag is not None:
        return flag(columns)
    name, colon, value = word.partition(":")
    if colon and name == "subject":
        return np.equal(columns["subject"], value)
    if colon and name in ("status", "conflict"):
        return np.char.startswith(columns[name], value)
    comparison = _COMPARISON.match(word)
    if comparison is not None:
        name, sign, number = comparison.groups()
        with np.errstate(invalid="ignore"):  # NaN compares false: unknown is not kept
            held: Mask = _COMPARE[sign](columns[name], float(number))
        return held
    return np.char.find(np.char.lower(columns["frame"]), word) >= 0
