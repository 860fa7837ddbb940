"""Damaged files of runs and projects: each in one sentence, and nothing is written."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.engine.command_line import contents, listing, run
from tests.engine.learn_toys import tiny, toy_dataset
from training.data import DataSet
from training.data.labels import Labels
from training.errors import Failure, InputError
from training.learn import train
from training.learn.folder.naming import naming, source_of
from training.learn.folder.run_folder import RunFolder
from training.learn.folder.state import load_last
from training.report.run_files import read_run

CONFIG = tiny(epochs=3, patience=0, size=(16, 24))


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> tuple[DataSet, Path]:
    """A data set, and the run of a training that was stopped; look, do not touch."""
    root = tmp_path_factory.mktemp("half")
    dataset, ended = toy_dataset(root / "data", (1, 2, 3), 2), []
    train(
        dataset,
        Labels(dataset),
        CONFIG,
        root / "run",
        source=source_of(naming(root / "data", root / "project")),
        on_event=lambda e: ended.append(e) if e["event"] == "epoch" else None,
        should_stop=lambda: len(ended) == 2,
    )
    return dataset, root / "run"


@pytest.fixture
def broken(half: tuple[DataSet, Path], tmp_path: Path) -> Path:
    return shutil.copytree(half[1], tmp_path / "run")


def end_of(*words: str | Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line with which a command is refused."""
    assert run(*words) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()[-1:]
    return line


def changed(path: Path, change: Callable[[Any], object]) -> None:
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


STRICT = {
    "config.json": "put it back, or start another training.",
    "splits.json": "put it back, or start another training.",
    "fingerprint.json": "put it back as it was, or start another run.",
    "source.json": "put it back as it was, or start another run.",
    "result.json": "delete it, and what the run has kept is scored again.",
}


