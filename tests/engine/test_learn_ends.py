"""How a training ends when it does not end by itself."""

from __future__ import annotations

import json
import time

import pytest
import torch

from tests.engine.learn_toys import tiny, toy_dataset
from training.data.labels import Labels
from training.errors import InputError
from training.learn import train
from training.learn.fit.terms import whole_loss
from training.networks import load_checkpoint


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return toy_dataset(tmp_path_factory.mktemp("data"))


def stop_when(condition):
    """Return a listener and a should_stop that turns true at some event."""
    asked: list[float] = []

    def listen(event):
        if condition(event) and not asked:
            asked.append(time.process_time())  # not what others do meanwhile

    return listen, lambda: bool(asked), asked


def test_stopped_before_a_checkpoint_it_says_so(dataset, tmp_path):
    listen, should_stop, _ = stop_when(
        lambda event: event.get("stage") == "Epoch 1 of 50"
    )
    result = train(
        dataset,
        Labels(dataset),
        tiny(epochs=50),
        tmp_path / "run",
        on_event=listen,
        should_stop=should_stop,
    )
    assert result["stopped"] == "asked"
    assert result["checkpoint"] is None
    assert result["text"] == (
        "Stopped before the end of the first epoch: there is no checkpoint yet."
    )
    assert not (tmp_path / "run" / "best.safetensors").exists()
    assert not (tmp_path / "run" / "pid").exists()


def test_stopped_while_reading_it_says_so(dataset, tmp_path):
    result = train(
        dataset, Labels(dataset), tiny(), tmp_path / "run", should_stop=lambda: True
    )
    assert (result["stopped"], result["epochs"]) == ("asked", 0)


def test_stopped_later_the_best_checkpoint_is_kept(dataset, tmp_path):
    listen, should_stop, asked = stop_when(
        lambda event: event["event"] == "epoch" and event["epoch"] == 2
    )
    result = train(
        dataset,
        Labels(dataset),
        tiny(epochs=50),
        tmp_path / "run",
        on_event=listen,
        should_stop=should_stop,
    )
    assert time.process_time() - asked[0] < 1
    assert result["stopped"] == "asked"
    assert result["epochs"] == 2
    assert result["text"].startswith("Stopped as asked after 2 epochs: the best")
    assert result["validation"] is None
    _, meta = load_checkpoint(tmp_path / "run")
    assert meta.scores["validation"]["competition_dice"] == result["best_dice"]


def test_a_file_called_stop_ends_it_too(dataset, tmp_path):
    out = tmp_path / "run"

    def listen(event):
        if event["event"] == "epoch":
            (out / "stop").touch()

    config = tiny(epochs=50)
    result = train(dataset, Labels(dataset), config, out, on_event=listen)
    assert (result["stopped"], result["epochs"]) == ("asked", 1)


def test_it_ends_early_when_the_score_no_longer_rises(dataset, tmp_path, monkeypatch):
    # Rates this small change nothing, so that no epoch is better than the first.
    config = tiny(epochs=50, patience=2, learning_rate=1e-30, ema=0.0)
    result = train(dataset, Labels(dataset), config, tmp_path / "run")
    assert result["stopped"] == "early"
    assert result["epochs"] == 3
    assert result["validation"] is not None


def test_it_ends_within_its_minutes(dataset, tmp_path):
    config = tiny(epochs=100_000, patience=0, max_minutes=1 / 60)
    listen, _, begun = stop_when(lambda event: event["event"] == "epoch")
    out = tmp_path / "run"
    result = train(dataset, Labels(dataset), config, out, on_event=listen)
    assert result["stopped"] == "minutes"
    assert result["checkpoint"] is not None
    assert time.process_time() - begun[0] < 10


def test_a_loss_that_is_no_number_ends_in_words(dataset, tmp_path, monkeypatch):
    calls = []

    def spoiled(numbers):
        calls.append(1)
        return float("nan") if len(calls) == 6 else whole_loss(numbers)

    monkeypatch.setattr("training.learn.fit.gradient.whole_loss", spoiled)
    out = tmp_path / "run"
    with pytest.raises(RuntimeError) as caught:
        train(dataset, Labels(dataset), tiny(epochs=9), out)
    text = (
        "In epoch 2 the loss is no longer a number: the best checkpoint so far, of "
        "epoch 1, is kept; train again with a learning_rate below 0.001."
    )
    assert str(caught.value) == text
    _, meta = load_checkpoint(out)
    assert meta.provenance["epoch"] == 1
    state = torch.load(out / "last.pt", weights_only=True)
    assert all(v.isfinite().all() for v in state["weights"]["network"].values())
    last = json.loads((out / "events.jsonl").read_text().splitlines()[-1])
    assert last == {"event": "error", "kind": "failure", "text": text}


def test_so_does_a_validation_loss_before_any_checkpoint(
    dataset, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        "training.learn.fit.validation.segmentation_loss",
        lambda *_: torch.tensor(torch.nan),
    )
    with pytest.raises(RuntimeError) as caught:
        train(dataset, Labels(dataset), tiny(), tmp_path / "run")
    assert str(caught.value) == (
        "In epoch 1 the validation loss is no longer a number: there is no checkpoint "
        "yet; train again with a learning_rate below 0.001."
    )
    assert not (tmp_path / "run" / "best.safetensors").exists()


def test_a_folder_with_a_run_is_refused_and_left_alone(dataset, tmp_path):
    (tmp_path / "config.json").write_text("mine")
    with pytest.raises(InputError) as caught:
        train(dataset, Labels(dataset), tiny(), tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} already holds a training (config.json): name another folder with "
        "--out, or go on with it by --resume."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, "epochs is 0: give a whole number from 1 to 100000."),
        (
            {"test_subjects": "99"},
            "test_subjects names subject 99, but there is no such subject; the "
            "subjects are: 1, 2, 3, 4, 5.",
        ),
    ],
)
def test_wrong_input_writes_nothing(dataset, tmp_path, changes, message):
    with pytest.raises(InputError) as caught:
        train(dataset, Labels(dataset), tiny(**changes), tmp_path / "run")
    assert str(caught.value) == message
    assert not (tmp_path / "run").exists()
