"""The filter line keeps the rows for which every word holds."""

from __future__ import annotations

import numpy as np
import pytest

from napari_nerveseg.view.frame_filter import rows_that_match

COLUMNS = {
    "frame": np.array(["1_1", "1_2", "2_1", "12_1"]),
    "subject": np.array(["1", "1", "2", "12"]),
    "conflict": np.array(["", "shape", "empty-versus-nerve", ""]),
    "status": np.array(["unreviewed", "flagged", "approved", "unreviewed"]),
    "area": np.array([0.0, 120.0, 7000.0, np.nan]),
    "dice": np.array([1.0, 0.4, 0.9, np.nan]),
    "edited": np.array([False, True, False, False]),
    "missing": np.array([False, False, False, True]),
}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [0, 1, 2, 3]),
        ("subject:1", [0, 1]),
        ("dice<0.5", [1]),
        ("dice>=0.9", [0, 2]),
        ("area>100 status:approved", [2]),
        ("area=0", [0]),
        ("conflict", [1, 2]),
        ("-conflict", [0, 3]),
        ("conflict:empty", [2]),
        ("status:fl", [1]),
        ("edited", [1]),
        ("nerve", [1, 2]),
        ("empty", [0]),
        ("missing", [3]),
        ("2_1", [2, 3]),
        ("SUBJECT:2  NERVE", [2]),
        ("nonsense", []),
    ],
)
def test_words(text: str, rows: list[int]) -> None:
    assert rows_that_match(text, COLUMNS).tolist() == rows
