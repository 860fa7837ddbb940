"""Several processes train one network as one process does."""

from __future__ import annotations

import json
import signal

import pytest
import torch

from tests.engine.learn_toys import toy_dataset
from tests.engine.training_children import run_jobs
from training.learn.folder.state import load_last

SETTINGS = {
    "epochs": 2,
    "batch": 3,  # which two ranks cannot share evenly
    "patience": 0,
    "amp": False,
    "test_subjects": "5",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Ends and folders of trainings by one and by two ranks, by name."""
    data = toy_dataset(tmp_path_factory.mktemp("data"), frames=3).root
    runs = tmp_path_factory.mktemp("runs")

    def job(name, **options):
        settings = {**SETTINGS, **options.pop("settings", {})}
        return {"data": data, "out": runs / name, "settings": settings, **options}

    half = {"epochs": 2, "max_minutes": None}
    jobs = {
        "one": job("one"),
        "two": job("two", ranks=2),
        "parts": job("parts", ranks=2, settings={"accumulate": 2}),
        "norm": job("norm", ranks=2, settings={"norm": "batch", "epochs": 1}),
        "stop": job("stop", ranks=2, trouble="stop", settings={"epochs": 50}),
        "break": job("break", ranks=2, trouble="break"),
        "killed": job("moved", kill="step 5", settings=half),
        "moved": job("moved", ranks=2, resume=True, settings=half),
        "both killed": job("fewer", ranks=2, kill="step 5", settings=half),
        "fewer": job("fewer", resume=True, settings=half),
    }
    ends = run_jobs(*jobs.values())
    return dict(zip(jobs, ends, strict=True)), runs


def weights(run):
    network = load_last(run / "last.pt").weights["average"]
    return torch.cat([value.flatten() for value in network.values()])


@pytest.mark.parametrize("name", ["two", "parts", "moved", "fewer"])
def test_two_ranks_learn_what_one_does(trained, name):
    ends, runs = trained
    one, two = (ends[key][0]["result"] for key in ("one", name))
    assert torch.allclose(weights(runs / name), weights(runs / "one"), atol=1e-4)
    assert two["counts"] == one["counts"]
    assert two["validation"]["n_frames"] == one["validation"]["n_frames"]
    dice = two["test"]["competition_dice"]
    assert dice == pytest.approx(one["test"]["competition_dice"], abs=0.02)


def test_what_one_or_two_ranks_left_is_gone_on_with_by_two_or_one(trained):
    ends, _ = trained
    assert [end["signal"] for end in ends["killed"]] == [signal.SIGKILL]
    assert [end["signal"] for end in ends["both killed"]] == [signal.SIGKILL] * 2
    for name in ("moved", "fewer"):
        assert ends[name][0]["result"]["epochs"] == 2


def test_losses_and_scores_of_each_epoch_are_of_all_frames(trained):
    _, runs = trained
    one, two = (load_last(runs / name / "last.pt").rows for name in ("one", "two"))
    for ours, theirs in zip(two, one, strict=True):
        for key in ("train_loss", "val_loss", "val_dice"):
            assert ours[key] == pytest.approx(theirs[key], rel=1e-3)


def test_only_the_first_rank_writes_and_tells(trained):
    ends, runs = trained
    first, second = ends["two"]
    assert second["result"] == first["result"]
    assert first["events"] > 0 == second["events"]
    lines = (runs / "two" / "events.jsonl").read_text().splitlines()
    epochs = [e["epoch"] for e in map(json.loads, lines) if e["event"] == "epoch"]
    assert epochs == [1, 2]
    assert sorted(p.name for p in (runs / "two").iterdir()) == sorted(
        p.name for p in (runs / "one").iterdir()
    )


def test_batch_statistics_are_frozen_aloud(trained):
    ends, runs = trained
    assert ends["norm"][0]["result"]["epochs"] == 1
    log = (runs / "norm" / "events.jsonl").read_text()
    assert "cannot share the statistics of batch normalisation" in log


def test_one_asked_to_stop_stops_all(trained):
    ends, _ = trained
    for end in ends["stop"]:
        assert end["result"]["stopped"] == "asked"


def test_an_error_in_one_ends_all_in_words(trained):
    ends, runs = trained
    first, second = ends["break"]
    assert second["error"] == "ValueError: a strange thing"
    assert first["error"] == (
        "OtherRankFailed: Rank 1 ended: The work failed: ValueError: a strange thing"
    )
    last = json.loads((runs / "break" / "events.jsonl").read_text().splitlines()[-1])
    assert last == {
        "event": "error",
        "kind": "failure",
        "text": "Rank 1 ended: The work failed: ValueError: a strange thing",
    }
