"""The filter line keeps the rows for which every word holds, or says what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from napari_nerveseg._engine import InputError
from napari_nerveseg.review.query import complete, parse

COLUMNS = {
    "frame": np.array(["1_1", "1_2", "2_1", "12_1"]),
    "subject": np.array(["1", "1", "2", "12"]),
    "conflict": np.array(["", "shape", "empty-versus-nerve", ""]),
    "status": np.array(["unreviewed", "flagged", "approved", "unreviewed"]),
    "note": np.array(["", "Two nerves", "", "poor"], dtype=object),
    "area": np.array([0.0, 120.0, 7000.0, np.nan]),
    "dice": np.array([1.0, 0.4, 0.9, np.nan]),
    "uncertainty": np.array([0.0, 0.3, np.nan, 0.1]),
    "edited": np.array([False, True, False, False]),
    "missing": np.array([False, False, False, True]),
    "unread": np.array([False, False, False, True]),
}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [0, 1, 2, 3]),
        ("subject:1", [0, 1]),
        ("subject:1,12", [0, 1, 3]),
        ("dice<0.5", [1]),
        ("dice>=0.9", [0, 2]),
        ("area>100 status:approved", [2]),
        ("area=0", [0]),
        ("uncertainty>0.2", [1]),
        ("-uncertainty>0.2", [0, 2, 3]),
        ("conflict", [1, 2]),
        ("-conflict", [0, 3]),
        ("conflict:empty", [2]),
        ("status:fl", [1]),
        ("status:fl,app", [1, 2]),
        ("edited", [1]),
        ("nerve", [1, 2]),
        ("empty", [0]),
        ("missing", [3]),
        ("missing -unread", []),
        ("note", [1, 3]),
        ('note:"two nerves"', [1]),
        ("note:nerv", [1]),
        ("note:t?o*ves,poor", [1, 3]),
        ("id:1_*", [0, 1]),
        ("id:12_1", [3]),
        ("-id:1*", [2]),
        ("2_1", [2, 3]),
        ("SUBJECT:2  NERVE", [2]),
        ("nonsense", []),
    ],
)
def test_words(text: str, rows: list[int]) -> None:
    assert np.flatnonzero(parse(text).rows(COLUMNS)).tolist() == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dice<", "dice< needs a number after it, as in dice<0.5."),
        ("area>many", "area> needs a number after it, as in area>2000."),
        ("subject:", "subject: needs something after it, as in subject:7."),
        (
            "status:done",
            "status:done is no status; use unreviewed, approved, flagged or excluded.",
        ),
        ("statsu:flagged", "In statsu:flagged, statsu is no column; did you mean"),
        ("dise<1", "In dise<1, dise is no column; did you mean dice?"),
        ("colour:red", "colour is no column; use subject, status, conflict, note or"),
        ("dice:0.5", "In dice:0.5, dice is written as in dice<0.5."),
        ('note:"two', 'A quotation mark in note:"two is not closed; end'),
    ],
)
def test_what_cannot_be_understood_is_said_with_the_remedy(
    text: str, message: str
) -> None:
    with pytest.raises(InputError) as problem:
        parse(f"nerve {text}" if '"' not in text else text)
    assert message in str(problem.value)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("su", ["subject:"]),
        ("nerve -di", ["-dice<0.5"]),
        ("subject:1", ["subject:12"]),
        ("subject:2,1", ["subject:2,12"]),
        ("status:f", ["status:flagged"]),
        ("note:", ['note:"Two nerves"', "note:poor"]),
        ("conflict:", ["conflict:shape", "conflict:empty-versus-nerve"]),
        ("zzz", []),
    ],
)
def test_completions(text: str, ends: list[str]) -> None:
    assert complete(text, COLUMNS) == ends


def test_nothing_typed_shows_all_that_there_is() -> None:
    offered = complete("", COLUMNS)
    assert {"subject:", "uncertainty>0.2", "edited"} <= set(offered)
