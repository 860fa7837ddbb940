from __future__ import annotations

import csv
import json
import time
from collections import Counter

import numpy as np
import pytest
import torch

from tests.engine.learn_toys import ChangedLabels, tiny, toy_dataset
from tests.toys import write_kaggle
from training.data import DataSet, open_dataset
from training.data.labels import Labels
from training.errors import InputError
from training.learn import train
from training.learn.fit.loop import Trainer
from training.learn.fit.schedule import Clock
from training.learn.preloaded import preload
from training.networks import infer, load_checkpoint
from training.networks.device import processor_threads
from training.predict import Predictor


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return toy_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def finished(dataset, tmp_path_factory):
    """A finished training, its result and its events."""
    out = tmp_path_factory.mktemp("runs") / "run"
    events: list[dict] = []
    config = tiny(epochs=3, test_subjects="5")
    result = train(dataset, Labels(dataset), config, out, on_event=events.append)
    return out, result, events


def test_a_run_folder_says_everything(finished, dataset):
    out, result, _ = finished
    assert sorted(path.name for path in out.iterdir()) == [
        "best.safetensors",
        "config.json",
        "environment.json",
        "events.jsonl",
        "excluded.json",
        "fingerprint.json",
        "last.pt",
        "metrics.csv",
        "preview.npz",
        "result.json",
        "splits.json",
    ]
    read = {path.stem: json.loads(path.read_text()) for path in out.glob("*.json")}
    assert read["config"] == tiny(epochs=3, test_subjects="5").to_json()
    assert set(read["fingerprint"]["frames"]) == set(dataset.ids)
    assert read["fingerprint"]["labels"] == "source"
    assert read["splits"]["test"] == [f"5_{i}" for i in range(1, 5)]
    assert read["environment"]["threads"] == 1
    assert result["run"] == str(out)
    assert result["checkpoint"] == str(out / "best.safetensors")
    assert result["stopped"] is None
    assert result["counts"]["train"] == 12
    assert result["text"].startswith("All 3 epochs are done: the best checkpoint")


def test_events_and_table_tell_of_every_epoch(finished):
    out, result, events = finished
    epochs = [event for event in events if event["event"] == "epoch"]
    assert [event["epoch"] for event in epochs] == [1, 2, 3]
    assert {event["epochs"] for event in epochs} == {3}
    with (out / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["val_dice"]) for row in rows] == [e["val_dice"] for e in epochs]
    lines = (out / "events.jsonl").read_text().splitlines()
    logged = [json.loads(line) for line in lines]
    assert [e for e in logged if e["event"] == "epoch"] == epochs
    assert logged[-1] == {"event": "result", "value": result}
    stages = {e["stage"] for e in events if e["event"] == "progress"}
    assert {"Reading training frames", "Epoch 1 of 3", "Validating"} <= stages


def test_the_checkpoint_carries_rule_scores_and_provenance(finished):
    out, result, events = finished
    _, meta = load_checkpoint(out)
    best = max(e["val_dice"] for e in events if e["event"] == "epoch")
    assert result["best_dice"] == best
    assert result["rule"]["threshold"] == meta.rule.threshold
    assert meta.input_size == (32, 48)
    assert meta.scores["validation"]["used_for"] == "early stop and decision rule"
    assert "used_for" not in meta.scores["test"]
    assert meta.provenance["rule_tuned_on"] == "validation"
    assert meta.provenance["test_subjects"] == ["5"]
    assert meta.provenance["epoch"] == result["best_epoch"]


def test_the_final_score_is_the_epochs_own_by_the_predictor(finished):
    # One path: what validation counted is what the Predictor's masks score.
    _, result, _ = finished
    final = result["validation"]["competition_dice"]
    assert final == pytest.approx(result["best_dice"], abs=1e-12)


def test_last_holds_tensors_and_plain_values_only(finished):
    out, _, _ = finished
    state = torch.load(out / "last.pt", weights_only=True)
    assert state["epoch"] == 3
    assert {"network", "average", "optimizer"} <= set(state["weights"])


def test_a_checkpoint_predicts(finished, dataset):
    out, _, _ = finished
    prediction = Predictor(out, "cpu").probability(dataset.frame("5_1"))
    assert prediction.probability.shape == (64, 80)


def test_the_same_seed_gives_the_same_bits(dataset, tmp_path):
    losses, weights = [], []
    for name in ("a", "b"):
        seen = []
        config = tiny(seed=7)
        train(dataset, Labels(dataset), config, tmp_path / name, on_event=seen.append)
        losses.append([e["train_loss"] for e in seen if e["event"] == "epoch"])
        state = torch.load(tmp_path / name / "last.pt", weights_only=True)
        kept = state["weights"]
        weights.append({**kept["network"], "ema": kept["average"]["pixel_head.bias"]})
    assert losses[0] == losses[1]
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


