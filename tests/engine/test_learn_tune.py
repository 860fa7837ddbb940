"""Tuning: the search space, the study, the command."""

from __future__ import annotations

import csv
import errno
import json

import pytest

from tests.engine.command_line import run
from tests.engine.learn_toys import tiny, toy_dataset
from training.data import open_dataset, rle
from training.data.labels import Labels
from training.errors import Failure, InputError
from training.learn import TrainConfig, tune
from training.learn.fit.batches import Batches
from training.learn.fit.failures import EpochFailure
from training.learn.fit.terms import whole_loss
from training.learn.settings.config import RECIPES
from training.learn.tuning.search_space import (
    Range,
    check_space,
    default_space,
    own_values,
    read_space,
    with_values,
)
from training.report.study_page import study_page

SPACE = {
    "learning_rate": Range(1e-4, 1e-1, log=True),
    "widths": Range(choices=([4, 8], [4, 8, 8])),
    "augmentation.rotation": Range(0.0, 20.0),
}


@pytest.fixture(scope="module")
def toys(tmp_path_factory):
    return toy_dataset(tmp_path_factory.mktemp("toys"), (1, 2, 3), 2)


def go(toys, out, trials, config=None, **more):
    config = config or tiny(epochs=1)
    space = more.pop("space", SPACE)
    return tune(
        toys, Labels(toys), config, out, space=space, trials=trials, folds=2, **more
    )


@pytest.fixture
def scored(monkeypatch):
    """Let trials score what they are told, without any training."""
    told: dict[str, object] = {"score": lambda _: 0.5, "epochs": ()}

    def score(self, config, path, watch):
        for epoch, dice in enumerate(told["epochs"], 1):
            watch.tell({"event": "epoch", "epoch": epoch, "val_dice": dice})
            if watch.should_stop():
                from training.errors import Cancelled

                raise Cancelled("pruned")
        return told["score"](config)

    monkeypatch.setattr("training.learn.tuning.tune._Search._score", score)
    return told


def test_a_study_is_gone_on_with_and_its_best_settings_train(toys, tmp_path):
    out = tmp_path / "study"
    first = go(toys, out, 1)
    assert [one["state"] for one in first["trials"]] == ["finished"]
    own = first["trials"][0]["values"]
    assert own == own_values(tiny(epochs=1), SPACE), "its own values come first"
    again = go(toys, out, 2)
    assert len(again["trials"]) == 2
    assert again["trials"][0] == first["trials"][0]
    best = max(again["trials"], key=lambda one: one["score"])
    assert again["best"] == best
    config = TrainConfig.from_json(json.loads((out / "best.json").read_text()))
    assert config == with_values(tiny(epochs=1), best["values"])
    assert {path.name for path in out.iterdir()} == {
        "best.json",
        "config.json",
        "events.jsonl",
        "result.json",
        "splits.json",
        "study.json",
        "study.sqlite",
        "trials",
        "trials.csv",
    }
    assert not list((out / "trials").iterdir())


def test_the_table_and_what_mattered(toys, tmp_path, scored):
    scored["score"] = lambda config: config.learning_rate
    result = go(toys, tmp_path / "study", 8)
    assert result["best"]["score"] == max(
        one["values"]["learning_rate"] for one in result["trials"]
    )
    importance = result["importance"]
    assert max(importance, key=importance.get) == "learning_rate"
    assert sum(importance.values()) == pytest.approx(1)
    with (tmp_path / "study" / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["score"]) for row in rows] == [
        one["score"] for one in result["trials"]
    ]
    drawn = study_page(result, "Tuning <study>")
    assert drawn.count("<rect") == len(SPACE)
    assert "Tuning &lt;study&gt;" in drawn
    strange = {**result, "text": "<script>", "importance": {"<script>": 1.0}}
    assert "<script" not in study_page(strange, "<script>")
    assert f"{100 * importance['learning_rate']:.0f} %</text>" in drawn
    assert {row["widths"] for row in rows} <= {"[4, 8]", "[4, 8, 8]"}


