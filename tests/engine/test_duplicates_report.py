"""The duplicate search of a data set, its report and what is stored of it."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import tifffile

from tests.toys import disc, smooth_frame, write_kaggle
from training.data import DataSet, Project, open_dataset
from training.duplicates import (
    find_duplicates,
    find_similar_pairs,
    load_duplicates,
    regroup,
    stored_search,
)
from training.errors import Cancelled, InputError
from training.events import Event
from training.files import dump_json

SHAPE = (64, 80)
EMPTY = np.zeros(SHAPE, bool)
NERVE = disc(SHAPE, (30, 40), 12)
BESIDE = disc(SHAPE, (30, 54), 12)


def twin(seed: int, change: int = 1) -> np.ndarray:
    """Return a frame that differs in one pixel from `smooth_frame`."""
    frame = smooth_frame(seed, SHAPE)
    frame[5, 5] = (int(frame[5, 5]) + change) % 256
    return frame


@pytest.fixture
def dataset(tmp_path: Path) -> DataSet:
    frames = {
        "1_2": (smooth_frame(1, SHAPE), EMPTY),
        "1_10": (twin(1), NERVE),
        "1_3": (smooth_frame(2, SHAPE), NERVE),
        "1_4": (twin(2), BESIDE),
        "1_5": (smooth_frame(3, SHAPE), EMPTY),
        "1_6": (twin(3), EMPTY),
        "2_1": (smooth_frame(4, SHAPE), NERVE),
        "2_2": (twin(4), None),
        "2_3": (twin(1, 2), NERVE),
    }
    return open_dataset(write_kaggle(tmp_path / "data", frames))


def test_the_report_names_pairs_groups_and_conflicts(dataset: DataSet) -> None:
    result = find_duplicates(dataset, dataset).to_json()
    ssim = [pair.pop("ssim") for pair in result["pairs"]]
    bounds = [group.pop("min_ssim_bound") for group in result["groups"]]
    harms = [group.pop("harm") for group in result["groups"]]
    assert harms[0] == 1.0 and 0 < harms[1] < 1 and harms[2:] == [0.0, 0.0]
    assert all(0.99 < value < 1 for value in ssim)
    assert bounds == pytest.approx(ssim)
    assert result.pop("seconds") >= 0
    shape_dice = pytest.approx(
        2 * (NERVE & BESIDE).sum() / (NERVE.sum() + BESIDE.sum())
    )
    assert result == {
        "n_frames": 9,
        "threshold": 0.99,
        "window": "uniform7",
        "roi": None,
        "pairs": [
            {"a": "1_2", "b": "1_10", "conflict": "empty-versus-nerve", "dice": 0.0},
            {"a": "1_3", "b": "1_4", "conflict": "shape", "dice": shape_dice},
            {"a": "1_5", "b": "1_6", "conflict": None, "dice": 1.0},
            {"a": "2_1", "b": "2_2", "conflict": None, "dice": None},
        ],
        "groups": [
            {"frames": ["1_2", "1_10"], "conflict": "empty-versus-nerve"},
            {"frames": ["1_3", "1_4"], "conflict": "shape"},
            {"frames": ["1_5", "1_6"], "conflict": None},
            {"frames": ["2_1", "2_2"], "conflict": None},
        ],
        "warnings": [],
    }


def test_scope_all_crosses_subjects(dataset: DataSet) -> None:
    report = find_duplicates(dataset, dataset, scope="all")
    assert ("1_2", "1_10", "2_3") in [group.frames for group in report.groups]
    assert {("1_2", "2_3"), ("1_10", "2_3")} < {(p.a, p.b) for p in report.pairs}


def test_without_subjects_all_frames_are_compared(tmp_path: Path) -> None:
    names = {"left": (smooth_frame(1), None), "right": (twin(1), None)}
    dataset = open_dataset(write_kaggle(tmp_path / "data", names))
    assert [g.frames for g in find_duplicates(dataset, dataset).groups] == [
        ("left", "right")
    ]


@pytest.mark.parametrize("scope", ["subject", "all"])
def test_frames_without_a_subject_may_be_anybodys(dataset: DataSet, scope: str) -> None:
    """Where others have a subject, too: one more twin of 1_2 and 2_3, of nobody."""
    named = {"left": (twin(1, 3), NERVE), "alone": (smooth_frame(9, SHAPE), EMPTY)}
    found = open_dataset(write_kaggle(dataset.root, named))
    report = find_duplicates(found, found, scope=scope)
    pairs = {frozenset((pair.a, pair.b)) for pair in report.pairs}
    assert {frozenset(("left", name)) for name in ("1_2", "1_10", "2_3")} < pairs
    assert (frozenset(("1_2", "2_3")) in pairs) == (scope == "all")
    assert [text.partition(",")[0] for text in report.warnings] == (
        ["2 of 11 frames carry no subject"] if scope == "subject" else []
    )


def test_shape_dice_is_a_setting(dataset: DataSet) -> None:
    report = find_duplicates(dataset, dataset, shape_dice=0.1)
    assert [group.conflict for group in report.groups] == [
        "empty-versus-nerve",
        None,
        None,
        None,
    ]


def test_a_corrupt_file_is_named_and_the_rest_is_done(dataset: DataSet) -> None:
    (dataset.root / "1_3.tif").write_bytes(b"II*\0 no picture")
    report = find_duplicates(dataset, dataset)
    assert report.n_frames == 8
    assert [(p.a, p.b) for p in report.pairs] == [
        ("1_2", "1_10"),
        ("1_5", "1_6"),
        ("2_1", "2_2"),
    ]
    assert len(report.warnings) == 1 and "1_3.tif" in report.warnings[0]


def test_frames_smaller_than_the_window_are_left_out(dataset: DataSet) -> None:
    tifffile.imwrite(dataset.root / "2_4.tif", np.zeros((6, 40), np.uint8))
    report = find_duplicates(open_dataset(dataset.root), dataset)
    assert report.n_frames == 9
    assert report.warnings == (
        "Frame 2_4 is 6 x 40 pixels, smaller than the 7 x 7 window of SSIM; leave it "
        "out.",
    )


def test_an_unreadable_mask_counts_as_missing_and_is_named(dataset: DataSet) -> None:
    (dataset.root / "1_4_mask.tif").write_bytes(b"no mask")
    report = find_duplicates(dataset, dataset)
    pair = next(pair for pair in report.pairs if pair.b == "1_4")
    assert pair.dice is None and pair.conflict is None
    assert len(report.warnings) == 1
    assert report.warnings[0].startswith("The mask of 1_4 counts as missing: ")


def test_nothing_readable_is_an_input_error(dataset: DataSet, tmp_path: Path) -> None:
    for path in dataset.root.glob("*[0-9].tif"):
        path.write_bytes(b"II*\0 no picture")
    project = Project(tmp_path / "project")
    with pytest.raises(InputError, match=r"needs two or more frames, and .* has 0"):
        find_duplicates(dataset, dataset, project=project)
    assert not project.duplicates.exists()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"scope": "dog"}, "There is no scope 'dog'; use 'subject' or 'all'."),
        (
            {"shape_dice": float("nan")},
            "The shape Dice is nan; a Dice lies between 0 and 1 (0.70 is usual).",
        ),
        (
            {"roi": (0, 5, 0, 64)},
            "The roi is (0, 5, 0, 64); give top, bottom, left, right in pixels, from 0 "
            "on, 7 rows and columns or more.",
        ),
        (
            {"window": "box"},
            "There is no SSIM window 'box'; use 'uniform7' (7 x 7, equal weights) or "
            "'gaussian' (11 x 11, Gaussian weights of sigma 1.5).",
        ),
        (
            {"threshold": 1.0},
            "The threshold is 1.0; SSIM thresholds lie between 0 and 1, both excluded "
            "(0.99 is usual).",
        ),
    ],
)
def test_bad_settings_are_one_sentence(
    dataset: DataSet, tmp_path: Path, settings: dict[str, float], sentence: str
) -> None:
    project = Project(tmp_path / "project")
    with pytest.raises(InputError) as caught:
        find_duplicates(dataset, dataset, project=project, **settings)  # type: ignore[arg-type]
    assert str(caught.value) == sentence
    assert not project.root.exists()


def test_stored_pairs_come_back_and_are_judged_anew(
    dataset: DataSet, tmp_path: Path
) -> None:
    project = Project(tmp_path / "project")
    report = find_duplicates(dataset, dataset, project=project)
    stored = load_duplicates(project.duplicates)
    assert stored.ids == dataset.ids
    assert stored.fits(dict(zip(report.stored.ids, report.stored.hashes, strict=True)))
    assert not stored.fits({})
    assert stored.versions == report.stored.versions
    assert {"numpy", "scikit-image", "numba"} <= set(stored.versions)
    again = regroup(stored, dataset)
    assert dump_json(again.to_json()) == dump_json(report.to_json())

    class Mended:
        def mask(self, frame_id: str) -> np.ndarray | None:
            return NERVE if frame_id == "1_2" else dataset.mask(frame_id)

    assert regroup(stored, Mended()).groups[0].conflict is None


def test_window_and_roi_are_stored_with_the_pairs(
    dataset: DataSet, tmp_path: Path
) -> None:
    project = Project(tmp_path / "project")
    report = find_duplicates(
        dataset, dataset, window="gaussian", roi=(4, 40, 5, 60), project=project
    )
    stored = load_duplicates(project.duplicates)
    assert (stored.window, stored.roi) == ("gaussian", (4, 40, 5, 60))
    assert stored.settings_text == (
        "SSIM above 0.99, window gaussian, scope subject, roi 4,40,5,60"
    )
    assert report.to_json()["roi"] == (4, 40, 5, 60)
    frames = [dataset.frame(name)[4:40, 5:60] for name in stored.ids]
    inside = [dataset.entry(name).subject for name in stored.ids]
    again = find_similar_pairs(frames, within=inside, window="gaussian")
    assert np.array_equal(stored.i, again.i) and np.array_equal(stored.j, again.j)
    assert stored.i.size > 3
    found = stored_search(dataset, project)
    assert found is not None and found.roi == stored.roi


def test_frames_that_do_not_contain_the_roi_are_left_out(
    dataset: DataSet, tmp_path: Path
) -> None:
    tall = np.zeros((90, 80), np.uint8)
    tifffile.imwrite(dataset.root / "1_99.tif", tall)
    tifffile.imwrite(dataset.root / "1_98.tif", tall)
    project = Project(tmp_path / "project")
    wide = open_dataset(dataset.root)
    report = find_duplicates(wide, wide, roi=(50, 80, 0, 40), project=project)
    assert report.stored.ids == ("1_98", "1_99")
    assert len(report.warnings) == len(dataset.ids)
    assert report.warnings[0].endswith("choose one that lies inside every frame.")
    assert stored_search(wide, project) is not None


def test_a_search_stored_before_there_were_rois_is_read(
    dataset: DataSet, tmp_path: Path
) -> None:
    path = tmp_path / "duplicates.npz"
    find_duplicates(dataset, dataset).save(path)
    with np.load(path) as file:
        content = dict(file)
    about = json.loads(str(content["about"]))
    del about["roi"]
    np.savez(path, **content | {"about": np.array(json.dumps(about))})
    assert load_duplicates(path).roi is None


def test_pairs_that_a_person_parted_do_not_count(dataset: DataSet) -> None:
    report = find_duplicates(dataset, dataset, scope="all")
    parted = {frozenset({"1_10", "1_2"}), frozenset({"1_5", "1_6", "2_1"})}
    groups = regroup(report.stored, dataset, 0.7, parted).groups
    assert [group.frames for group in groups] == [
        ("1_2", "1_10", "2_3"),
        ("1_3", "1_4"),
        ("2_1", "2_2"),
    ]
    assert groups[0].min_ssim_bound < min(
        pair.ssim for pair in report.pairs if {pair.a, pair.b} <= set(groups[0].frames)
    )


def test_more_pairs_than_can_be_listed_are_told(
    dataset: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.duplicates import search

    whole = search.join_frames
    monkeypatch.setattr(
        search, "join_frames", lambda *a, **k: whole(*a, **k, max_pairs=1)
    )
    report = find_duplicates(dataset, dataset, scope="all")
    assert not report.stored.complete
    assert [g.frames[0] for g in report.groups] == ["1_2", "1_3", "1_5", "2_1"]
    assert report.warnings == (
        "There are too many pairs above 0.99 to list; the groups are complete, but "
        "only the pairs that connect them are given.",
    )


class _Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("sprung"),))  # type: ignore[return-value]


def _junk(path: Path, kind: str) -> None:
    if kind == "text":
        path.write_text("no pairs")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "pickle":
        path.write_bytes(pickle.dumps(_Trap()))
    elif kind == "objects":
        np.savez(path, about=np.array([_Trap()], dtype=object))
    elif kind == "other":
        np.savez(path, about=np.array(json.dumps({"format": "another"})))
    elif kind == "array":
        with path.open("wb") as file:
            np.save(file, np.arange(3))
    elif kind == "cut":
        path.write_bytes(path.read_bytes()[:-200])


@pytest.mark.parametrize(
    "kind", ["text", "empty", "pickle", "objects", "other", "array", "cut"]
)
def test_a_file_that_is_not_ours_is_refused(
    dataset: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "duplicates.npz"
    find_duplicates(dataset, dataset).save(path)
    _junk(path, kind)
    with pytest.raises(InputError) as caught:
        load_duplicates(path)
    assert str(caught.value) == (
        f"{path} is not a stored duplicate search; delete it and search again."
    )
    assert not (tmp_path / "sprung").exists()


def test_no_stored_search(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no duplicate search at"):
        load_duplicates(tmp_path / "duplicates.npz")


def test_progress_and_stop(dataset: DataSet, tmp_path: Path) -> None:
    events: list[Event] = []
    find_duplicates(dataset, dataset, on_event=events.append)
    stages = list(dict.fromkeys(event["stage"] for event in events))
    assert stages[1:] == ["Hashing frames", "Comparing frames", "Reading masks"]
    project = Project(tmp_path / "project")
    for stage in stages:
        seen: set[str] = set()
        with pytest.raises(Cancelled):
            find_duplicates(
                dataset,
                dataset,
                project=project,
                on_event=lambda event, seen=seen: seen.add(event["stage"]),  # type: ignore[misc]
                should_stop=lambda stage=stage, seen=seen: stage in seen,  # type: ignore[misc]
            )
        assert not project.duplicates.exists()


@pytest.mark.real
def test_the_real_frames_hold_one_conflict(real_data: Path) -> None:
    dataset = open_dataset(real_data / "kaggle_original" / "train")
    report = find_duplicates(dataset, dataset)
    assert [(p.a, p.b, p.conflict, p.dice) for p in report.pairs] == [
        ("1_9", "1_14", "empty-versus-nerve", 0.0)
    ]
    assert report.pairs[0].ssim == pytest.approx(0.9946, abs=5e-5)
    assert [g.conflict for g in report.groups] == ["empty-versus-nerve"]