@pytest.mark.parametrize("name", STRICT)
@pytest.mark.parametrize("text", ["{", "[]", '{"stopped": {}, "train": 3}', "\x00"])
def test_no_training_goes_on_from_a_damaged_file(
    broken: Path, name: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if name == "source.json" and text.startswith('{"'):
        text = '{"data": 3}'
    if name == "fingerprint.json" and text.startswith('{"'):
        text = '{"frames": {"1_1": 3}}'
    (broken / name).write_text(text)
    before = contents(broken)
    line = end_of("train", "--resume", broken, capsys=capsys)
    assert line.startswith(f"{broken.resolve() / name} cannot be used (")
    assert line.endswith(STRICT[name])
    assert contents(broken) == before


def test_a_changed_split_is_refused(half: tuple[DataSet, Path], broken: Path) -> None:
    changed(broken / "splits.json", lambda split: split["train"].pop())
    with pytest.raises(InputError, match=r"splits\.json cannot be used \(it was chan"):
        train(half[0], Labels(half[0]), CONFIG, broken, resume=True)


def test_an_environment_is_written_anew(
    half: tuple[DataSet, Path], broken: Path
) -> None:
    (broken / "environment.json").write_text("{")
    told: list[str] = []
    train(
        half[0],
        Labels(half[0]),
        CONFIG,
        broken,
        resume=True,
        on_event=lambda e: told.append(str(e.get("text"))),
    )
    (word,) = [text for text in told if "environment.json" in text]
    assert word.endswith("It is written anew.")
    assert json.loads((broken / "environment.json").read_text())["threads"]


LENIENT = ("splits.json", "fingerprint.json", "excluded.json", "result.json")
LENIENT += ("environment.json", "metrics.csv", "events.jsonl", "source.json")


@pytest.mark.parametrize("name", LENIENT)
@pytest.mark.parametrize("kind", ["text", "pipe"])
def test_a_report_says_what_it_cannot_read(
    broken: Path, tmp_path: Path, name: str, kind: str, capfd: Any
) -> None:
    file = broken / name
    file.unlink()
    if kind == "text" and name != "events.jsonl":
        file.write_bytes(b"\xff\x00{")
    elif hasattr(os, "mkfifo"):
        os.mkfifo(file)
        if name == "events.jsonl":  # which only counts where there is no result
            (broken / "result.json").unlink()
    if name == "source.json":  # what is never written over is not known then
        assert "source.json cannot be used (" in end_of(
            "report", broken, "--out", tmp_path / "r.html", capsys=capfd
        )
        return
    assert run("report", broken, "--out", tmp_path / "r.html") == 0
    html = (tmp_path / "r.html").read_text()
    assert f"{file.resolve()} cannot be used (" in html
    assert "what it said is left out here; put it back as it was." in html


@pytest.mark.parametrize("text", ["epoch,a\n1\n", "a\n1\n", "epoch\n1,2\n"])
def test_a_table_of_other_columns_is_left_out(broken: Path, text: str) -> None:
    (broken / "metrics.csv").write_text(text)
    found = read_run(broken)
    assert found.epochs == ()
    (line,) = found.damaged
    assert line.startswith(f"{broken / 'metrics.csv'} cannot be used (a line has other")


def test_an_endless_log_is_read_from_its_end(broken: Path) -> None:
    log = broken / "events.jsonl"
    with log.open("r+b") as file:
        file.truncate(3 << 30)  # zeros, which take no room on the disk
    assert read_run(broken).end == ""
    folder = RunFolder(broken, resume=True)
    assert folder.epochs_told() == set()


def test_what_is_no_file_in_a_run_is_not_waited_for(
    half: tuple[DataSet, Path], broken: Path
) -> None:
    (broken / "events.jsonl").unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(broken / "events.jsonl")
    else:
        (broken / "events.jsonl").mkdir()
    with pytest.raises(InputError, match=r"events\.jsonl is no file but a folder"):
        train(half[0], Labels(half[0]), CONFIG, broken, resume=True)


def test_what_a_kill_left_half_made_is_swept(
    half: tuple[DataSet, Path], broken: Path
) -> None:
    left = broken / ".report-0123456789ab.html"  # which a training does not write
    left.write_bytes(b"half")
    train(half[0], Labels(half[0]), CONFIG, broken, resume=True)
    assert not left.exists()


@pytest.mark.parametrize("gone", ["run", "best.safetensors"])
def test_nothing_is_said_to_be_kept_that_was_removed(
    half: tuple[DataSet, Path], tmp_path: Path, gone: str
) -> None:
    folder = tmp_path / "run"

    def remove(event: Any) -> None:
        if event["event"] == "epoch" and event["epoch"] == 1:
            if gone == "run":
                shutil.rmtree(folder)
            else:
                (folder / gone).unlink()
            asked.append(event)

    asked: list[Any] = []
    dataset = half[0]
    data = (dataset, Labels(dataset), CONFIG, folder)
    if gone == "run":
        with pytest.raises(Failure) as caught:
            train(*data, on_event=remove)
        assert str(caught.value) == (
            f"{folder} was removed or replaced while it was written, and what it held "
            "is gone: start again, and leave the folder where it is until all is done."
        )
        assert listing(tmp_path) == []
        return
    result = train(*data, on_event=remove, should_stop=lambda: bool(asked))
    assert result["checkpoint"] is None
    assert result["text"].endswith(" was removed meanwhile.")


# ---- last.pt -------------------------------------------------------------------


def laughs() -> list[Any]:
    """Return a list that takes no room, and a terabyte once it is written out."""
    value: list[Any] = ["ha"]
    for _ in range(10):
        value = [value] * 16
    return value


def spoil(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda state: state.update(values)


SPOILT = {
    "rows that are written out": lambda s: s["rows"][0].update(more=laughs()),
    "a row twice": lambda s: s["rows"].append(s["rows"][0]),
    "no rows": spoil(rows=[]),
    "an outcome of other epochs": lambda s: s["outcome"].update(epochs=1),
    "a best epoch to come": lambda s: s["outcome"].update(best_epoch=7),
    "a score that is a text": lambda s: s["outcome"]["best"].update(dice="0.5"),
    "a score that is no number": lambda s: s["outcome"]["best"].update(
        dice=float("nan")
    ),
    "a best that is a number": lambda s: s["outcome"].update(best=5),
    "a rule beyond all": lambda s: s["outcome"]["best"].update(rule=[0.5, 2, 0]),
    "a number beyond all in a row": lambda s: s["rows"][0].update(seconds=10**400),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_state_whose_course_does_not_fit_is_refused(
    half: tuple[DataSet, Path], broken: Path, name: str
) -> None:
    state = torch.load(broken / "last.pt", weights_only=True)
    SPOILT[name](state)
    torch.save(state, broken / "last.pt")
    before = contents(broken)
    with pytest.raises(InputError, match=r"last\.pt does not fit the training"):
        train(half[0], Labels(half[0]), CONFIG, broken, resume=True)
    assert contents(broken) == before


@pytest.mark.parametrize("version", [10**400, torch.ones(3), None, True])
def test_a_version_that_is_none_is_refused(broken: Path, version: Any) -> None:
    state = torch.load(broken / "last.pt", weights_only=True)
    torch.save({**state, "version": version}, broken / "last.pt")
    with pytest.raises(InputError, match="is damaged, or holds more than tensors"):
        load_last(broken / "last.pt")


def test_a_bit_of_a_weight_that_was_changed_is_noticed(broken: Path) -> None:
    file = broken / "last.pt"
    data = bytearray(file.read_bytes())
    weights = load_last(file).weights["network"]
    bias = next(value for name, value in weights.items() if name.endswith("bias"))
    data[data.index(bias.numpy().tobytes()) + 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(InputError, match="is damaged, or holds more than tensors"):
        load_last(file)


@pytest.mark.parametrize("how", ["before", "behind", "comment"])
def test_an_archive_with_something_around_it_is_refused(broken: Path, how: str) -> None:
    file = broken / "last.pt"
    data = file.read_bytes()
    if how == "comment":
        with zipfile.ZipFile(file, "a") as archive:
            archive.comment = b"x"
    else:
        file.write_bytes(b"x" + data if how == "before" else data + b"\0" * 22)
    with pytest.raises(InputError, match="is damaged, or holds more than tensors"):
        load_last(file)


def test_a_state_longer_than_its_network_can_have_is_not_read(broken: Path) -> None:
    with (broken / "last.pt").open("r+b") as file:
        file.truncate(1 << 30)
    with pytest.raises(InputError, match=r"last\.pt cannot be used \(it has 1,073,"):
        load_last(broken / "last.pt", 10_000)
