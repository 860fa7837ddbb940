"""A training waits while it is asked to, and its clock with it."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pytest

from tests.engine.command_line import run as command
from tests.engine.learn_toys import TINY, tiny, toy_dataset
from training.data.labels import Labels
from training.errors import Failure, InputError
from training.learn import train
from training.learn.fit.batches import Batches
from training.learn.fit.schedule import Clock
from training.learn.folder.running import request_pause, request_resume
from training.learn.folder.stop_and_pause import StopAndPause
from training.networks import load_checkpoint


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return toy_dataset(tmp_path_factory.mktemp("data"), (1, 2, 3))


def test_a_pause_holds_the_gate_and_the_clock(tmp_path):
    (tmp_path / "pause").touch()
    seen = []

    def tell(event):
        seen.append(event["event"])

    def should_stop():  # asked while it waits; somebody takes the file away
        (tmp_path / "pause").unlink(missing_ok=True)
        return False

    gate = StopAndPause(tmp_path, tell, should_stop)
    began = gate.now()
    assert not gate()
    assert seen == ["paused", "resumed"]
    assert gate._waited >= 0.1
    assert gate.now() - began < gate._waited + 0.05


def test_a_stop_ends_a_pause(tmp_path):
    for name in ("pause", "stop"):
        (tmp_path / name).touch()
    assert StopAndPause(tmp_path)()


def test_a_training_is_paused_by_its_folder(dataset, tmp_path):
    run, seen = tmp_path / "run", []

    def listen(event):
        seen.append(event["event"])
        if event["event"] == "epoch" and event["epoch"] == 1:
            request_pause(run)
        if event["event"] == "paused":
            request_resume(run)

    result = train(dataset, Labels(dataset), tiny(), run, on_event=listen)
    assert result["epochs"] == 2
    assert seen.index("paused") < seen.index("resumed") < len(seen)
    assert not (run / "pause").exists()


def test_what_does_not_run_cannot_be_paused(tmp_path):
    (tmp_path / "config.json").touch()
    with pytest.raises(InputError, match="there is nothing to pause"):
        request_pause(tmp_path)
    with pytest.raises(InputError, match="there is nothing to go on with"):
        request_resume(tmp_path)


def test_a_clock_goes_on_as_if_no_time_had_passed():
    now = [100.0]
    clock = Clock(tiny(max_minutes=1), 2, 0.5, 90.0, now=lambda: now[0])
    clock.validated(1.0)
    now[0] = 120.0
    state, progress = clock.state(), clock.progress
    now[0] = 500.0
    other = Clock(tiny(max_minutes=1), 2, 0.5, 500.0, now=lambda: now[0])
    other.restore(state)
    assert other.progress == pytest.approx(progress)
    now[0] += 28
    assert other.over


def test_a_full_disk_ends_in_words_and_keeps_what_was(dataset, tmp_path, monkeypatch):
    run, real, calls = tmp_path / "run", Path.write_bytes, []

    def full(path, data):
        calls.append(path.name)
        if sum(name.startswith(".last-") for name in calls) == 2:
            real(path, data[:1000])
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(Failure) as caught:
        train(dataset, Labels(dataset), tiny(), run)
    assert str(caught.value) == (
        "In epoch 2 the disk was full: the best checkpoint so far, of epoch 1, is kept;"
        f" free some space and go on with 'nerveseg train --resume {run}'."
    )
    assert not [path for path in run.iterdir() if path.name.startswith(".")]
    monkeypatch.undo()
    result = train(dataset, Labels(dataset), tiny(), run, resume=True)
    assert result["epochs"] == 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            RuntimeError("CUDA error: unspecified launch failure\nmore"),
            "GPU failed (CU",
        ),
        (MemoryError(), "there was not enough memory, even for one frame"),
    ],
)
def test_a_failing_machine_ends_in_words(dataset, tmp_path, monkeypatch, error, words):
    def fail(*_):
        raise error

    monkeypatch.setattr("training.learn.fit.validation.infer", fail)
    with pytest.raises(Failure) as caught:
        train(dataset, Labels(dataset), tiny(), tmp_path / "run")
    assert str(caught.value).startswith(
        f"In epoch 1 {'the ' * ('GPU' in words)}{words}"
    )
    assert "there is no checkpoint yet" in str(caught.value)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            RuntimeError("CUDA error: device-side assert triggered\nmore"),
            "the GPU failed (CUDA error: device-side assert triggered)",
        ),
        (
            OSError(errno.EIO, "Input/output error", "frames.npy"),
            "a file could not be read or written ([Errno 5] Input/output error: "
            "'frames.npy')",
        ),
    ],
    ids=["lost GPU", "dead reader"],
)
def test_what_fails_later_leaves_the_last_good_checkpoint(
    dataset, tmp_path, monkeypatch, capsys, error, words
):
    run, cut = tmp_path / "run", Batches.cut

    def fail(self, chosen, epoch):
        if epoch == 2:
            raise error
        return cut(self, chosen, epoch)

    monkeypatch.setattr(Batches, "cut", fail)
    config = tmp_path / "config.json"
    config.write_text(json.dumps({**TINY, "recipe": "unet"}))
    options = ["--config", config, "--out", run, "--project", tmp_path / "p"]
    assert command("train", dataset.root, *options) == 1
    *_, line = capsys.readouterr().err.splitlines()
    assert line.startswith(f"In epoch 2 {words}: the best checkpoint so far, of epoch")
    assert line.endswith(f"and go on with 'nerveseg train --resume {run}'.")
    monkeypatch.undo()
    network, meta = load_checkpoint(run / "best.safetensors")
    assert meta.provenance["epoch"] == 1
    assert all(value.isfinite().all() for value in network.state_dict().values())
    assert command("train", "--resume", run) == 0
    assert json.loads((run / "result.json").read_text())["epochs"] == 2


def test_six_frames_are_pictured(dataset, tmp_path):
    train(dataset, Labels(dataset), tiny(epochs=1), tmp_path / "run")
    with np.load(tmp_path / "run" / "preview.npz") as found:
        shapes = {found[k].shape for k in ("frames", "truths", "predictions")}
        assert shapes == {(len(found["ids"]), 32, 48)}
        assert found["predictions"].dtype == np.uint8
        assert int(found["epoch"]) == 1
    excluded = json.loads((tmp_path / "run" / "excluded.json").read_text())
    assert set(excluded) == {
        "excluded",
        "ambiguous",
        "near_duplicates",
        "missing_mask",
        "unreadable",
    }


def test_without_tensorboard_it_says_how_to_get_it(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr("training.learn.fit.board.find_spec", lambda _: None)
    config = tiny(tensorboard=True)
    with pytest.raises(InputError, match="run pip install 'napari-nerveseg"):
        train(dataset, Labels(dataset), config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_gets_the_curves(dataset, tmp_path):
    pytest.importorskip("tensorboard")
    run = tmp_path / "run"
    train(dataset, Labels(dataset), tiny(epochs=1, tensorboard=True), run)
    assert [path.name[:17] for path in (run / "tensorboard").iterdir()] == [
        "events.out.tfeven"
    ]
