"""Cross-validation: every frame by a network that has not seen its subject."""

from __future__ import annotations

import errno
import json
import re
import shlex
import shutil
import sys

import numpy as np
import pytest

from tests.engine.command_line import run
from tests.engine.learn_toys import tiny, toy_dataset
from training.cli.console import epoch_line
from training.commands.fold_processes import places
from training.commands.folding import Crossval, crossval
from training.data import open_dataset, rle
from training.data.labels import Labels
from training.data.phantom import make_phantom
from training.errors import Failure, InputError
from training.events import ignore, never
from training.learn import cross_validate
from training.learn.crossval.out_of_fold import tune_rules
from training.learn.fit import validation
from training.learn.fit.rule import DiceCurves, cleaner, frame_curve
from training.metrics import dice
from training.networks import DecisionRule, load_checkpoint
from training.predict import Predictor, open_predictions

#: Settings of a network that trains in no time.
SMALL = {
    "recipe": "unet",
    "size": [32, 48],
    "widths": [4, 8],
    "stem_stride": 1,
    "epochs": 2,
    "device": "cpu",
    "threads": 1,
    "averaging": "agreement",
    "largest_component": True,
    "fill_holes": True,
}
#: What is done to its masks after the threshold.
STEPS = {"largest_component": True, "fill_holes": True}


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    out = tmp_path_factory.mktemp("phantom")
    make_phantom(out, subjects=4, frames=6, seed=0, size=(105, 145))
    return out / "train"


@pytest.fixture(scope="module")
def finished(phantom, tmp_path_factory):
    """A finished cross-validation: its data, its folder and its result."""
    out = tmp_path_factory.mktemp("run") / "cv"
    project = out.with_name("project")
    config = out.with_name("small.json")
    config.write_text(json.dumps(SMALL))
    words = ["--project", project, "--out", out, "--json", out.with_name("r.json")]
    words += ["--config", config, "--folds", "3"]
    assert run("crossval", phantom, *words) == 0
    result = json.loads(out.with_name("r.json").read_text())
    return open_dataset(phantom), out, result


def test_every_frame_is_predicted_once_by_a_network_that_never_saw_its_subject(
    finished,
):
    dataset, out, _ = finished
    folds = json.loads((out / "oof" / "folds.json").read_text())
    assert folds["out_of_fold"] is True
    held = [name for fold in folds["folds"] for name in fold["frames"]]
    assert sorted(held) == sorted(dataset.ids)
    found = open_predictions(out / "oof")
    assert found.ids == dataset.ids
    for fold in folds["folds"]:
        _, meta = load_checkpoint(out / fold["checkpoint"])
        learned = set(fold["train_subjects"])
        assert set(meta.provenance["train_subjects"]) == learned
        predictor = Predictor(out / fold["checkpoint"], "cpu")
        for name in fold["frames"]:
            assert dataset.entry(name).subject not in learned
            again = predictor.probability(dataset.frame(name))
            np.testing.assert_array_equal(found.probability(name), again.probability)


def test_out_of_fold_masks_are_those_of_the_pooled_rule(finished):
    dataset, out, result = finished
    found, scores = open_predictions(out / "oof"), []
    rule = DecisionRule(**result["rule"] | STEPS)
    for name in dataset.ids:
        mask = rule.decide(found.probability(name), found.presence(name))
        np.testing.assert_array_equal(found.mask(name), mask)
        scores.append(dice(dataset.mask(name), mask, empty="one"))
    assert result["pooled"]["competition_dice"] == pytest.approx(np.mean(scores))
    ensemble = json.loads((out / "ensemble.json").read_text())
    assert {key: ensemble[key] for key in result["rule"]} == result["rule"]
    assert ensemble["members"] == [f"fold-{k}/best.safetensors" for k in (1, 2, 3)]


def test_each_fold_is_scored_under_the_rule_of_the_others(finished):
    dataset, out, result = finished
    found = open_predictions(out / "oof")
    folds = json.loads((out / "oof" / "folds.json").read_text())["folds"]
    clean = cleaner(tiny(**STEPS))
    for number, fold in enumerate(result["folds"]):
        others = [
            frame_curve(
                found.probability(name), dataset.mask(name), found.presence(name), clean
            )
            for k in range(3)
            if k != number
            for name in folds[k]["frames"]
        ]
        rule, _ = DiceCurves(others).tune(DecisionRule(**STEPS))
        assert rule.to_json() == fold["rule_of_the_others"]
        assert fold["nested"]["n_frames"] == len(folds[number]["frames"])
    means = [fold["nested"]["competition_dice"] for fold in result["folds"]]
    sizes = [len(fold["frames"]) for fold in folds]
    whole = result["nested"]["competition_dice"]
    assert whole == pytest.approx(np.average(means, weights=sizes))
    low, high = result["nested"]["competition_dice_ci"]
    assert low <= whole <= high
    assert "the other folds' subjects" in result["nested"]["used_for"]
    assert result["pooled"]["used_for"].startswith("decision rule")


