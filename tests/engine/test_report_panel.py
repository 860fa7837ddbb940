"""The score panel: measures, what they mean, and what may not be compared."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.command_line import run, write_subjects
from tests.engine.learn_toys import ChangedLabels
from tests.toys import disc, smooth_frame, write_kaggle
from training.data import find_project, open_dataset, rle
from training.duplicates import find_duplicates
from training.files import dump_json
from training.learn.splits.folds import make_folds
from training.learn.splits.score_caveats import LEAKING, unknown_people
from training.learn.splits.split import split_subjects
from training.learn.splits.truth import Truth
from training.metrics import score_frames
from training.report.label_noise import project_noise
from training.report.panel import Confusion, Panel, panels, score_panel
from training.report.panel_text import panel_lines

SHAPE = (64, 80)
NERVE, MOVED = disc(SHAPE, (30, 40), 9), disc(SHAPE, (30, 44), 9)
NOTHING = np.zeros(SHAPE, bool)


def scores(*warnings: str, subjects: tuple[str | None, ...] = ("1", "2")) -> Any:
    """Score a nerve found, one missed, an empty frame left so and one marked."""
    truths = (NERVE, NERVE, NOTHING, NOTHING)
    said = (MOVED, NOTHING, NOTHING, MOVED)
    presences = (0.9, 0.4, 0.1, 0.5)
    pairs = [
        (f"f{i}", subjects[i % len(subjects)], truth, own, presence)
        for i, (truth, own, presence) in enumerate(
            zip(truths, said, presences, strict=True)
        )
    ]
    return score_frames(pairs, warnings=warnings).to_json()


def row(panel: Panel, key: str) -> Any:
    (found,) = [one for one in panel.rows if one.key == key]
    return found


def test_every_measure_stands_beside_its_meaning_and_baseline() -> None:
    panel = score_panel(scores(), "Test")
    assert [one.key for one in panel.rows] == [
        "competition_dice",
        "blank_baseline",
        "dice_nerve_frames",
        "iou_nerve_frames",
        "hd95_nerve_frames",
        "centroid_distance_nerve_frames",
        "centroid_share_nerve_frames",
        "presence_auc",
        "sensitivity",
        "specificity",
        "pixel_accuracy",
    ]
    assert all(one.meaning for one in panel.rows)
    assert row(panel, "competition_dice").interval == pytest.approx((0.0, 0.91), abs=1)
    assert row(panel, "centroid_distance_nerve_frames").shown == "4.0 px"
    assert row(panel, "presence_auc").value == 0.75
    assert "misleads: a blank mask has 0.9" in row(panel, "pixel_accuracy").warning
    assert panel.confusion == Confusion(found=1, missed=1, marked=1, left_empty=1)
    assert [one.subject for one in panel.subjects] == ["1", "2"]
    assert (panel.unfit, panel.notes) == ((), ())
    assert dump_json(panel.to_json())


def test_a_score_no_better_than_blank_masks_says_so() -> None:
    panel = score_panel(scores())
    assert (
        row(panel, "competition_dice").value < 0.5 == row(panel, "blank_baseline").value
    )
    assert row(panel, "competition_dice").warning == "no better than blank masks"


def test_what_is_undefined_is_said_to_be() -> None:
    only_empty = score_frames([("f", "1", NOTHING, NOTHING, None)]).to_json()
    panel = score_panel(only_empty)
    for key in ("dice_nerve_frames", "hd95_nerve_frames", "presence_auc"):
        assert row(panel, key).value is None
        assert row(panel, key).shown == "undefined"
    assert "undefined" in "\n".join(panel_lines(panel))


def test_every_reason_not_to_compare_is_named(tmp_path: Path) -> None:
    frames = {
        f"{s}_{i}": (smooth_frame(s * 9 + i), None) for s in (1, 2) for i in (1, 2)
    }
    dataset = open_dataset(write_kaggle(tmp_path, frames))
    drawn = Truth(dataset, ChangedLabels(dataset, masks={"1_1": NERVE}))
    assert drawn.mask("1_1") is not None
    cleaned = Truth(dataset, ChangedLabels(dataset), clean=True)
    by_frame = split_subjects(dataset, split_by="frame")
    twins = make_folds(
        dataset, [("1_1", "2_1")], 2, 0, dict.fromkeys(dataset.ids, True),
        split_by="frame",
    )  # fmt: skip
    cases = {
        "leaking": by_frame.warnings,
        "mended labels": cleaned.warnings(["1_1"]),
        "drawn truths": drawn.warnings(["1_1"]),
    }
    for kind, warnings in cases.items():
        (one,) = score_panel(scores(*warnings)).unfit
        assert (one.kind, one.text) == (kind, warnings[0])
    assert {one.kind for one in score_panel(scores(*twins[0].warnings)).unfit} == {
        "leaking"
    }
    kinds = [one.kind for one in score_panel(scores(subjects=(None,))).unfit]
    assert kinds == ["no subjects"]
    more = {"used_for": "decision rule", "labels": "current"}
    kinds = [one.kind for one in score_panel({**scores(), **more}).unfit]
    assert kinds == ["mended labels", "used for tuning"]


def test_scores_on_synthetic_frames_are_no_scores_on_people() -> None:
    for result in (scores(), {"nested": scores(), "pooled": scores()}):
        for panel in panels({**result, "synthetic": True}):
            assert [one.kind for one in panel.unfit] == ["synthetic"]


def test_one_subject_is_no_split_by_subject(tmp_path: Path) -> None:
    frames = {f"1_{i}": (smooth_frame(i), NERVE) for i in range(1, 6)}
    split = split_subjects(open_dataset(write_kaggle(tmp_path, frames)))
    assert [one.kind for one in score_panel(scores(*split.warnings)).unfit] == [
        "not split by subject"
    ]


def test_frames_that_may_be_anybodys_make_a_score_unfit() -> None:
    text = unknown_people(2, 10)
    (one,) = score_panel(scores(text)).unfit
    assert (one.kind, one.text) == ("no subjects", text)


def test_scores_of_before_kinds_were_written_are_read_by_their_texts() -> None:
    value = scores(LEAKING, unknown_people(2, 10))
    assert [one.kind for one in score_panel(value).unfit] == ["leaking", "no subjects"]
    del value["caveats"]
    panel = score_panel(value)
    assert [one.kind for one in panel.unfit] == ["leaking"]
    assert panel.notes == (unknown_people(2, 10),)


def test_a_caveat_is_its_text_and_keeps_its_kind_in_a_copy() -> None:
    for same in (copy.deepcopy(LEAKING), pickle.loads(pickle.dumps(LEAKING))):
        assert (same, same.kind) == (LEAKING, "leaking")
    assert json.loads(json.dumps([LEAKING])) == [LEAKING.text]


def test_other_warnings_are_notes() -> None:
    panel = score_panel(scores("2 frames are left out."))
    assert panel.notes == ("2 frames are left out.",)
    assert "2 frames are left out." in "\n".join(panel_lines(panel))


def test_a_result_has_a_panel_for_each_score() -> None:
    one = scores()
    trained = {"validation": {**one, "used_for": "decision rule"}, "test": one}
    assert [panel.title[:4] for panel in panels(trained)] == ["Test", "Vali"]
    folded = {"nested": one, "pooled": one, "test": one}
    assert [panel.title.split()[0] for panel in panels(folded)] == [
        "Every", "One", "The",
    ]  # fmt: skip
    assert [panel.title for panel in panels(one)] == ["Predictions"]
    assert panels({"stopped": "asked", "validation": None, "test": None}) == []


def test_duplicates_give_a_ceiling(tmp_path: Path) -> None:
    data = write_subjects(tmp_path / "data")
    dataset, project = open_dataset(data), find_project(data, tmp_path / "project")
    assert project_noise(dataset, project) is None
    project.make()
    find_duplicates(dataset, dataset, project=project)
    noise = project_noise(dataset, project)
    assert noise is not None and noise["n_pairs"] == 1
    panel = score_panel(scores(), noise=noise)
    assert row(panel, "ceiling").value == noise["ceiling"]
    assert "on 2 frames with near-duplicates" in row(panel, "agreement").meaning
    assert project_noise(dataset, project, should_stop=lambda: True) is None
    project.duplicates.write_bytes(b"")
    told: list[Any] = []
    assert project_noise(dataset, project, told.append) is None
    assert told[-1]["text"].startswith("No label-noise ceiling: ")


def test_evaluate_writes_what_it_promises(tmp_path: Path, capsys) -> None:
    data = write_subjects(tmp_path / "data")
    dataset = open_dataset(data)
    rle.write_csv(tmp_path / "s.csv", dict.fromkeys(dataset.ids, NERVE))
    project, out = tmp_path / "project", tmp_path / "scores.json"
    words = ("evaluate", tmp_path / "s.csv", data, "--project", project)
    assert run(*words, "--json", out) == 0
    value = json.loads(out.read_text())
    wanted = {
        "competition_dice": float,
        "competition_dice_ci": list,
        "blank_baseline": float,
        "dice_nerve_frames": float,
        "iou_nerve_frames": float,
        "hd95_nerve_frames": float,
        "presence_auc": type(None),
        "sensitivity": float,
        "specificity": float,
        "pixel_accuracy": float,
        "centroid_distance_nerve_frames": float,
        "centroid_share_nerve_frames": float,
        "confusion": dict,
        "n_frames": int,
        "per_subject": dict,
        "warnings": list,
        "label_noise": type(None),
        "synthetic": bool,
    }
    assert {key: type(value[key]) for key in wanted} == wanted
    assert len(value["competition_dice_ci"]) == 2
    assert list(value["per_subject"]) == ["1", "2", "3", "4", "5"]
    said = capsys.readouterr().out
    for name in (
        "competition Dice",
        "blank baseline",
        "HD95",
        "misleads",
        "by subject",
    ):
        assert name in said
    assert "label-noise" not in said
    assert run("duplicates", data, "--project", project) == 0
    assert run(*words, "--json", out) == 0
    assert json.loads(out.read_text())["label_noise"]["n_pairs"] == 1
    assert "label-noise ceiling" in capsys.readouterr().out
