from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.engine.command_line import run
from tests.toys import disc, smooth_frame, write_kaggle
from training.data import open_dataset
from training.data.labels import Labels, open_labels
from training.data.scan import scan
from training.errors import Cancelled
from training.files import dump_json
from training.report.stats import Statistics, statistics
from training.report.stats_page import stats_page
from training.report.stats_pixels import HEAT_SHAPE, look_at

SHAPE = (64, 80)
LARGE, SMALL, EMPTY = (
    disc(SHAPE, (20, 30), 12),
    disc(SHAPE, (40, 50), 6),
    np.zeros(SHAPE, bool),
)


def written(folder: Path):
    """Subject 1: two large nerves, one empty; subject 2: one small, one without."""
    frames = {
        "1_1": (smooth_frame(1, SHAPE), LARGE),
        "1_2": (smooth_frame(2, SHAPE), LARGE),
        "1_3": (smooth_frame(3, SHAPE), EMPTY),
        "2_1": (smooth_frame(4, (32, 40)), disc((32, 40), (20, 25), 3)),
        "2_2": (smooth_frame(5, SHAPE), None),
    }
    return open_dataset(write_kaggle(folder, frames))


def counted(dataset, labels=None, **others) -> Statistics:
    return statistics(dataset, labels or Labels(dataset), scan(dataset), **others)


@pytest.fixture
def found(tmp_path: Path) -> Statistics:
    return counted(written(tmp_path / "d"))


def test_frames_are_counted_over_all_and_by_subject(found: Statistics):
    assert found.overall.ids == ("1_1", "1_2", "1_3", "2_1", "2_2")
    assert found.overall.nerve_ids == ("1_1", "1_2", "2_1")
    assert found.overall.empty_ids == ("1_3",)
    assert found.overall.share_nerve == 0.75
    first, second = found.subjects
    assert (first.subject, first.share_nerve) == ("1", pytest.approx(2 / 3))
    assert (second.subject, second.share_nerve) == ("2", 1.0)
    assert second.ids == ("2_1", "2_2")


def test_areas_are_those_of_the_frames_with_a_nerve(found: Statistics):
    small = int(disc((32, 40), (20, 25), 3).sum())
    area, share = found.overall.area, found.overall.area_share
    assert area is not None
    assert share is not None
    assert (area.n, area.min, area.max) == (3, small, LARGE.sum())
    assert area.median == LARGE.sum()
    assert share.mean == pytest.approx(
        (2 * LARGE.sum() / 5120 + small / 1280) / 3, rel=1e-9
    )


def test_the_means_of_the_area_differ_by_frames_and_by_pooling(found: Statistics):
    large = LARGE.sum() / 5120
    small = disc((32, 40), (20, 25), 3).sum() / 1280
    means = found.area_means
    assert means.nerve_pooled == pytest.approx((2 * large + small) / 3)
    assert means.nerve_by_subject == pytest.approx((large + small) / 2)
    assert means.all_pooled == pytest.approx((2 * large + small) / 4)
    assert means.all_by_subject == pytest.approx((2 * large / 3 + small) / 2)
    words = " ".join(found.words())
    assert f"{100 * means.nerve_pooled:.2f} %" in words
    assert "because subjects with many such frames have larger nerves" in words


def test_a_smooth_resize_counted_above_zero_takes_in_the_rim():
    mask = disc((420, 580), (200, 300), 45)
    seen = look_at(np.zeros(mask.shape, np.uint8), mask)
    assert seen.shrunk_share is not None
    assert 1.05 < seen.shrunk_share / mask.mean() < 1.12


def test_no_nerve_at_all_is_said_and_nothing_is_divided_by_it(tmp_path: Path):
    frames = {"1_1": (smooth_frame(1, SHAPE), EMPTY)}
    found = counted(open_dataset(write_kaggle(tmp_path / "d", frames)))
    assert found.words() == ["No frame shows a nerve, so that it has no area."]
    assert found.overall.area is None
    assert found.area_means.nerve_pooled is None
    assert not found.heat.any()