def test_the_folder_says_everything(finished):
    _, out, result = finished
    assert {path.name for path in out.iterdir()} == {
        "config.json",
        "ensemble.json",
        "events.jsonl",
        "fingerprint.json",
        "fold-1",
        "fold-2",
        "fold-3",
        "oof",
        "result.json",
        "source.json",
        "splits.json",
    }
    lines = (out / "events.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    epochs = [e for e in events if e["event"] == "epoch"]
    assert [(e["fold"], e["folds"], e["epoch"]) for e in epochs] == [
        (fold, 3, epoch) for fold in (1, 2, 3) for epoch in (1, 2)
    ]
    stages = {e["stage"] for e in events if e["event"] == "progress"}
    assert {"Fold 2 of 3: Epoch 1 of 2", "Tuning the rule"} <= stages
    assert events[-1]["event"] == "result"
    assert result["text"].startswith("All 3 folds are done: competition Dice 0.")
    assert [e["fold"] for e in events if e["event"] == "fold"] == [1, 2, 3]


def test_the_ensemble_predicts_as_one(finished):
    dataset, out, result = finished
    together = Predictor(out, "cpu")
    assert together.meta.rule.threshold == result["rule"]["threshold"]
    frame = dataset.frame(dataset.ids[0])
    assert together.probability(frame).probability.shape == frame.shape


def test_one_that_is_finished_is_not_gone_on_with(finished, capsys):
    dataset, out, _ = finished
    project = out.with_name("project")
    words = ["crossval", dataset.root, "--resume", out, "--project", project]
    assert run(*words) == 2
    assert "is finished: its result.json has the scores" in capsys.readouterr().err
    assert (out / "result.json").exists()
    assert run(*words, "--epochs", "9") == 2
    assert "--resume takes every setting from" in capsys.readouterr().err
    assert run(*words, "--rotation", "5") == 2
    assert "leave out --rotation, or start" in capsys.readouterr().err


@pytest.fixture(scope="module")
def toys(tmp_path_factory):
    return toy_dataset(tmp_path_factory.mktemp("toys"), (1, 2, 3, 4))


def go(toys, out, **more):
    config = None if more.get("resume") else tiny()
    return cross_validate(toys, Labels(toys), config, out, folds=2, **more)


def scores_of(result):
    return [result[key]["competition_dice"] for key in ("nested", "pooled")]


@pytest.fixture(scope="module")
def unbroken(toys, tmp_path_factory):
    return go(toys, tmp_path_factory.mktemp("unbroken") / "cv")


@pytest.mark.parametrize(
    "moment",
    [
        ("Fold 1 of 2: Epoch 1 of 2", 0),
        ("Fold 2 of 2: Epoch 2 of 2", 0),
        ("Fold 2 of 2: Predicting held-out frames", 0),
        ("Scoring out-of-fold predictions", 0),
    ],
)
def test_a_stopped_one_goes_on_where_it_was(toys, unbroken, tmp_path, moment):
    asked = []

    def listen(event):
        if (event.get("stage"), event.get("done")) == moment:
            asked.append(True)

    out = tmp_path / "cv"
    result = go(toys, out, on_event=listen, should_stop=lambda: bool(asked))
    assert result["stopped"] == "asked"
    assert f"--resume {out}'" in result["text"]
    seen = []
    again = go(toys, out, resume=True, on_event=seen.append)
    assert scores_of(again) == scores_of(unbroken)
    trained = {e["fold"] for e in seen if e["event"] == "epoch"}
    if moment[0].startswith("Fold 2"):
        assert 1 not in trained, "a finished fold is kept"
    if moment[0].startswith("Scoring"):
        assert not trained


def test_a_killed_fold_goes_on_where_it_was(toys, unbroken, tmp_path):
    # What a kill in the second epoch of the second fold leaves behind.
    class Killed(BaseException):
        pass

    def listen(event):
        if event.get("stage") == "Fold 2 of 2: Epoch 2 of 2":
            raise Killed

    out = tmp_path / "cv"
    with pytest.raises(Killed):
        go(toys, out, on_event=listen)
    (out / "fold-2" / "pid").write_text("4194304\n")
    seen = []
    again = go(toys, out, resume=True, on_event=seen.append)
    assert scores_of(again) == scores_of(unbroken)
    epochs = [(e["fold"], e["epoch"]) for e in seen if e["event"] == "epoch"]
    assert epochs == [(2, 2)]


@pytest.mark.parametrize(
    ("error", "words", "by_csv"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk was full:", False),
        (RuntimeError("CUDA error: launch failure"), "the GPU failed", True),
    ],
)
def test_what_a_fold_that_fails_tells_to_type_goes_on_with_all(
    toys, unbroken, tmp_path, monkeypatch, capsys, error, words, by_csv
):
    # As a full disk or a lost GPU: in the second fold, where the first is finished.
    out, config = tmp_path / "my runs" / "cv", tmp_path / "config.json"
    config.write_text(json.dumps(tiny().to_json()))
    words_of_data, whole = [toys.root], unbroken
    if by_csv:  # the same frames with masks elsewhere, which only the first call names
        masks = {name: np.roll(toys.mask(name), 16, 1) for name in toys.ids}
        rle.write_csv(tmp_path / "masks.csv", masks)
        words_of_data += ["--masks", tmp_path / "masks.csv"]
        others = open_dataset(toys.root, masks_csv=tmp_path / "masks.csv")
        whole = go(others, tmp_path / "whole")
        assert scores_of(whole) != scores_of(unbroken)
    real = validation.infer

    def fail(*args):
        if (out / "fold-2").exists():
            raise error
        return real(*args)

    monkeypatch.setattr(validation, "infer", fail)
    more = ["--project", tmp_path / "project", "--config", config, "--folds", "2"]
    assert run("crossval", *words_of_data, "--out", out, *more) == 1
    *_, line = capsys.readouterr().err.splitlines()
    assert line.startswith(f"In epoch 1 {words}")
    monkeypatch.undo()
    told = re.search(r"go on with '(nerveseg .*)'\.$", line)
    _, *again = shlex.split(told[1])
    assert run(*again) == 0
    result = json.loads((out / "result.json").read_text())
    assert scores_of(result) == scores_of(whole)
    assert not toys.root.with_name(f"{toys.root.name}.nerveseg").exists()


def test_a_process_that_dies_says_how_all_go_on(toys, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "true")  # ends at once, without a word
    out = tmp_path / "cv"
    with pytest.raises(Failure, match="ended without a word") as caught:
        crossval(
            Crossval(
                data=toys.root,
                config=tiny().to_json(),
                folds=2,
                out=out,
                parallel=2,
                project=tmp_path / "project",
            ),
            ignore,
            never,
        )
    words = f"go on with 'nerveseg crossval {toys.root} --resume {out}'."
    assert words in str(caught.value)


def test_folds_in_processes_of_their_own_come_to_the_same(toys, unbroken, tmp_path):
    seen = []
    options = Crossval(
        data=toys.root,
        config=tiny().to_json(),
        folds=2,
        out=tmp_path / "cv",
        parallel=2,
        project=tmp_path / "project",
    )
    result = crossval(options, seen.append, never)
    assert scores_of(result) == scores_of(unbroken)
    epochs = sorted((e["fold"], e["epoch"]) for e in seen if e["event"] == "epoch")
    assert epochs == [(1, 1), (1, 2), (2, 1), (2, 2)]


@pytest.mark.parametrize(
    ("devices", "parallel", "text"),
    [
        ("gpu7", 1, "--devices names 'gpu7': write cpu, or cuda:0,cuda:1."),
        ("cuda:99", 1, "--devices names cuda:99, but there are"),
        ("cuda:0", 2, "--parallel shares the processor: leave out --devices, or take"),
        ("", 0, "--parallel is 0: give 1 or more."),
    ],
)
def test_wrong_devices_are_refused(devices, parallel, text):
    with pytest.raises(InputError, match=text):
        places(devices, parallel, "auto")


def test_folds_with_an_overlap_are_refused(toys, tmp_path):
    out = tmp_path / "cv"
    go(toys, out, should_stop=lambda: True)
    splits = json.loads((out / "splits.json").read_text())
    one, other = splits["folds"]
    other["val"].append(one["val"][0])
    (out / "splits.json").write_text(json.dumps(splits))
    with pytest.raises(InputError, match="was changed: start a new cross-validation"):
        go(toys, out, resume=True)


def test_other_labels_or_frames_are_refused(toys, tmp_path):
    out = tmp_path / "cv"
    go(toys, out, should_stop=lambda: True)
    before = sorted(out.iterdir())

    class Others(Labels):
        snapshot_id = "abc-7"

    with pytest.raises(InputError, match="was begun with the labels source, and these"):
        cross_validate(toys, Others(toys), None, out, resume=True)
    others = toy_dataset(tmp_path / "others", (1, 2, 3))
    with pytest.raises(InputError, match="is of other frames than"):
        cross_validate(others, Labels(others), None, out, resume=True)
    assert sorted(out.iterdir()) == before


@pytest.mark.parametrize(
    ("changes", "folds", "text"),
    [
        ({"val_subjects": "1"}, 2, "every subject validates once in a cross-validatio"),
        ({}, 5, "has 4 parts that share neither subject nor near-duplicate, too few"),
        ({"test_subjects": "9"}, 2, "there is no such subject; the subjects are: 1, 2"),
    ],
)
def test_what_cannot_be_done_leaves_nothing_behind(
    toys, tmp_path, changes, folds, text
):
    out = tmp_path / "runs" / "cv"
    with pytest.raises(InputError, match=text):
        cross_validate(toys, Labels(toys), tiny(**changes), out, folds=folds)
    assert not out.parent.exists()


def test_test_subjects_are_in_no_fold_and_scored_by_the_ensemble(toys, tmp_path):
    out = tmp_path / "cv"
    config = tiny(epochs=1, test_subjects="3")
    result = cross_validate(toys, Labels(toys), config, out, folds=2)
    assert set(result["test"]["per_subject"]) == {"3"}
    assert result["test"]["n_frames"] == 4
    assert "3" not in result["nested"]["per_subject"]
    together = Predictor(out, "cpu")
    each = [
        dice(toys.mask(name), together.probability(toys.frame(name)).mask)
        for name in ("3_1", "3_2", "3_3", "3_4")
    ]
    assert result["test"]["competition_dice"] == pytest.approx(np.mean(each))


def test_a_split_by_frame_marks_every_score(toys, tmp_path):
    out = tmp_path / "cv"
    config = tiny(epochs=1, split_by="frame")
    result = cross_validate(toys, Labels(toys), config, out, folds=2)
    for name in ("nested", "pooled"):
        assert any("leaking" in warning for warning in result[name]["warnings"])
    ensemble = json.loads((out / "ensemble.json").read_text())
    assert any("leaking" in text for text in ensemble["provenance"]["warnings"])
    shutil.rmtree(out)


def test_the_nested_rule_of_a_fold_is_blind_to_it():
    # Fold 0 wants a high threshold, fold 1 a low one: each is given the other's.
    truth = np.zeros((10, 10), bool)
    truth[2:8, 2:8] = True
    rim = np.zeros((10, 10), bool)
    rim[1:9, 1:9] = True
    high = np.where(truth, 230, np.where(rim, 150, 0)).astype(np.uint8)
    low = np.where(truth, 60, 0).astype(np.uint8)
    curves = DiceCurves([frame_curve(p, truth, 1.0) for p in (high, low)])
    rules = tune_rules(curves, np.array([0, 1]), 2)
    assert rules.nested[1].threshold > 150 / 255
    assert rules.nested[0].threshold <= 60 / 255
    assert rules.nested_dice == pytest.approx((2 * 36 / 100 + 0) / 2)
    assert rules.pooled_dice >= rules.nested_dice


def test_a_fold_without_a_scored_frame_has_the_pooled_rule():
    truth = np.ones((4, 4), bool)
    curves = DiceCurves([frame_curve(np.full((4, 4), 200, np.uint8), truth, 1.0)])
    rules = tune_rules(curves, np.array([1]), 3)
    assert rules.nested == (rules.pooled,) * 3
    assert rules.pooled == DecisionRule(0.5, 0.5, 0.0)


def test_an_epochs_line_says_of_which_fold_it_is():
    event = {"event": "epoch", "epoch": 1, "epochs": 4, "fold": 2, "folds": 3}
    assert epoch_line({**event, "val_dice": 0.5}) == (
        "fold 2/3, epoch 1/4, validation Dice 0.5000"
    )
    assert epoch_line({**event, "trial": 7}) == "trial 7, fold 2/3, epoch 1/4"
