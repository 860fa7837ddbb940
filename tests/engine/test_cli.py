"""The command line: exit codes, one-line mistakes, JSON, nothing half written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.command_line import listing, run, write_subjects
from tests.engine.predicting import tiny_checkpoint
from training.data import Project
from training.data.store import LabelStore, VerdictRecord
from training.duplicates import load_duplicates

#: What ``evaluate --json`` promises to hold at least.
LISTED = {
    "competition_dice",
    "competition_dice_ci",
    "blank_baseline",
    "dice_nerve_frames",
    "iou_nerve_frames",
    "hd95_nerve_frames",
    "presence_auc",
    "sensitivity",
    "specificity",
    "pixel_accuracy",
    "centroid_distance_nerve_frames",
    "n_frames",
    "per_subject",
    "warnings",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Five subjects of four frames, with one conflict."""
    return write_subjects(tmp_path / "train")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with a small checkpoint."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    tiny_checkpoint(folder / "best.safetensors")
    return folder


def test_duplicates_writes_the_documented_json(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.json"
    code = run("duplicates", data, "--project", tmp_path / "p", "--json", target)
    assert code == 0
    result = json.loads(target.read_text())
    assert set(result) >= {
        "n_frames",
        "threshold",
        "window",
        "pairs",
        "groups",
        "seconds",
    }
    assert (result["n_frames"], result["threshold"]) == (20, 0.99)
    assert result["window"] == "uniform7"
    (pair,) = result["pairs"]
    assert (pair["a"], pair["b"]) == ("1_1", "1_2")
    assert pair["ssim"] > 0.99
    assert (pair["conflict"], pair["dice"]) == ("empty-versus-nerve", 0.0)
    (group,) = result["groups"]
    assert group["frames"] == ["1_1", "1_2"]
    assert group["conflict"] == "empty-versus-nerve"
    assert group["min_ssim_bound"] == pytest.approx(pair["ssim"], abs=1e-6)
    assert "1 groups with masks that disagree" in capsys.readouterr().out


def test_json_dash_is_all_of_standard_output(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("scan", data, "--project", tmp_path / "p", "--json", "-") == 0
    printed = capsys.readouterr()
    result = json.loads(printed.out)
    assert (result["n_frames"], result["n_nerve"], result["n_empty"]) == (20, 10, 10)
    assert "Project folder:" in printed.err


def test_train_predict_evaluate_export(
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    before = listing(data)
    project, out, scores = tmp_path / "p", tmp_path / "run", tmp_path / "scores.json"
    words = ("--epochs", "1", "--size", "32x48", "--test-subjects", "5")
    words += ("--project", project)
    assert run("train", data, "--out", "run", *words, "--json", "trained.json") == 0
    trained = json.loads((tmp_path / "trained.json").read_text())
    assert trained["run"] == str(out), "a relative path means nothing elsewhere"
    assert trained["checkpoint"] == str(out / "best.safetensors")
    predictions = tmp_path / "predictions"
    assert run("predict", out, data, "--out", predictions, "--probabilities") == 0
    assert len(list(predictions.glob("*_mask.png"))) == 20
    code = run("evaluate", predictions, data, "--project", project, "--json", scores)
    assert code == 0
    result = json.loads(scores.read_text())
    assert result["n_frames"] == 20
    assert set(result) >= LISTED
    assert set(result["per_subject"]) == {"1", "2", "3", "4", "5"}
    low, high = result["competition_dice_ci"]
    assert low <= result["competition_dice"] <= high
    assert result["blank_baseline"] == 0.5
    assert (result["labels"], result["snapshot"]) == ("source", "source")
    assert "a blank mask has" in capsys.readouterr().out
    mended = tmp_path / "mended"
    assert run("export", data, "--out", mended, "--project", project) == 0
    assert len(list(mended.rglob("*_mask.tif"))) == 20
    assert listing(data) == before, "the data folder is only ever read"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["duplicates", "DATA", "--threshold", "1.5"], "threshold"),
        (["duplicates", "DATA", "--scope", "frame"], "scope"),
        (["duplicates", "DATA", "--window", "box"], "no SSIM window 'box'"),
        (["duplicates", "DATA", "--roi", "0,9,9"], "give four whole numbers"),
        (["duplicates", "DATA", "--roi", "0,9,0,5"], "7 rows and columns or more"),
        (["duplicates", "DATA", "--device", "abacus"], "The device 'abacus' cannot"),
        (["train", "DATA", "--recipe", "vgg"], "There is no recipe 'vgg'"),
        (["train", "DATA", "--epochs", "0"], "epochs"),
        (["train", "DATA", "--val-subjects", "99"], "99"),
        (["train", "DATA", "--device", "tpu"], "tpu"),
        (["predict", "TMP/none", "DATA", "--out", "TMP/o"], "none"),
        (["evaluate", "TMP/none", "DATA"], "none"),
        (["evaluate", "TMP/none", "DATA", "--labels", "x"], "--labels x"),
        (["export", "DATA", "--out", "DATA/e"], "DATA"),
        (["train", "DATA", "--out", "DATA/run"], "which is only read"),
        (["scan", "DATA", "--json", "TMP"], "is a folder: name a file"),
        (["export", "DATA", "--out", "TMP/e", "--format", "bmp"], "--format bmp"),
        (["scan", "TMP/nowhere"], "nowhere"),
        (["scan", "DATA", "--json", "TMP/no/f.json"], "create it first"),
        (["stop", "TMP"], "is no run folder"),
        (["review", "TMP/nowhere"], "nowhere"),
        (["demo", "--out", "DATA"], "which no demo wrote"),
        (["demo", "--minutes", "0"], "--minutes 0"),
        (["fly"], "No such command 'fly'; see 'nerveseg --help'"),
        (["scan", "DATA", "--deep"], "see 'nerveseg scan --help'"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_mistake_is_one_line_and_nothing_is_written(
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    text: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DISPLAY", ":0")
    before = listing(tmp_path)
    filled = [
        word.replace("DATA", str(data)).replace("TMP", str(tmp_path)) for word in words
    ]
    if words[0] not in {"stop", "demo", "predict", "fly"}:
        filled += ["--project", str(tmp_path / "p")]
    assert run(*filled) == 2
    errors = capsys.readouterr().err.splitlines()
    where = ("Project folder:", "Run folder:", "These frames have not been searched")
    said = [line for line in errors if not line.startswith(where)]
    assert len(said) == 1, said
    assert text.replace("DATA", str(data)) in said[0]
    assert listing(tmp_path) == before


def test_one_corrupt_file_among_good_ones_is_named_and_passed_over(
    data: Path, tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "3_3.tif").write_bytes(b"not a picture")
    (data / "4_1_mask.tif").write_bytes(b"no mask")
    out, project = tmp_path / "o", ("--project", tmp_path / "p")
    for words, name in (
        (["scan", data, *project], "3_3.tif"),
        (["duplicates", data, *project], "3_3.tif"),
        (["predict", checkpoint, data, "--out", out], "3_3"),
        (["evaluate", out, data, *project], "4_1_mask.tif"),
        (["export", data, "--out", tmp_path / "e", *project], "4_1_mask.tif"),
    ):
        assert run(*words, "--json", "-") == 0, words
        printed = capsys.readouterr()
        warnings = json.loads(printed.out)["warnings"]
        assert any(name in text for text in warnings), words
        said = printed.err.splitlines()
        for text in warnings:
            assert said.count(f"Warning: {text}") == 1, words


def test_many_warnings_are_cut_short_on_the_screen_alone(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for mask in data.glob("*_mask.tif"):
        mask.write_bytes(b"no mask")
    for index in range(30):
        (data / f"9_{index}.tif").write_bytes(b"no picture")
    assert run("stats", data, "--project", tmp_path / "p", "--json", "-") == 0
    printed = capsys.readouterr()
    warnings = json.loads(printed.out)["warnings"]
    assert len(warnings) >= 50
    said = printed.err.splitlines()
    before = sum(line.startswith("Warning: 30 problems of the kind") for line in said)
    assert sum(line.startswith("Warning: ") for line in said) == 20 + before
    rest = len(warnings) - 20 - before
    assert said[-1] == f"… and {rest} more warnings; --json lists them all."


def test_no_readable_file_at_all_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "1_1.tif").write_bytes(b"no")
    (folder / "1_2.tif").write_bytes(b"no")
    assert run("scan", folder, "--project", tmp_path / "p") == 2
    *_, line = capsys.readouterr().err.splitlines()
    assert "none of its 2 frames can be read; the first problem: 1_1.tif" in line


def test_every_command_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    from training.cli.app import app

    for command in app.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__
        assert run(name, "--help") == 0
        assert re.search(rf"Examples?: nerveseg {name}\b", capsys.readouterr().out)


def test_module_and_command_are_one(data: Path, tmp_path: Path) -> None:
    words = ["scan", str(data), "--project", str(tmp_path / "p"), "--json", "-"]
    module = subprocess.run(
        [sys.executable, "-P", "-m", "training", *words],
        capture_output=True,
        check=True,
    )
    command = subprocess.run(
        [str(Path(sys.executable).with_name("nerveseg")), *words],
        capture_output=True,
        check=True,
    )
    assert json.loads(module.stdout) == json.loads(command.stdout)


def test_predict_without_out_writes_into_the_project_folder(
    data: Path, tmp_path: Path, checkpoint: Path
) -> None:
    project = tmp_path / "p"
    assert run("predict", checkpoint, data, "--project", project) == 0
    written = project / "predictions" / "first" / "1_1_mask.png"
    assert written.is_file()


def test_to_replace_this_very_folder_is_refused_in_words(
    data: Path,
    tmp_path: Path,
    checkpoint: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    assert run("predict", checkpoint, data, "--out", ".") == 0
    capsys.readouterr()
    assert run("predict", checkpoint, data, "--out", ".") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(str(here))


def decide(project: Path, verdict: str, excluded: tuple[str, ...] = ()) -> None:
    """Settle the conflict of 1_1 and 1_2 as a reviewer does."""
    record = VerdictRecord(("1_1", "1_2"), verdict, None, ("1_1", "1_2"), "", None)
    with LabelStore.open(Project(project).make().labels) as store:
        store.act(
            "verdict", verdict=record, statuses=dict.fromkeys(excluded, "excluded")
        )


@pytest.mark.parametrize("verdict", ["not-duplicate", "exclude"])
def test_duplicates_honours_verdicts_and_keeps_every_pair(
    data: Path, tmp_path: Path, verdict: str
) -> None:
    project, target = tmp_path / "p", tmp_path / "d.json"
    decide(project, verdict, ("1_2",) if verdict == "exclude" else ())
    words = ("duplicates", data, "--project", project, "--json", target)
    assert run(*words) == 0
    result = json.loads(target.read_text())
    left = [(p["a"], p["b"], p["conflict"], p["dice"]) for p in result["pairs"]]
    assert left == ([] if verdict == "not-duplicate" else [("1_1", "1_2", None, None)])
    assert not any(group["conflict"] for group in result["groups"])
    assert load_duplicates(project / "duplicates.npz").i.size == 1


def test_current_labels_where_there_are_none_are_said_to_be_the_source(
    data: Path, tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, project = tmp_path / "o", tmp_path / "p"
    assert run("predict", checkpoint, data, "--out", out) == 0
    capsys.readouterr()
    words = ("evaluate", out, data, "--labels", "current", "--project", project)
    assert run(*words, "--json", "-") == 0
    printed = capsys.readouterr()
    text = f"{project} holds no labels: the current masks are the source's."
    assert f"Warning: {text}" in printed.err.splitlines()
    result = json.loads(printed.out)
    assert text in result["warnings"]
    assert (result["labels"], result["snapshot"]) == ("current", "source")
    decide(project, "keep")
    assert run(*words, "--json", "-") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["labels"] == "current"
    assert result["snapshot"] != "source"


def test_masks_may_come_from_a_csv_in_every_command_that_reads_them(
    data: Path, tmp_path: Path, checkpoint: Path
) -> None:
    for mask in data.glob("*_mask.tif"):
        mask.unlink()
    table, scores = tmp_path / "m.csv", tmp_path / "s.json"
    table.write_text("subject,img,pixels\n1,1,5 3\n1,2,\n")
    words = ("--masks", table, "--project", tmp_path / "p", "--json", scores)
    assert run("predict", checkpoint, data, "--out", tmp_path / "o") == 0
    for command in (["scan"], ["duplicates"], ["evaluate", tmp_path / "o"]):
        assert run(*command, data, *words) == 0
    assert json.loads(scores.read_text())["n_frames"] == 2
    assert run("export", data, "--out", tmp_path / "e", *words) == 0
    assert len(list((tmp_path / "e").glob("*_mask.tif"))) == 2