def test_a_trial_that_falls_behind_is_ended_early(toys, tmp_path, scored):
    scored["epochs"] = (0.6, 0.7, 0.8, 0.9)
    go(toys, tmp_path / "study", 5)
    scored["epochs"] = (0.1, 0.1, 0.1, 0.1)
    result = go(toys, tmp_path / "study", 6)
    assert result["trials"][-1]["state"] == "pruned"
    assert result["trials"][-1]["score"] is None


def test_a_trial_that_fails_is_noted_and_the_search_goes_on(toys, tmp_path, scored):
    calls = []

    def score(_):
        calls.append(1)
        if len(calls) == 1:
            raise Failure("The loss is no longer a number.")
        return 0.4

    scored["score"] = score
    result = go(toys, tmp_path / "study", 1)
    assert [one["state"] for one in result["trials"]] == ["failed", "finished"]
    assert result["trials"][0]["why"] == "The loss is no longer a number."


@pytest.mark.parametrize(
    ("error", "words", "repair"),
    [
        (OSError(errno.ENOSPC, "No space"), "the disk was full", "free some space"),
        (OSError(errno.EIO, "Input/output error"), "a file could not", "see to the di"),
        (RuntimeError("CUDA error: launch failure"), "the GPU failed", "see to the GP"),
    ],
    ids=["full disk", "dead disk", "lost GPU"],
)
def test_a_machine_that_fails_ends_the_study_which_can_be_gone_on_with(
    toys, tmp_path, monkeypatch, error, words, repair
):
    calls = []

    def fail(*_):
        calls.append(1)
        assert len(calls) < 3, "one trial after the other fails, without end"
        raise error

    monkeypatch.setattr(Batches, "cut", fail)
    out = tmp_path / "study"
    with pytest.raises(Failure) as caught:
        go(toys, out, 1)
    text = str(caught.value)
    assert text.startswith(f"Trial 0: In epoch 1 {words}")
    assert f"; {repair}" in text
    assert text.endswith(" and give the same command again to go on.")
    assert not list((out / "trials").iterdir())
    monkeypatch.undo()
    result = go(toys, out, 1)
    assert [one["state"] for one in result["trials"]] == ["failed", "finished"]
    assert result["trials"][0]["why"].startswith(f"In epoch 1 {words}")


def test_a_disk_too_full_for_the_note_does_not_hide_why(
    toys, tmp_path, scored, monkeypatch
):
    def score(_):
        raise EpochFailure("In epoch 1 the disk was full", "…", "free some space")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", "trials.csv")

    scored["score"] = score
    monkeypatch.setattr("training.learn.tuning.study.write_whole", full)
    with pytest.raises(Failure, match="Trial 0: In epoch 1 the disk was full; free"):
        go(toys, tmp_path / "study", 1)


def test_of_a_bad_trial_only_what_failed_is_said(toys, tmp_path, monkeypatch):
    # Its networks are gone, and the search goes on: there is nothing to be done.
    spoiled = [float("nan")]
    monkeypatch.setattr(
        "training.learn.fit.gradient.whole_loss",
        lambda numbers: spoiled.pop() if spoiled else whole_loss(numbers),
    )
    seen = []
    result = go(toys, tmp_path / "study", 1, on_event=seen.append)
    why = "In epoch 1 the loss is no longer a number."
    assert [one["why"] for one in result["trials"]] == [why, None]
    said = [e["text"] for e in seen if e.get("level") == "warning"]
    assert said == [f"Trial 0: {why}"]


def test_trials_that_fail_in_a_row_end_the_study(toys, tmp_path, scored):
    calls, ended = [], []

    def score(_):
        calls.append(1)
        assert len(calls) < 30, "one trial after the other fails, without end"
        if ended or len(calls) % 5:
            raise Failure("There is not enough memory.")
        return 0.4

    scored["score"] = score
    result = go(toys, tmp_path / "study", 2)
    assert sum(one["state"] == "failed" for one in result["trials"]) == 8
    ended.append(True)
    with pytest.raises(Failure) as caught:
        go(toys, tmp_path / "study", 3)
    assert str(caught.value) == (
        "5 trials in a row failed, the last like this: There is not enough memory; see "
        "to that and give the same command again to go on, or begin another study with "
        "other settings."
    )


