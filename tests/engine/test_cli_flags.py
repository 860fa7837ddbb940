"""Every setting of a training is a flag, and flags beat the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tests.engine.command_line import run, write_subjects
from training.cli.console import as_typed
from training.commands import COMMANDS
from training.learn import RECIPES, TrainConfig
from training.learn.settings.augmentation import Augmentation
from training.learn.settings.words import documented


@pytest.fixture
def settings_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """Return what ``nerveseg train`` asks for when it is given some words."""
    seen: list[dict[str, Any]] = []

    def train(options: Any, *_: object) -> dict[str, Any]:
        seen.append(options.config)
        return {"stopped": None}

    monkeypatch.setattr(COMMANDS["train"], "run", train)

    def ask(*words: str | Path) -> dict[str, Any]:
        assert run("train", tmp_path, *words) == 0
        return seen.pop()

    return ask


def test_every_setting_and_strength_is_a_flag_with_its_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("train", "--help") == 0
    text = " ".join(capsys.readouterr().out.split())
    for cls in (TrainConfig, Augmentation):
        words = documented(cls)
        for field in fields(cls):
            if field.name != "augmentation":
                assert f"--{field.name.replace('_', '-')} " in text
                assert words[field.name].split()[0] in text
    assert all(recipe in documented(TrainConfig)["recipe"] for recipe in RECIPES)


def test_what_is_not_given_is_not_asked_for(
    settings_of: Callable[..., dict[str, Any]],
) -> None:
    assert settings_of() == {}


def test_flags_carry_numbers_lists_switches_and_strengths(
    settings_of: Callable[..., dict[str, Any]],
) -> None:
    asked = settings_of(
        *("--recipe", "unet", "--size", "128x176", "--widths", "8,16", "--seed", "3"),
        *("--no-amp", "--fill-holes", "--nerve-share", "0.5", "--rotation", "5"),
    )
    assert asked == {
        "recipe": "unet",
        "size": [128, 176],
        "widths": [8, 16],
        "seed": 3,
        "amp": False,
        "fill_holes": True,
        "nerve_share": 0.5,
        "augmentation": {"rotation": 5.0},
    }
    config = TrainConfig.from_json(asked)
    assert (config.size, config.augmentation.rotation) == ((128, 176), 5.0)


def test_flags_beat_the_file(
    tmp_path: Path, settings_of: Callable[..., dict[str, Any]]
) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(RECIPES["seed"]().to_json()))
    asked = settings_of("--config", file, "--epochs", "2", "--flip", "0.1")
    config = TrainConfig.from_json(asked)
    assert (config.recipe, config.epochs, config.batch) == ("seed", 2, 4)
    assert config.augmentation.flip == 0.1
    assert config.augmentation.shift == RECIPES["seed"]().augmentation.shift


def test_a_checkpoint_to_begin_with_is_named_for_good(
    tmp_path: Path,
    settings_of: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = settings_of("--init-from", "runs/a")
    assert asked == {"init_from": str(tmp_path / "runs" / "a")}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--size", "large"], "--size large: write whole numbers such as 128x176."),
        (["--widths", "1,b"], "--widths 1,b: write whole numbers such as"),
        (["--epochs", "many"], "see 'nerveseg train --help'"),
        (["--flip", "2"], "augmentation flip is 2.0: give a number from 0 (off) to 1."),
        (["--config", "TMP/none.json"], "cannot be read (No such file or directory)"),
        (["--config", "TMP/bad.json"], "is no JSON"),
        (["--config", "TMP/list.json"], 'holds no settings by name: write {"epochs"'),
        (["--config", "TMP/odd.json", "--flip", "0"], "augmentation is 'strong': give"),
    ],
)
def test_a_wrong_flag_is_one_line_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], text: str
) -> None:
    data = write_subjects(tmp_path / "data")
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "odd.json").write_text('{"augmentation": "strong"}')
    words = [word.replace("TMP", str(tmp_path)) for word in words]
    before = sorted(tmp_path.iterdir())
    assert run("train", data, "--project", tmp_path / "p", *words) == 2
    *_, line = capsys.readouterr().err.splitlines()
    assert text in line
    assert sorted(tmp_path.iterdir()) == before


def test_without_the_wheel_the_default_recipe_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.networks.pretrained.find_spec", lambda _: None)
    data = write_subjects(tmp_path / "data")
    assert run("train", data, "--project", tmp_path / "p") == 2
    *_, line = capsys.readouterr().err.splitlines()
    assert "pip install 'napari-nerveseg[pretrained]'" in line
    assert "--recipe unet" in line
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["--val-subjects", "P02"],
            "--val-subjects names subject P02, but there is no such subject;",
        ),
        (
            ["--test-subjects", "1", "--val-subjects", "1"],
            "Subject 1 is in --val-subjects and in --test-subjects: take it out",
        ),
        (
            ["--subject-by", "none", "--val-subjects", "1"],
            "--val-subjects names subject 1, but these frames carry no subjects: leave "
            "it out, or tell subjects by --subject-by.",
        ),
        (["--learning-rate", "20"], "--learning-rate is 20.0: give a number above 0"),
    ],
)
def test_a_refusal_names_settings_as_they_are_typed(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    sentence: str,
) -> None:
    data = write_subjects(tmp_path / "val_subjects")
    assert run("train", data, "--recipe", "unet", *words) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(sentence)


@pytest.mark.parametrize(
    "text",
    [
        "/data/val_subjects/1_1.tif cannot be read.",
        "val_subjects.tif, train_masks.csv and my_learning_rate stay as they are.",
        "--space tune.json: learning_rate has to be so.",
    ],
)
def test_names_of_files_are_no_settings(text: str) -> None:
    names = ("val_subjects", "learning_rate") if "--space" not in text else ()
    assert as_typed(text, names) == text