def test_the_network_overfits_four_frames(dataset):
    held = preload(dataset, dataset.ids[:4], dataset.mask, (32, 48), stage="Reading")
    config = tiny(epochs=60, widths=(8, 16), augment=False, ema=0.0, learning_rate=0.01)
    clock = Clock(config, 1, 0.0, time.monotonic())
    trainer = Trainer(config, held, torch.device("cpu"), clock)
    with processor_threads(1):
        for number in range(1, 61):
            trainer.epoch(number, None, None)
    logits, presence = infer(trainer.average.network, held.frames)
    predicted, truth = logits > 0, held.masks > 127
    dice = 2 * (predicted & truth).sum() / (predicted.sum() + truth.sum())
    assert dice > 0.95
    assert ((presence > 0) == truth.flatten(1).any(dim=1)).all()


def test_frames_of_mixed_sizes_train_together(tmp_path):
    shapes = [(64, 80), (50, 90), (33, 31)]
    data = toy_dataset(tmp_path / "data", (1, 2, 3), 3, shapes)
    config = tiny(epochs=1, test_subjects="3")
    result = train(data, Labels(data), config, tmp_path / "run")
    assert result["counts"]["train"] + result["counts"]["validation"] == 6
    assert result["test"]["n_frames"] == 3


class Guarded(DataSet):
    """Refuses to read some frames until it is told otherwise."""

    def guard(self, subject: str) -> None:
        self.subject: str | None = subject
        self.read: Counter[str] = Counter()

    def frame(self, frame_id):
        assert self.entry(frame_id).subject != self.subject, "read too early"
        return super().frame(frame_id)

    def mask(self, frame_id, shape=None):
        assert self.entry(frame_id).subject != self.subject, "read too early"
        return super().mask(frame_id, shape)


def test_test_subjects_are_not_read_before_the_final_score(dataset, tmp_path):
    guarded = Guarded(dataset.root, dataset.layout, dataset.entries)
    guarded.guard("2")

    def listen(event):
        if event["event"] == "progress" and event["stage"] == "Scoring test frames":
            guarded.subject = None

    labels = ChangedLabels(guarded)
    config = tiny(test_subjects="2")
    result = train(guarded, labels, config, tmp_path / "run", on_event=listen)
    assert result["test"]["n_frames"] == 4
    assert not {name for name in labels.changes["asked"] if name.startswith("2_")}


def test_labels_are_learned_from_and_the_source_validates(dataset, tmp_path):
    blank = {name: np.zeros((64, 80), bool) for name in dataset.ids}
    labels = ChangedLabels(
        dataset,
        masks=blank,
        excluded=("1_1", "2_1"),
        ambiguous=("1_2", "2_1", "4_1"),
    )
    config = tiny(val_subjects="2", epochs=1)
    result = train(dataset, labels, config, tmp_path / "run")
    # Validation keeps all its frames, and their own masks: half show a nerve.
    assert result["counts"]["validation"] == 4
    assert result["validation"]["n_nerve_frames"] == 2
    assert result["counts"]["train"] == 16 - 3
    assert result["counts"]["excluded"] == 1
    assert result["counts"]["ambiguous"] == 2
    assert not {*labels.changes["asked"]} & {"1_1", "1_2", "4_1", "2_1", "2_2"}


def test_missing_masks_and_broken_files_are_left_out_and_counted(dataset, tmp_path):
    frames = {
        name: (dataset.frame(name), dataset.mask(name)) for name in dataset.ids[:12]
    }
    frames["1_1"] = (frames["1_1"][0], None)
    frames["2_1"] = (frames["2_1"][0], None)
    folder = write_kaggle(tmp_path / "data", frames)
    (folder / "1_2.tif").write_bytes(b"II*\0 but no more")
    data, seen = open_dataset(folder), []
    config = tiny(val_subjects="2", epochs=1)
    result = train(data, Labels(data), config, tmp_path / "run", on_event=seen.append)
    assert result["counts"]["missing_mask"] == 2
    assert result["counts"]["unreadable"] == 1
    assert result["counts"]["train"] == 6
    assert result["validation"]["n_skipped"] == 1
    assert "2 frames have no mask and are left out." in result["warnings"]
    assert any("1_2.tif" in warning for warning in result["warnings"])


def test_no_usable_frame_leaves_nothing_behind(dataset, tmp_path):
    frames = {name: (dataset.frame(name), None) for name in dataset.ids[:8]}
    data = open_dataset(write_kaggle(tmp_path / "data", frames))
    with pytest.raises(InputError, match="has no frame to learn from with a mask"):
        train(data, Labels(data), tiny(), tmp_path / "runs" / "run")
    assert not (tmp_path / "runs").exists()
