"""``nerveseg conflicts`` and ``nerveseg resolve``."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from tests.toys import disc, smooth_frame, write_kaggle
from training.cli import main
from training.data.store import LabelStore

SHAPE = (64, 80)
EMPTY = np.zeros(SHAPE, bool)
NERVE = disc(SHAPE, (30, 40), 12)


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    frames = {}
    for k in range(3):
        frame = smooth_frame(k, SHAPE)
        twin = frame.copy()
        twin[5, 5] ^= 1
        frames[f"1_{2 * k}"] = (frame, NERVE)
        frames[f"1_{2 * k + 1}"] = (twin, NERVE if k == 2 else EMPTY)
    data = write_kaggle(tmp_path / "data", frames)
    return [str(data), "--project", str(tmp_path / "project")]


def test_conflicts_prints_and_writes_the_whole_record(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, file = tmp_path / "c.csv", tmp_path / "c.json"
    more = ["--csv", str(table), "--json", str(file)]
    assert main(["conflicts", *words, *more]) == 0
    said = capsys.readouterr()
    assert "searching now" in said.err
    assert said.out.splitlines() == [
        "2 conflicts are open, 0 resolved; the open ones cost a perfect model 2.0 "
        "frames of 6, 0.3333 of the competition's Dice.",
        "Two annotations of one picture agree with Dice 0.333 (3 pairs, masks as in the"
        " data folder); a perfect model could score 0.667 at most on such frames.",
        "  1_0 1_1  empty-versus-nerve  harm 1.00",
        "  1_2 1_3  empty-versus-nerve  harm 1.00",
    ]
    with table.open(newline="") as lines:
        assert [line["a"] for line in csv.DictReader(lines)] == ["1_0", "1_2"]
    value = json.loads(file.read_text())
    assert value["harm"] == 2.0 and value["label_noise"]["n_pairs"] == 3
    assert main(["conflicts", *words]) == 0
    assert "Taking the stored search" in capsys.readouterr().err


@pytest.mark.parametrize("rule", ["drop-empty-twin", "propagate"])
def test_resolve_settles_all_and_is_undone_as_one(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], rule: str
) -> None:
    labels = tmp_path / "project" / "labels.sqlite"
    command = ["resolve", *words, "--rule", rule]
    assert main([*command, "--dry-run"]) == 0
    assert f"The rule {rule} would change 2 frames" in capsys.readouterr().out
    assert not labels.exists()

    assert main([*command, "--author", "ada", "--json", "-"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["action"] == 1
    assert [change["frame"] for change in value["changes"]] == ["1_1", "1_3"]
    with LabelStore.open(labels) as store:
        (action,) = store.history()
        assert (action.author, action.kind, action.note) == ("ada", "rule", rule)
    assert main(["conflicts", *words]) == 0
    assert "0 conflicts are open, 2 resolved" in capsys.readouterr().out

    assert main(command) == 0
    assert "changed 0 frames" in capsys.readouterr().out
    assert main(["resolve", *words, "--undo", "1"]) == 0
    assert capsys.readouterr().out == "Action 1 is undone over 2 frames.\n"
    assert main(["conflicts", *words]) == 0
    assert "2 conflicts are open, 0 resolved" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ([], "Give either --rule or --undo ACTION."),
        (
            ["--rule", "propagate", "--undo", "1"],
            "Give either --rule or --undo ACTION.",
        ),
        (
            ["--rule", "tidy"],
            "There is no rule 'tidy'; use drop-empty-twin or propagate.",
        ),
    ],
)
def test_bad_settings_are_one_line_and_nothing_is_written(
    words: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    sentence: str,
) -> None:
    assert main(["resolve", *words, *more]) == 2
    assert capsys.readouterr().err == sentence + "\n"
    assert not (tmp_path / "project").exists()


def test_undo_needs_a_store_and_csv_a_folder(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["resolve", *words, "--undo", "4"]) == 2
    assert "so there is no action 4 to undo" in capsys.readouterr().err
    target = tmp_path / "nowhere" / "c.csv"
    assert main(["conflicts", *words, "--csv", str(target)]) == 2
    assert capsys.readouterr().err == (
        f"--csv {target}: the folder {target.parent} is not there; create it first.\n"
    )
    assert not (tmp_path / "project").exists()
