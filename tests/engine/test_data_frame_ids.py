"""FrameIds: natural order, subjects, lists of subjects."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data import natural_key, parse_subjects, subject_of
from training.errors import InputError


def test_numbers_sort_by_value_and_before_letters() -> None:
    ids = ["1_2", "1_9", "1_14", "2_1", "10_1", "a1", "a2", "a10", "a10#2", "a10#10"]
    mixed = random.Random(0).sample(ids, len(ids))
    assert sorted(mixed, key=natural_key) == ids


@given(st.lists(st.text(max_size=8), unique=True))
def test_the_order_is_total_for_any_names(names: list[str]) -> None:
    keys = [natural_key(name) for name in sorted(names, key=natural_key)]
    assert all(a < b for a, b in pairwise(keys))


def test_leading_zeros_and_other_digits_do_not_confuse() -> None:
    assert sorted(["01", "1", "001", "²"], key=natural_key) == ["001", "01", "1", "²"]


@pytest.mark.parametrize(
    ("stem", "subject"),
    [
        ("12_34", "12"),
        ("12_34#5", "12"),
        ("007_1", "007"),
        ("12", None),
        ("0001", None),
        ("frame_3", None),
        ("1_2_3", None),
        ("1_2_mask", None),
        ("", None),
    ],
)
def test_the_subject_of_a_stem(stem: str, subject: str | None) -> None:
    assert subject_of(stem) == subject


def test_a_list_of_subjects() -> None:
    assert parse_subjects("21-24,30") == ["21", "22", "23", "24", "30"]
    assert parse_subjects(" 3, 1-3 ") == ["3", "1", "2"]
    assert parse_subjects("08-10") == ["08", "09", "10"]


def test_subjects_may_be_named() -> None:
    assert parse_subjects("P01, patient02,3-4,P01") == ["P01", "patient02", "3", "4"]
    assert parse_subjects("sub-01,1-,-1,1-b") == ["sub-01", "1-", "-1", "1-b"]


@pytest.mark.parametrize("text", ["", " ", "3-1", "24-21", "1,,2", "a,", "1-999999999"])
def test_what_is_no_list_of_subjects(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_subjects(text)
    assert str(caught.value) == (
        f"{text!r} is no list of subjects: write names, numbers and upward ranges of "
        "numbers, such as P01,21-24,30."
    )
