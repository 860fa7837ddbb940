"""CSV files come back as they were written, whatever a frame is called."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from training.data import rle
from training.data.csv_table import read_table, rows_text, table_text

letters = st.one_of(
    st.sampled_from("=+-@'\t\r\n\"',; \x85\u2028\uff1d1"),
    st.characters(exclude_categories=("Cs",), exclude_characters="\0/"),
)

#: What a file may be called: all that is UTF-8.
names = st.text(letters, min_size=1, max_size=12)

#: Names that damaged a table, or that a spreadsheet takes for a formula.
ODD = ["a\rb", " a", "a ", "\u2028", "\x85a", '"a"', "a,b", "a;=b", "=a", "'=a", "\ta"]


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


@given(rows=st.lists(st.tuples(names, st.text(letters, max_size=12)), max_size=5))
@example(rows=[(name, name) for name in ODD])
@example(rows=[("-5", "'-5"), ("''=", "'"), ("-1e-05", "-a")])
def test_a_table_comes_back(
    rows: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("table") / "t.csv"
    columns = ("frame", "reason", "n")
    meant = [{"frame": a, "reason": b, "n": "-0.5"} for a, b in rows]
    write(path, table_text(columns, [{**row, "n": -0.5} for row in meant]))
    assert read_table(path) == meant
    with path.open(newline="", encoding="utf-8") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    for cell in cells:
        assert cell[:1] not in ("\t", "\r", "\n")
        if cell.lstrip().startswith(("=", "+", "-", "@")):
            float(cell)  # a number, and no formula


@given(frames=st.lists(names, max_size=5, unique=True))
@example(frames=ODD)
def test_run_lengths_come_back_and_are_not_escaped(
    frames: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("rle") / "masks.csv"
    mask = np.eye(3, dtype=bool)
    rle.write_csv(path, dict.fromkeys(frames, mask))
    assert rle.read_csv(path) == dict.fromkeys(frames, "1 1 5 1 9 1")
    with path.open(newline="", encoding="utf-8") as file:
        assert {row["img"] for row in csv.DictReader(file)} == set(frames)


@pytest.mark.parametrize("name", ["=1+1", "+a", "-a", "@a", "\ta", "\ra", " =a", "-5e"])
def test_text_that_begins_as_a_formula_is_escaped(name: str) -> None:
    assert table_text(["a"], [{"a": name}]).splitlines()[1].lstrip('"')[:1] == "'"


def test_plain_cells_and_numbers_stay_as_they_are() -> None:
    row = {"frame": "1_1", "n": -3, "x": -0.25, "text": "-1.5e-05", "none": None}
    assert table_text(list(row), [row]).splitlines()[1] == "1_1,-3,-0.25,-1.5e-05,"


def test_cells_are_parted_by_commas_alone() -> None:
    # A spreadsheet of another country parts cells at semicolons.
    assert rows_text([["a;=b", 1]]) == '"a;=b","1"\n'


@pytest.mark.parametrize("text", ['a,b\n"1,2\n', 'a,b\n"1"2,3\n'])
def test_a_damaged_table_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(csv.Error):
        read_table(write(tmp_path / "t.csv", text))