def test_a_search_without_a_whole_trial_says_so(toys, tmp_path):
    result = go(toys, tmp_path / "study", 3, should_stop=lambda: True)
    assert result["stopped"] == "asked"
    assert (result["best"], result["config"]) == (None, None)
    assert "there is no best one yet" in result["text"]


def test_no_trial_is_begun_after_the_minutes(toys, tmp_path, scored):
    result = go(toys, tmp_path / "study", 50, minutes=1e-9)
    assert result["stopped"] == "minutes"


def test_a_study_of_something_else_is_refused(toys, tmp_path, scored):
    out = tmp_path / "study"
    go(toys, out, 1)
    before = {path: path.read_bytes() for path in out.iterdir() if path.is_file()}
    others = toy_dataset(tmp_path / "others", (1, 2), 2)
    with pytest.raises(InputError, match="is a study of another data set: name anothe"):
        go(others, out, 2)
    with pytest.raises(InputError, match="is a study of other settings"):
        go(toys, out, 2, tiny(epochs=1, batch=2))
    with pytest.raises(InputError, match="is a study of another search space"):
        go(toys, out, 2, space={"batch": Range(choices=(2, 4))})
    rle.write_csv(tmp_path / "masks.csv", {name: toys.mask(name) for name in toys.ids})
    with pytest.raises(InputError, match="is a study of other masks, or with another"):
        go(open_dataset(toys.root, masks_csv=tmp_path / "masks.csv"), out, 2)
    assert before == {p: p.read_bytes() for p in out.iterdir() if p.is_file()}


def test_a_run_folder_is_no_study(toys, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="holds no study: name another folder"):
        go(toys, tmp_path, 1)


def test_without_optuna_the_install_line_is_said(toys, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("training.learn.tuning.study.find_spec", lambda name: None)
    assert run("tune", toys.root, "--project", tmp_path / "p", "--recipe", "unet") == 2
    assert "run pip install 'napari-nerveseg[tune]'" in capsys.readouterr().err
    assert not (tmp_path / "p").exists()


def test_the_command(toys, tmp_path, scored, capsys):
    space = tmp_path / "space.json"
    space.write_text('{"batch": {"choices": [2, 4]}, "ema": {"low": 0.5, "high": 0.9}}')
    words = ["--project", tmp_path / "p", "--recipe", "unet", "--epochs", "1"]
    assert run("tune", toys.root, *words, "--trials", "2", "--space", space) == 0
    printed = capsys.readouterr().out
    assert "trial   0  Dice 0.5000  " in printed
    folder = tmp_path / "p" / "studies" / "study"
    assert f"best settings: {folder / 'best.json'}" in printed
    html = (folder / "study.html").read_text()
    assert "What mattered" in html
    assert "Too few whole trials to tell" in html


@pytest.mark.parametrize("recipe", RECIPES)
def test_each_recipe_has_a_space_with_its_own_values(recipe):
    config = RECIPES[recipe]()
    space = default_space(config)
    check_space(space, config, "the default")
    own = own_values(config, space)
    assert {"learning_rate", "batch", "size", "widths", "ema"} <= set(own)
    assert with_values(config, own) == config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", "names no setting: write"),
        ("{", "is no JSON"),
        ('{"batch": [1]}', 'batch has to be {"low": …, "high": …'),
        ('{"batch": {"low": 4, "high": 2}}', "with low below high"),
        ('{"ema": {"low": 0, "high": 0.9, "log": true}}', "with low below high"),
        ('{"colour": {"low": 0, "high": 1}}', "colour is no setting that can be tuned"),
        ('{"val_subjects": {"choices": ["1"]}}', "val_subjects is no setting that can"),
        ('{"batch": {"choices": [4, 0]}}', "batch is 0: give a whole number"),
        ('{"augmentation.flip": {"low": 0, "high": 2}}', "flip is 2"),
    ],
)
def test_a_wrong_space_is_refused(tmp_path, text, message):
    path = tmp_path / "space.json"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_space(path, tiny())
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
