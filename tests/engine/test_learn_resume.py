"""A training that was ended goes on as if it had not been."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.engine.learn_toys import ChangedLabels, tiny, toy_dataset
from training.cli import main
from training.data import open_dataset
from training.data.labels import Labels
from training.errors import InputError
from training.learn import train
from training.learn.folder.state import load_last
from training.learn.run.resume import difference, resumed_config


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return toy_dataset(tmp_path_factory.mktemp("data"))


def settings(**changes):
    """Settings in which much could go wrong: averages, schedule, a test subject."""
    return tiny(**{"epochs": 6, "patience": 0, "test_subjects": "5", **changes})


@pytest.fixture(scope="module")
def unbroken(dataset, tmp_path_factory):
    out = tmp_path_factory.mktemp("unbroken") / "run"
    return out, train(dataset, Labels(dataset), settings(), out)


@pytest.fixture(scope="module")
def half(dataset, tmp_path_factory):
    """A training of six epochs that was asked to stop after the third."""
    out = tmp_path_factory.mktemp("half") / "run"
    ended = []
    result = train(
        dataset,
        Labels(dataset),
        settings(),
        out,
        on_event=lambda e: ended.append(e) if e["event"] == "epoch" else None,
        should_stop=lambda: len(ended) == 3,
    )
    assert (result["stopped"], result["epochs"]) == ("asked", 3)
    return out


@pytest.fixture
def broken(half, tmp_path):
    return shutil.copytree(half, tmp_path / "run")


def assert_same(run, other, epochs=6):
    """Compare everything that does not tell of time."""
    one, two = load_last(run / "last.pt"), load_last(other / "last.pt")
    for part in ("network", "average"):
        ours, theirs = one.weights[part], two.weights[part]
        assert all(torch.equal(ours[key], theirs[key]) for key in theirs)
    moments, others = (w.weights["optimizer"]["state"] for w in (one, two))
    for key, state in others.items():
        assert all(torch.equal(moments[key][name], state[name]) for name in state)
    assert one.outcome["best"] == two.outcome["best"]
    assert one.clock["steps"] == two.clock["steps"]
    best, other_best = (load_file(r / "best.safetensors") for r in (run, other))
    assert all(torch.equal(best[key], other_best[key]) for key in other_best)
    assert table(run) == table(other)
    assert epochs_told(run) == [*range(1, epochs + 1)]


def table(run):
    with (run / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    timed = {"seconds", "seconds_left", "memory_gb"}
    return [{k: v for k, v in row.items() if k not in timed} for row in rows]


def logged(run):
    return [json.loads(s) for s in (run / "events.jsonl").read_text().splitlines()]


def epochs_told(run):
    return [event["epoch"] for event in logged(run) if event["event"] == "epoch"]


def test_three_and_three_epochs_are_six_to_the_bit(dataset, unbroken, broken):
    result = train(dataset, Labels(dataset), settings(), broken, resume=True)
    assert_same(broken, unbroken[0])
    for name in ("validation", "test", "best_epoch", "rule", "counts", "stopped"):
        assert result[name] == unbroken[1][name]
    assert json.loads((broken / "result.json").read_text())["epochs"] == 6
    assert {"event": "continued", "epoch": 3} in logged(broken)


def test_what_a_kill_left_unwritten_is_written_again(dataset, unbroken, broken):
    # As if killed after the state of the third epoch, and while a line was written.
    lines = (broken / "events.jsonl").read_text().splitlines(keepends=True)
    third = next(i for i, line in enumerate(lines) if '"epoch": 3, "epochs"' in line)
    (broken / "events.jsonl").write_text("".join(lines[:third]) + '{"event": "pro')
    for name in ("result.json", "metrics.csv", "best.safetensors", "preview.npz"):
        (broken / name).unlink()
    saved = load_last(broken / "last.pt")
    shutil.copy(unbroken[0] / "best.safetensors", broken)  # of some other epoch
    train(dataset, Labels(dataset), settings(), broken, resume=True)
    assert saved.epoch == 3
    assert_same(broken, unbroken[0])


def test_before_the_first_epoch_it_starts_again(dataset, unbroken, broken):
    for name in ("last.pt", "best.safetensors", "result.json", "metrics.csv"):
        (broken / name).unlink()
    (broken / "events.jsonl").write_text("")
    train(dataset, Labels(dataset), settings(), broken, resume=True)
    assert_same(broken, unbroken[0])


def contents(run):
    return {path.name: path.read_bytes() for path in run.iterdir()}


def refused(dataset, run, config=None, labels=None, **options):
    """Return why a training does not go on; see that it left its folder alone."""
    before = contents(run)
    with pytest.raises(InputError) as caught:
        train(
            dataset,
            labels or Labels(dataset),
            config or settings(),
            run,
            resume=True,
            **options,
        )
    assert contents(run) == before
    return str(caught.value)


def test_a_finished_training_says_so(dataset, unbroken):
    run = unbroken[0]
    assert refused(dataset, run) == (
        f"{run} is finished: it has done its 6 epochs; to go on, give --epochs above 6."
    )


def test_more_epochs_go_on_and_say_what_the_schedule_does(dataset, unbroken, tmp_path):
    run = shutil.copytree(unbroken[0], tmp_path / "run")
    seen = []
    config = resumed_config(run, {"epochs": 8})
    result = train(
        dataset, Labels(dataset), config, run, resume=True, on_event=seen.append
    )
    assert (result["epochs"], result["stopped"]) == (8, None)
    assert epochs_told(run) == [*range(1, 9)]
    assert any("learning rate follows the new length" in str(e) for e in seen)
    assert json.loads((run / "config.json").read_text())["epochs"] == 8


@pytest.mark.parametrize(
    ("stopped", "before", "words"),
    [
        ("early", {"patience": 2}, "give --patience above 2, or 0."),
        ("minutes", {"max_minutes": 3}, "give --max-minutes above 3."),
    ],
)
def test_what_ended_by_a_limit_asks_for_a_higher_one(
    dataset, broken, stopped, before, words
):
    config = settings(**before)
    (broken / "config.json").write_text(json.dumps(config.to_json()))
    (broken / "result.json").write_text(json.dumps({"stopped": stopped, "epochs": 3}))
    assert refused(dataset, broken, config).endswith(words)


def test_settings_that_decide_what_is_learned_stay(dataset, broken):
    text = refused(dataset, broken, settings(learning_rate=0.5))
    assert text == (
        f"{broken} was trained with learning_rate 0.001, not 0.5: leave learning_rate "
        f"as it was, or start another training, with --init-from {broken} to begin "
        "with its weights."
    )


def test_changed_labels_are_refused_unless_told_otherwise(dataset, broken):
    frame = next(f for f in json.loads((broken / "splits.json").read_text())["train"])
    labels = ChangedLabels(dataset, masks={frame: np.ones((64, 80), bool)})
    text = refused(dataset, broken, labels=labels)
    assert text == (
        f"The frames differ from those that {broken} was trained on: the mask of "
        f"{frame} has changed; put them back, or pass --ignore-fingerprint to go on "
        "with what is there now."
    )
    config = settings()
    result = train(
        dataset, labels, config, broken, resume=True, ignore_fingerprint=True
    )
    assert result["epochs"] == 6
    assert any("has changed" in warning for warning in result["warnings"])


def test_a_split_of_an_earlier_version_does_not_come_to_say_that_nobody_searched(
    dataset, broken
):
    file, asked = broken / "splits.json", []
    old = json.loads(file.read_text())
    assert old.pop("duplicate_search", "missing") is None, "nobody has searched"
    file.write_text(json.dumps(old))

    def listen(event):
        if event.get("stage") == "Epoch 4 of 6":
            asked.append(True)

    train(
        dataset,
        Labels(dataset),
        settings(),
        broken,
        resume=True,
        on_event=listen,
        should_stop=lambda: bool(asked),
    )
    assert asked
    found = json.loads(file.read_text())
    assert "duplicate_search" not in found
    assert found["train"] == old["train"]


def test_a_frame_that_is_gone_is_named(dataset, broken, tmp_path):
    frame = json.loads((broken / "splits.json").read_text())["train"][0]
    copy = shutil.copytree(dataset.root, tmp_path / "data")
    for path in copy.glob(f"{frame}*"):
        path.unlink()
    assert f"{frame} is gone" in refused(open_dataset(copy), broken)


def test_differences_are_counted():
    before = {str(i): {"frame": "a", "mask": "b"} for i in range(5)}
    now = {**before, "0": {"frame": "x", "mask": "b"}, "7": {"frame": "a", "mask": "b"}}
    del now["1"], now["2"]
    assert difference(before, now) == (
        "the pixels of 0 have changed, 1 is gone, 2 is gone, and 1 more"
    )
    assert difference(before, before) is None


def test_a_folder_without_a_run_is_refused(dataset, tmp_path):
    with pytest.raises(InputError, match="is no run folder: it holds no config"):
        train(dataset, Labels(dataset), settings(), tmp_path, resume=True)


REFUSED = (
    "is damaged, or holds more than tensors and plain values, of which nothing was "
    "run: train again, with --init-from and the run's best checkpoint."
)


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("zipped", [True, False])
def test_a_state_made_to_run_code_is_refused_and_runs_nothing(
    dataset, broken, tmp_path, zipped
):
    torch.save(
        {"version": 2, "epoch": Trap(tmp_path / "ran")},
        broken / "last.pt",
        _use_new_zipfile_serialization=zipped,
    )
    assert refused(dataset, broken) == f"{broken / 'last.pt'} {REFUSED}"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("damage", ["cut", "noise", "empty", "other"])
def test_a_damaged_state_is_refused(dataset, broken, damage):
    file = broken / "last.pt"
    data = file.read_bytes()
    if damage == "other":
        torch.save({"version": 2, "epoch": 3}, file)
    else:
        new = {"cut": data[: len(data) // 2], "noise": bytes(range(256)), "empty": b""}
        file.write_bytes(new[damage])
    assert refused(dataset, broken) == f"{file} {REFUSED}"


def test_a_state_of_another_network_is_refused(dataset, broken):
    state = torch.load(broken / "last.pt", weights_only=True)
    state["weights"]["network"].popitem()
    torch.save(state, broken / "last.pt")
    assert "does not fit the training that config.json" in refused(dataset, broken)


def test_the_state_is_a_plain_archive(half):
    assert zipfile.is_zipfile(half / "last.pt")
    saved = load_last(half / "last.pt")
    assert saved.epoch == 3
    assert [row["epoch"] for row in saved.rows] == [1, 2, 3]


def test_the_command_line_resumes_with_the_data_and_labels_it_had(
    dataset, tmp_path, capsys
):
    run = tmp_path / "run"
    small = ["--size", "16x24", "--widths", "4,8", "--device", "cpu", "--threads", "1"]
    few = ["--recipe", "unet", "--epochs", "1", "--out", str(run), *small]
    project = ["--project", str(tmp_path / "project")]
    assert main(["train", str(dataset.root), *project, *few]) == 0
    assert main(["train", "--resume", str(run)]) == 2
    assert "is finished: it has done its 1 epoch; to go on" in capsys.readouterr().err
    assert main(["train", "--resume", str(run), "--epochs", "2"]) == 0
    assert epochs_told(run) == [1, 2]
    source = json.loads((run / "source.json").read_text())
    assert source["data"] == str(dataset.root)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "Name a data folder to train on, or a run by --resume."),
        (["--resume", "run", "--out", "x"], "leave out --out."),
        (["data", "--ignore-fingerprint"], "says something of --resume only."),
        (["--resume", "nowhere"], "is no run folder: it holds no config.json"),
    ],
)
def test_options_that_make_no_sense_are_refused(capsys, words, text):
    assert main(["train", *words]) == 2
    assert text in capsys.readouterr().err


def test_torchrun_trains_one_network(dataset, tmp_path):
    run = tmp_path / "run"
    settings = "--recipe unet --size 16x24 --widths 4,8 --device cpu --threads 1"
    words = "-P -m torch.distributed.run --standalone --nproc-per-node=2 -m training"
    where = ["--out", str(run), "--project", str(tmp_path / "p"), "--epochs", "1"]
    done = subprocess.run(
        [sys.executable, *f"{words} train {dataset.root} {settings}".split(), *where],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "PYTHONSAFEPATH": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("checkpoint: ") == 1
    assert epochs_told(run) == [1]
    assert json.loads((run / "environment.json").read_text())["ranks"] == 2


def spoil(where: str, value: object):
    """Return what puts ``value`` at a place in a state, such as ``weights/parts``."""

    def change(state: dict) -> None:
        *way, last = where.split("/")
        for key in way:
            state = state[int(key) if key.isdecimal() else key]
        state[last] = value(state[last]) if callable(value) else value

    return change


MOMENT = "weights/optimizer/state/0/"
SPOILT = {
    "a moment smaller than its weight": spoil(MOMENT + "exp_avg", lambda t: t[:1]),
    "a moment of another type": spoil(MOMENT + "exp_avg", lambda t: t.double()),
    "a negative square": spoil(MOMENT + "exp_avg_sq", lambda t: t - 1),
    "a moment that is no number": spoil(MOMENT + "exp_avg", lambda t: t * torch.nan),
    "no moment": spoil(MOMENT + "exp_avg", None),
    "a sparse moment": spoil(MOMENT + "exp_avg", lambda t: t.to_sparse()),
    "no steps": spoil(MOMENT + "step", lambda t: t - torch.inf),
    "other groups": spoil("weights/optimizer/param_groups", []),
    "no groups": spoil("weights/optimizer", 3),
    "weights that are no numbers": spoil(
        "weights/network", lambda w: {k: v * torch.nan for k, v in w.items()}
    ),
    "an average of other shapes": spoil(
        "weights/average", lambda w: {k: v.reshape(-1) for k, v in w.items()}
    ),
    "an epoch of the past": spoil("epoch", -5),
    "an epoch beyond all": spoil("epoch", 10**400),
    "steps beyond all": spoil("clock/steps", 10**400),
    "time that is no number": spoil("clock/used", float("nan")),
    "parts beyond the batch": spoil("weights/parts", 10**9),
    "images of the past": spoil("outcome/images", -1),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_state_that_does_not_fit_is_refused_before_it_is_used(dataset, broken, name):
    state = torch.load(broken / "last.pt", weights_only=True)
    SPOILT[name](state)
    torch.save(state, broken / "last.pt")
    before = {path.name: path.read_bytes() for path in broken.iterdir()}
    assert "does not fit the training that config.json" in refused(dataset, broken)
    assert {path.name: path.read_bytes() for path in broken.iterdir()} == before


def test_a_packed_state_is_not_unpacked(dataset, broken):
    file = broken / "last.pt"
    with zipfile.ZipFile(file) as archive:
        entries = {one: archive.read(one) for one in archive.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    assert refused(dataset, broken) == f"{file} {REFUSED}"
