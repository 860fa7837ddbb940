"""No run goes on with masks or frames that are read otherwise than before."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.engine.command_line import contents, run
from tests.engine.learn_toys import TINY, toy_dataset
from training.commands.folding import Crossval, crossval
from training.data import DataSet, open_dataset, rle
from training.errors import InputError
from training.learn.run.reading import check_reading, reading_of


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return toy_dataset(tmp_path_factory.mktemp("toys"), (1, 2, 3), 2)


def write_masks(file: Path, toys: DataSet, moved: str = "") -> Path:
    """Write the toys' masks as run lengths, those of one subject elsewhere."""
    masks = {}
    for entry in toys.entries:
        mask = toys.mask(entry.id)
        assert mask is not None
        masks[entry.id] = np.roll(mask, 16, 1) if entry.subject == moved else mask
    rle.write_csv(file, masks)
    return file


@pytest.fixture
def begun(toys: DataSet, tmp_path: Path) -> dict[str, list[str | Path]]:
    """Begin a training that tests subject 3, and a cross-validation; say how to go on.

    Both have the masks of a CSV file, which only the beginning names.
    """
    config = tmp_path / "config.json"
    config.write_text(json.dumps({**TINY, "recipe": "unet", "epochs": 1}))
    masks = write_masks(tmp_path / "masks.csv", toys)
    data = [toys.root, "--masks", masks, "--project", tmp_path / "project"]
    more = ["--config", config, "--out", tmp_path / "train", "--test-subjects", "3"]
    assert run("train", *data, *more) == 0
    settings = json.loads(config.read_text())
    out = tmp_path / "crossval"
    options = Crossval(
        data=toys.root,
        reading={"masks_csv": masks},
        project=tmp_path / "project",
        config=settings,
        folds=2,
        out=out,
    )
    crossval(options, lambda event: None, (out / "config.json").exists)  # stops at once
    return {
        "train": ["train", "--resume", tmp_path / "train", "--epochs", "2"],
        "crossval": ["crossval", toys.root, "--resume", out],
    }


#: What else may be done where masks are others.
BESIDES = {"train": ", or pass --ignore-fingerprint", "crossval": ""}


@pytest.mark.parametrize("command", ["train", "crossval"])
def test_other_masks_are_refused_and_the_same_ones_elsewhere_are_not(
    toys, begun, tmp_path, capsys, command
) -> None:
    # Those of subject 3 alone: no frame that the training has read is another.
    others = write_masks(tmp_path / "others.csv", toys, moved="3")
    before = contents(tmp_path / command)
    assert run(*begun[command], "--masks", others) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"{tmp_path / command} was begun with other masks: give --masks as it was "
        f"then, or put its file back if that has changed{BESIDES[command]}."
    )
    assert contents(tmp_path / command) == before
    moved = (tmp_path / "masks.csv").rename(tmp_path / "moved.csv")
    assert run(*begun[command], "--masks", moved) == 0


@pytest.mark.parametrize("command", ["train", "crossval", "report"])
@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--mask-names", "none"], "another --mask-names (as found, not none): give"),
        (["--nerve-label", "1"], "another label of the nerve (as found, not 1): give"),
        (["--as-found"], "other masks: give --masks as it was then"),
        (["--luminance"], "another --luminance (off, not on): give"),
    ],
)
def test_another_choice_is_named_before_frames_are_missed(
    begun, tmp_path, capsys, command, flags, text
) -> None:
    """Other names of masks, for one, would make frames of them."""
    how = {**begun, "report": ["report", tmp_path / "train"]}[command]
    before = contents(tmp_path)
    assert run(*how, *flags) == 2
    assert f"was begun with {text}" in capsys.readouterr().err.splitlines()[-1]
    assert contents(tmp_path) == before


def test_masks_changed_in_place_are_gone_on_with_as_the_refusal_says(
    toys, begun, tmp_path, capsys
) -> None:
    write_masks(tmp_path / "masks.csv", toys, moved="3")
    assert run(*begun["train"]) == 2
    assert "or pass --ignore-fingerprint." in capsys.readouterr().err
    assert run(*begun["train"], "--ignore-fingerprint") == 0


