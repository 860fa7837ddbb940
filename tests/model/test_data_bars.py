"""Every bar says how many frames it stands for, and which."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from napari_nerveseg.statistics import data_bars
from tests.toys import disc, smooth_frame, write_kaggle
from training.data import find_project, open_dataset, open_labels
from training.data.scan import scan
from training.report.stats import Statistics, statistics

SHAPE, SMALL = (64, 80), (48, 60)


@pytest.fixture
def found(tmp_path: Path) -> Statistics:
    """Subject 1 with two nerves of three frames, 2 with none, one of another size."""
    empty = np.zeros(SHAPE, bool)
    frames = {
        "1_1": (smooth_frame(1), disc(SHAPE, (30, 40), 12)),
        "1_2": (smooth_frame(2), disc(SHAPE, (30, 40), 6)),
        "1_3": (smooth_frame(3) // 2, empty),
        "2_1": (smooth_frame(4), empty),
        "2_2": (smooth_frame(5, SMALL), None),
    }
    dataset = open_dataset(write_kaggle(tmp_path / "data", frames))
    project = find_project(dataset.root, tmp_path / "project")
    with open_labels(dataset, project) as labels:
        return statistics(dataset, labels, scan(dataset, project))


def test_shares_by_subject_name_the_frames_with_a_nerve(found: Statistics) -> None:
    one, two = data_bars.nerve_share(found)
    assert one.high == pytest.approx(200 / 3) and two.high == 0
    assert one.frames == ("1_1", "1_2") and two.frames == ()
    assert one.title == "subject 1: 66.7 % of its frames show a nerve"
    assert (one.left, one.right, two.left, two.right) == (-0.4, 0.4, 0.6, 1.4)
    assert (one.label, two.label) == ("1", "2")


def test_areas_by_subject_reach_over_the_middle_half(found: Statistics) -> None:
    one, two = data_bars.area_by_subject(found)
    small, large = (disc(SHAPE, (30, 40), r).sum() for r in (6, 12))
    assert one.low == pytest.approx(small + (large - small) / 4)
    assert one.high == pytest.approx(large - (large - small) / 4)
    assert two.title == "subject 2: no nerve" and not two.frames


@pytest.mark.parametrize(
    ("bars", "frames"),
    [
        (data_bars.areas, ["1_1", "1_2"]),
        (data_bars.mean_greys, ["1_1", "1_2", "1_3", "2_1", "2_2"]),
    ],
)
def test_histograms_hold_every_frame_once(found, bars, frames) -> None:
    made = bars(found)
    assert len(made) == data_bars.BINS
    assert sorted(frame for bar in made for frame in bar.frames) == frames
    assert [bar.high for bar in made] == [len(bar.frames) for bar in made]
    assert all(a.right == b.left for a, b in pairwise(made))


def test_sizes_and_summary(found: Statistics) -> None:
    usual, other = data_bars.sizes(found)
    assert (usual.high, usual.label) == (4, "64x80")
    assert other.frames == ("2_2",) and other.title == "frames of 48 x 60"
    assert data_bars.summary(found) == (
        "5 frames of 2 subjects, 2 show a nerve (50.0 %), 2 have an empty mask, 1 has"
        " no mask to go by."
    )


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (
            (1, 1, 1),
            "3 frames of 1 subject, 1 shows a nerve (33.3 %), 1 has an empty mask, 1"
            " has no mask to go by.",
        ),
        (
            (0, 1, 0),
            "1 frame of 1 subject, 0 show a nerve (0.0 %), 1 has an empty mask.",
        ),
        (
            (2, 0, 2),
            "4 frames of 1 subject, 2 show a nerve (50.0 %), 0 have an empty mask, 2"
            " have no mask to go by.",
        ),
    ],
)
def test_the_summary_speaks_of_one_and_of_several(
    counts: tuple[int, int, int], words: str
) -> None:
    nerves, empties, unknown = (tuple("x" * n) for n in counts)
    every = SimpleNamespace(
        ids=nerves + empties + unknown,
        nerve_ids=nerves,
        empty_ids=empties,
        share_nerve=len(nerves) / sum(counts),
        subject="1",
    )
    found: Any = SimpleNamespace(overall=every, subjects=[every])
    assert data_bars.summary(found) == words


def test_without_a_nerve_there_is_no_histogram(tmp_path: Path) -> None:
    assert data_bars._histogram([], "") == []
    only = data_bars._histogram([("1_1", 5.0)], "{low} {high}")
    assert [bar.frames for bar in only if bar.frames] == [("1_1",)]
