"""Texts as hypothesis makes them: a sentence, or what plain reading gives."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from training.data import Project, rle
from training.data.project import kept_reading
from training.data.subjects import Named, find_subjects
from training.errors import InputError

SHAPE = (5, 7)
SIZE = SHAPE[0] * SHAPE[1]

seeded = settings(
    derandomize=True,
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
words = st.one_of(
    st.integers(-2, SIZE + 2).map(str),
    st.integers().map(str),
    st.text(max_size=3),
    st.sampled_from(["١", "½", "1e3", "0x1", "+1", "1_0", "٣٤", "nan", "\x00"]),
)
cells = st.one_of(st.text(max_size=6), words, st.sampled_from(["1_1", "1_2.tif", '"']))
tables = st.lists(st.lists(cells, min_size=1, max_size=4), max_size=5).map(
    lambda rows: "\n".join(",".join(row) for row in rows)
)


def is_sentence(error: pytest.ExceptionInfo[InputError] | InputError) -> bool:
    text = str(error)
    return len(text.splitlines()) == 1 and len(text) < 1000


@seeded
@given(st.lists(words, max_size=8).map(" ".join))
def test_runs_are_a_mask_or_a_sentence(text: str) -> None:
    try:
        mask = rle.decode(text, SHAPE)
    except InputError as error:
        assert is_sentence(error)
        return
    numbers = [int(word) for word in text.split()]
    pixels = [
        pixel
        for start, length in zip(numbers[::2], numbers[1::2], strict=True)
        for pixel in range(start - 1, start - 1 + length)
    ]
    assert sorted(pixels) == np.flatnonzero(mask.ravel(order="F")).tolist()


@seeded
@given(st.sampled_from(["img,pixels\n", "subject,img,pixels\n", "", "\ufeff"]), tables)
def test_a_table_of_masks_is_read_or_refused(
    tmp_path: Path, head: str, table: str
) -> None:
    path = tmp_path / "masks.csv"
    path.write_bytes((head + table).encode("utf-8", "surrogatepass"))
    try:
        rows = rle.read_csv(path)
    except InputError as error:
        assert is_sentence(error)
        assert str(path) in str(error)
    else:
        assert all(isinstance(text, str) for text in rows.values())
        with contextlib.suppress(InputError):
            rle.match_rows(rows, ["1_1", "1_2"], path)


@seeded
@given(st.sampled_from(["file,subject\n", "id;patient\n", ""]), tables)
def test_a_table_of_subjects_is_read_or_refused(
    tmp_path: Path, head: str, table: str
) -> None:
    path = tmp_path / "subjects.csv"
    path.write_bytes((head + table).encode("utf-8", "surrogatepass"))
    frames = [Named((), "1_1"), Named((), "1_2")]
    try:
        found = find_subjects(frames, str(path), tmp_path)
    except InputError as error:
        assert is_sentence(error)
        assert str(path) in str(error)
    else:
        assert any(found.of(frame) for frame in frames)


values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner)
    ),
    max_leaves=6,
)
choices = st.dictionaries(
    st.sampled_from(["nerve_label", "masks_csv", "subject_by", "luminance", "x"]),
    values,
)


@seeded
@given(st.one_of(values, choices))
def test_a_kept_choice_is_taken_or_refused(tmp_path: Path, value: object) -> None:
    project = Project(tmp_path / "p").make()
    project.reading.write_text(json.dumps(value))
    try:
        kept = kept_reading(project)
    except InputError as error:
        assert is_sentence(error)
        assert str(project.reading) in str(error)
    else:
        assert isinstance(value, dict)
        assert all(kept.to_json()[name] is not None for name in kept.to_json())