def test_heat_is_the_share_of_nerve_frames_at_a_place(found: Statistics):
    assert found.heat.shape == HEAT_SHAPE
    y, x = int(20 / 64 * 105), int(30 / 80 * 145)
    assert found.heat[y, x] == pytest.approx(2 / 3)
    assert found.heat.mean() == pytest.approx(found.area_means.nerve_pooled, rel=1e-5)
    assert found.heat[0, 0] == 0
    for y, x, there in (
        (20 / 64, 30 / 80, ("1_1", "1_2")),
        (20 / 32, 25 / 40, ("2_1",)),
    ):
        assert found.with_nerve_in(y, x, y + 0.001, x + 0.001) == there
    assert found.with_nerve_in(0, 0, 1, 1) == ("1_1", "1_2", "2_1")


@pytest.mark.parametrize("shape", [(420, 580), (512, 534), (31, 47), (7, 300)])
def test_a_heat_map_keeps_the_area_whatever_the_size(shape):
    mask = np.random.default_rng(0).random(shape) < 0.1
    mask[:, : shape[1] // 3] = False
    heat = look_at(np.zeros(shape, np.uint8), mask).heat
    assert heat is not None
    assert heat.min() > -1e-5
    assert heat.max() < 1 + 1e-4
    assert heat.mean() == pytest.approx(mask.mean(), rel=1e-3)


def test_grey_levels_are_counted_inside_and_outside_the_nerve(tmp_path: Path):
    dataset = written(tmp_path / "d")
    found = counted(dataset)
    everything = np.concatenate([dataset.frame(i).ravel() for i in dataset.ids])
    assert np.array_equal(found.levels.all, np.bincount(everything, minlength=256))
    inside = [dataset.frame(i)[LARGE] for i in ("1_1", "1_2")]
    inside.append(dataset.frame("2_1")[disc((32, 40), (20, 25), 3)])
    nerve = np.bincount(np.concatenate(inside), minlength=256)
    assert np.array_equal(found.levels.nerve, nerve)
    assert found.levels.background.sum() == 3 * 5120 + 1280 - nerve.sum()
    by_subject = found.levels.by_subject
    assert np.array_equal(by_subject["1"] + by_subject["2"], found.levels.all)
    assert found.frames[0].grey == pytest.approx(dataset.frame("1_1").mean(), abs=1e-3)


def test_sizes_are_given_with_their_frames(found: Statistics):
    assert found.sizes() == {
        (64, 80): ("1_1", "1_2", "1_3", "2_2"),
        (32, 40): ("2_1",),
    }
    assert found.select(lambda frame: frame.area == 0) == ("1_3",)


def test_the_labels_that_are_given_count_and_not_the_files(tmp_path: Path):
    dataset = written(tmp_path / "d")

    class Mended(Labels):
        def mask(self, frame_id: str):
            return SMALL if frame_id == "1_3" else super().mask(frame_id)

    assert counted(dataset, Mended(dataset)).overall.empty_ids == ()


def test_bad_files_are_left_out_and_said(tmp_path: Path):
    dataset = written(tmp_path / "d")
    (tmp_path / "d/1_2.tif").write_bytes(b"no image")
    (tmp_path / "d/2_1_mask.tif").write_bytes(b"no mask")
    found = counted(open_dataset(tmp_path / "d"))
    assert found.overall.nerve_ids == ("1_1",)
    assert set(found.left_out) == {"1_2", "2_1"}
    assert found.left_out["1_2"].startswith("1_2.tif ")
    by_id = {frame.id: frame for frame in found.frames}
    assert (by_id["1_2"].grey, by_id["2_1"].area) == (None, None)
    assert by_id["2_1"].grey is not None
    assert len(found.frames) == len(dataset)


def test_json_says_everything_with_the_frames_behind_it(found: Statistics):
    value = json.loads(dump_json(found.to_json()))
    assert value["n_frames"] == 5
    assert value["n_without_mask"] == 1
    assert value["subjects"][0]["nerve_ids"] == ["1_1", "1_2"]
    assert np.shape(value["heat"]) == HEAT_SHAPE
    assert len(value["grey_levels"]["all"]) == 256
    assert value["frames"][3]["id"] == "2_1"
    assert Statistics.from_json(value).to_json() == found.to_json()


def test_it_tells_how_far_it_is_and_stops_when_asked(tmp_path: Path):
    dataset = written(tmp_path / "d")
    events: list = []
    counted(dataset, on_event=events.append)
    assert (events[-1]["done"], events[-1]["total"]) == (5, 5)
    with pytest.raises(Cancelled):
        counted(dataset, should_stop=lambda: True)


def test_subjects_without_a_name_come_last(tmp_path: Path):
    frames = {"scan": (smooth_frame(1, SHAPE), LARGE)}
    dataset = open_dataset(write_kaggle(tmp_path / "d", frames))
    with open_labels(dataset, None) as labels:
        (group,) = counted(dataset, labels).subjects
    assert (group.subject, group.ids) == (None, ("scan",))


@pytest.mark.real
def test_subject_1_of_the_real_set_has_the_figures_of_its_masks(real_data: Path):
    found = counted(open_dataset(real_data / "kaggle_original/train"))
    assert (len(found.frames), len(found.overall.nerve_ids)) == (51, 25)
    assert found.overall.area is not None
    assert found.overall.area.mean == pytest.approx(6181.2)
    assert found.area_means.nerve_pooled == pytest.approx(0.025374, abs=1e-6)
    assert found.area_means.nerve_shrunk == pytest.approx(0.027525, abs=2e-5)


def test_the_command_writes_json_and_one_page_without_network(tmp_path: Path, capsys):
    data, out = written(tmp_path / "d").root, tmp_path / "stats.json"
    html = tmp_path / "stats.html"
    words = ["stats", data, "--project", tmp_path / "p", "--json", out]
    assert run(*words, "--html", html) == 0
    value = json.loads(out.read_text())
    assert (value["n_nerve"], value["html"]) == (3, str(html))
    printed = capsys.readouterr().out
    assert "3 with a nerve (75.0 % of those with a mask), 1 empty, 1 without" in printed
    text = html.read_text(encoding="utf-8")
    assert text.count("<svg") >= 6
    assert "64 x 80" in text
    assert not re.search(r"https?:|<script|<link", text)


def test_a_page_of_a_set_without_nerves_says_so(tmp_path: Path):
    frames = {"1_1": (smooth_frame(1, SHAPE), EMPTY), "1_2": (smooth_frame(2), None)}
    found = counted(open_dataset(write_kaggle(tmp_path / "d", frames)))
    text = stats_page(found, "d")
    assert "No frame shows a nerve" in text
    assert "Where it lies" not in text


def test_words_of_strangers_are_never_markup(tmp_path: Path):
    found = counted(
        open_dataset(write_kaggle(tmp_path, {"1_1": (smooth_frame(1), None)}))
    )
    group = replace(found.overall, subject="<script>")
    levels = replace(found.levels, by_subject={"<script>": found.levels.all})
    strange = replace(
        found, subjects=(group,), levels=levels, left_out={"<script>": "<script>"}
    )
    text = stats_page(strange, "<script>")
    assert "<script" not in text
    assert text.count("&lt;script&gt;") > 5


def test_a_page_that_cannot_be_written_is_refused_before_the_work(
    tmp_path: Path, capsys
):
    data = written(tmp_path / "d").root
    words = [
        "stats",
        data,
        "--project",
        tmp_path / "p",
        "--html",
        tmp_path / "no/a.html",
    ]
    assert run(*words) == 2
    assert "--html" in capsys.readouterr().err
    assert not (tmp_path / "p").exists()
