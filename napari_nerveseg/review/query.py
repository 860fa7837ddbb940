"""The search language of the frames table: a line of words to a selection of rows.

``subject:7 dice<0.5 conflict status:flagged note:"two nerves" id:12_*`` keeps the
frames for which every word holds. A minus before a word turns it round, commas
separate alternatives (``subject:7,8``), ``*`` and ``?`` stand for any letters and any
letter. A word that is none of the known ones is looked for in the frame's name.
"""

from __future__ import annotations

import fnmatch
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _engine
from .frame_table import COLUMNS

Columns = Mapping[str, npt.NDArray[Any]]
Rows = npt.NDArray[np.bool_]
Test = Callable[[Columns], Rows]

_BY_PLACE = sorted(COLUMNS, key=lambda column: column.place)

#: Columns that are compared with numbers, and an example of each.
NUMBERS = {one.name: one.example for one in _BY_PLACE if one.number}

#: Columns that are searched for text, as filters name them, and an example of each.
TEXTS = {
    one.example.partition(":")[0]: one.example for one in _BY_PLACE if not one.number
}

#: Words that stand for themselves, and what they say of a frame.
FLAGS: dict[str, Test] = {
    "conflict": lambda columns: columns["conflict"] != "",
    "edited": lambda columns: columns["edited"].astype(bool),
    "nerve": lambda columns: columns["area"] > 0,
    "empty": lambda columns: columns["area"] == 0,
    "missing": lambda columns: columns["missing"].astype(bool),
    "unread": lambda columns: columns["unread"].astype(bool),
    "note": lambda columns: columns["note"] != "",
}

_COMPARE: dict[str, Callable[[Any, float], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}
_WORD = re.compile(r'(?:[^\s"]|"[^"]*"?)+')
_COMPARISON = re.compile(r"([a-z]+)(<=|>=|<|>|=)(.*)")
_FIELD = re.compile(r"([a-z]+):(.*)")


@dataclass(frozen=True)
class Query:
    """What a line asks for; `rows` answers it for a table."""

    text: str
    tests: tuple[Test, ...] = ()

    def rows(self, columns: Columns) -> Rows:
        """Return which rows are kept.

        Parameters
        ----------
        columns
            Arrays of one length N, as `model.frame_table.FrameTable` has them.

        Returns
        -------
        ndarray
            (N,) bool.
        """
        keep: Rows = np.ones(len(columns["frame"]), dtype=bool)
        for test in self.tests:
            keep &= test(columns)
        return keep


def parse(text: str) -> Query:
    """Return what a line asks for.

    Raises
    ------
    InputError
        If a word of it cannot be understood; the message names it and the remedy.
    """
    if text.count('"') % 2:
        raise _engine.InputError(
            f"A quotation mark in {text.strip()} is not closed; end the words with"
            ' another ".'
        )
    words = [match.group() for match in _WORD.finditer(text.lower())]
    return Query(text, tuple(_test(word) for word in words))


def _test(word: str) -> Test:
    if word.startswith("-") and len(word) > 1:
        inner = _test(word[1:])
        return lambda columns: ~inner(columns)
    if word in FLAGS:
        return FLAGS[word]
    comparison, field = _COMPARISON.fullmatch(word), _FIELD.fullmatch(word)
    if comparison is not None:
        return _number_test(word, *comparison.groups())
    if field is not None:
        return _text_test(word, *field.groups())
    part = word.replace('"', "")
    return lambda columns: np.char.find(np.char.lower(columns["frame"]), part) >= 0


def _number_test(word: str, name: str, sign: str, value: str) -> Test:
    if name not in NUMBERS:
        raise _engine.InputError(f"In {word}, {_unknown(name, NUMBERS)}")
    try:
        number = float(value)
    except ValueError:
        raise _engine.InputError(
            f"{name}{sign} needs a number after it, as in {NUMBERS[name]}."
        ) from None

    def test(columns: Columns) -> Rows:
        with np.errstate(invalid="ignore"):  # NaN compares false: unknown is not kept
            held: Rows = _COMPARE[sign](columns[name], number)
        return held

    return test


def _text_test(word: str, name: str, value: str) -> Test:
    if name not in TEXTS:
        raise _engine.InputError(f"In {word}, {_unknown(name, TEXTS)}")
    wanted = [part for part in value.replace('"', "").split(",") if part]
    if not wanted:
        raise _engine.InputError(
            f"{name}: needs something after it, as in {TEXTS[name]}."
        )
    if name == "status":
        for part in wanted:
            _check_status(part)
    matches = re.compile("|".join(_pattern(name, part) for part in wanted)).fullmatch
    column = "frame" if name == "id" else name

    def test(columns: Columns) -> Rows:
        values, places = np.unique(columns[column].astype(str), return_inverse=True)
        held = [matches(text.lower()) is not None for text in values.tolist()]
        return np.array(held, dtype=bool)[places]

    return test


def _pattern(name: str, part: str) -> str:
    """Return a regular expression; status and conflict may be cut short, a note too."""
    if name in ("status", "conflict"):
        return fnmatch.translate(f"{part}*")
    return fnmatch.translate(f"*{part}*" if name == "note" else part)


def _check_status(part: str) -> None:
    if not any(fnmatch.fnmatchcase(status, f"{part}*") for status in _engine.STATUSES):
        raise _engine.InputError(
            f"status:{part} is no status; use {_one_of(_engine.STATUSES)}."
        )


def _unknown(name: str, known: Mapping[str, str]) -> str:
    close = get_close_matches(name, [*NUMBERS, *TEXTS], n=1)
    if close and close[0] not in known:
        example = {**NUMBERS, **TEXTS}[close[0]]
        return f"{close[0]} is written as in {example}."
    meant = f"; did you mean {close[0]}?" if close else f"; use {_one_of(known)}."
    return f"{name} is no column{meant}"


def _one_of(names: Mapping[str, str] | tuple[str, ...]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}"


def complete(text: str, columns: Columns) -> list[str]:
    """Return what the last word of ``text`` may become, best first.

    Parameters
    ----------
    text
        The line up to the cursor.
    columns
        The table, from which subjects, kinds of conflict and notes are taken.
    """
    word = re.split(r'\s+(?=(?:[^"]*"[^"]*")*[^"]*$)', text)[-1].lower()
    minus, word = ("-", word[1:]) if word.startswith("-") else ("", word)
    name, colon, begun = word.partition(":")
    if colon and name in TEXTS:
        found = [f"{name}:{value}" for value in _values(name, begun, columns)]
    else:
        known = [*(f"{n}:" for n in TEXTS), *NUMBERS.values(), *FLAGS]
        found = [each for each in known if each.startswith(word) and each != word]
    return [minus + each for each in dict.fromkeys(found)]


def _values(name: str, begun: str, columns: Columns) -> list[str]:
    """Return the column's values that begin so, in the order of the data set."""
    before, comma, begun = begun.rpartition(",")
    column = columns["frame" if name == "id" else name]
    known = _engine.STATUSES if name == "status" else dict.fromkeys(column.tolist())
    begun = begun.replace('"', "")
    fitting = [v for v in known if v and v.lower().startswith(begun) and v != begun]
    quoted = [f'"{v}"' if " " in v else v for v in fitting[:50]]
    return [before + comma + value for value in quoted]