def test_masks_of_frames_that_no_split_knows_do_not_count(toys, tmp_path) -> None:
    first = write_masks(tmp_path / "masks.csv", toys)
    before = open_dataset(toys.root, masks_csv=first)
    used = [entry.id for entry in before.entries if entry.subject != "3"]
    others = write_masks(tmp_path / "others.csv", toys, moved="3")
    now = open_dataset(toys.root, masks_csv=others)
    check_reading(Path("run"), reading_of(before, used), now, used)
    with pytest.raises(InputError, match="with other masks"):
        check_reading(Path("run"), reading_of(before, toys.ids), now, toys.ids)


def test_each_kind_of_run_is_gone_on_with_by_its_own_command(
    toys, begun, tmp_path, capsys
) -> None:
    single, folds = tmp_path / "train", tmp_path / "crossval"
    before = contents(tmp_path)
    assert run("crossval", toys.root, "--resume", single) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"{single} is a single training: go on with 'nerveseg train --resume {single}'."
    )
    assert run("train", "--resume", folds) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"{folds} is a cross-validation: go on with 'nerveseg crossval DATA --resume "
        f"{folds}'."
    )
    assert contents(tmp_path) == before


@pytest.mark.parametrize("command", ["train", "crossval"])
def test_what_is_chosen_for_the_project_meanwhile_does_not_count(
    toys, begun, tmp_path, command
) -> None:
    source = {
        "luminance": False,
        "data": str(toys.root),
        "project": str(tmp_path / "project"),
        "masks_csv": str(tmp_path / "masks.csv"),
    }
    assert json.loads((tmp_path / command / "source.json").read_text()) == source
    others = write_masks(tmp_path / "others.csv", toys, moved="3")
    project = ["--project", tmp_path / "project"]
    assert run("scan", toys.root, "--masks", others, *project) == 0
    assert run(*begun[command]) == 0
    kept = json.loads((tmp_path / "project" / "reading.json").read_text())
    assert kept == {"masks_csv": str(others)}


def test_what_was_chosen_before_is_in_the_source_of_a_run(
    toys, begun, tmp_path
) -> None:
    kept = json.loads((tmp_path / "project" / "reading.json").read_text())
    assert kept == {"masks_csv": str(tmp_path / "masks.csv")}
    words = ["--config", tmp_path / "config.json", "--out", tmp_path / "second"]
    assert run("train", toys.root, "--project", tmp_path / "project", *words) == 0
    source = json.loads((tmp_path / "second" / "source.json").read_text())
    assert source["masks_csv"] == str(tmp_path / "masks.csv")


def test_subjects_are_compared_wherever_they_come_from(toys) -> None:
    before = reading_of(toys, toys.ids)
    entries = [replace(entry, subject="1") for entry in toys.entries]
    now = DataSet(toys.root, toys.layout, entries, reading=toys.reading)
    with pytest.raises(InputError, match="begun with other subjects: give --subject"):
        check_reading(Path("run"), before, now, toys.ids)


def test_what_is_left_out_is_as_it_was(begun, tmp_path) -> None:
    assert run(*begun["crossval"]) == 0
    source = json.loads((tmp_path / "crossval" / "fingerprint.json").read_text())
    assert source["run_lengths"] is not None


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ({"nerve_label": 1}, "with another label of the nerve (as found, not 1): give"),
        ({"luminance": True}, "with another --luminance (off, not on): give --lum"),
        (
            {"invert_masks": True},
            "was begun with another --invert-masks (off, not on): give --invert-masks "
            "as it was then, or leave out all choices: the run knows its own.",
        ),
    ],
)
def test_other_ways_to_read_are_refused(toys, how, text) -> None:
    other = open_dataset(toys.root, **how)
    with pytest.raises(InputError, match=re.escape(text)):
        check_reading(Path("run"), reading_of(toys, toys.ids), other, toys.ids)
    earlier = {"labels": "source"}  # of an earlier version
    check_reading(Path("run"), earlier, other, toys.ids)
