"""Every command that reads the frames names those that it could not read, once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.engine.command_line import run, write_subjects
from tests.engine.learn_toys import TINY

#: How a file is damaged: what is left of it.
DAMAGE = {
    "empty": lambda whole: b"",
    "no picture": lambda whole: b"II*\0 but no more",
    "cut": lambda whole: whole[: len(whole) // 2],
}

COMMANDS = {
    "conflicts": [],
    "resolve": ["--rule", "propagate", "--dry-run"],
    "leaks": [],
    "train": ["--dry-run"],
}


@pytest.fixture(params=DAMAGE)
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = write_subjects(tmp_path / "data")
    file = folder / "3_2.tif"
    file.write_bytes(DAMAGE[request.param](file.read_bytes()))
    return folder


def told(
    command: str, data: Path, more: list[Any], capsys: pytest.CaptureFixture[str]
) -> tuple[str, dict[str, Any]]:
    """Run a command; return what it says and its JSON."""
    file = data.parent / "result.json"
    words = ["--project", data.parent / "project", "--json", file, *COMMANDS[command]]
    assert run(command, data, *words, *more) == 0
    return capsys.readouterr().err, json.loads(file.read_text())


@pytest.mark.parametrize("command", ["conflicts", "resolve"])
def test_of_a_new_search_and_of_a_stored_one(
    data: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for searched in ("searching now", "Taking the stored search"):
        said, value = told(command, data, [], capsys)
        assert searched in said
        assert said.count("3_2.tif") == 1
        (warning,) = value["warnings"]
        assert warning.startswith("3_2.tif ") and f"Warning: {warning}\n" in said
    new = data / "4_9.tif"  # which no search has seen
    new.write_bytes(b"")
    said, value = told(command, data, [], capsys)
    assert "Taking the stored search" in said and len(value["warnings"]) == 2
    assert said.count("4_9.tif") == 1


def test_of_a_search_for_leaks(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    splits = data.parent / "splits.json"
    splits.write_text('{"train": ["1_1"], "validation": ["1_2"]}')
    said, value = told("leaks", data, ["--splits", splits], capsys)
    assert said.count("3_2.tif") == 1
    for across in ("subjects", "splits"):
        assert value[across]["warnings"][0].startswith("3_2.tif ")


@pytest.mark.parametrize("who", [["--val-subjects", "3"], ["--val-subjects", "1"], []])
def test_of_what_a_training_would_read(
    data: Path, who: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    config = data.parent / "config.json"
    config.write_text(json.dumps({"recipe": "unet", **TINY}))
    said, value = told("train", data, ["--config", config, *who], capsys)
    assert said.count("3_2.tif") == 1
    (warning,) = value["warnings"]
    assert warning.startswith(f"Left out: {data / '3_2.tif'} ")
    assert sum(value["frames"].values()) == 19


def test_of_what_a_preview_tried(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--out", data.parent / "grid.png", "--frames", "20", "--size", "32x40"]
    assert run("augment-preview", data, *words, "--variants", "1") == 0
    said = capsys.readouterr().err
    assert said.count("3_2.tif") == 1
    assert f"Warning: Left out: {data / '3_2.tif'} " in said
