"""The command line: exit codes, one-line mistakes, JSON, nothing half written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.toys import disc, smooth_frame, write_kaggle
from training.cli import main

SHAPE = (64, 80)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Five subjects of four frames; 1_1 and 1_2 are one picture, one mask empty."""
    nerve, empty = disc(SHAPE, (30, 40), 12), np.zeros(SHAPE, bool)
    frames = {
        f"{subject}_{index}": (
            smooth_frame(10 * subject + index, SHAPE),
            nerve if index % 2 else empty,
        )
        for subject in range(1, 6)
        for index in range(1, 5)
    }
    frames["1_2"] = (frames["1_1"][0].copy(), empty)
    frames["1_2"][0][0, 0] ^= 1
    return write_kaggle(tmp_path / "train", frames)


def run(*words: str | Path) -> int:
    """Run ``nerveseg`` in this process."""
    return main([str(word) for word in words])


def listing(folder: Path) -> list[str]:
    """Everything below a folder, to compare before and after."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


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
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = listing(data)
    project, out, scores = tmp_path / "p", tmp_path / "run", tmp_path / "scores.json"
    words = ("--epochs", "1", "--test-subjects", "5", "--project", project)
    assert run("train", data, "--out", out, *words) == 0
    assert (out / "best.safetensors").is_file()
    predictions = tmp_path / "predictions"
    assert run("predict", out, data, "--out", predictions, "--probabilities") == 0
    assert len(list(predictions.glob("*_mask.png"))) == 20
    code = run("evaluate", predictions, data, "--project", project, "--json", scores)
    assert code == 0
    result = json.loads(scores.read_text())
    assert result["n_frames"] == 20
    assert result["blank_baseline"] == 0.5
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
        (["train", "DATA", "--recipe", "vgg"], "--recipe vgg: there is no such recipe"),
        (["train", "DATA", "--epochs", "0"], "epochs"),
        (["train", "DATA", "--val-subjects", "99"], "99"),
        (["train", "DATA", "--device", "tpu"], "tpu"),
        (["predict", "TMP/none", "DATA", "--out", "TMP/o"], "none"),
        (["evaluate", "TMP/none", "DATA"], "none"),
        (["evaluate", "TMP/none", "DATA", "--labels", "x"], "--labels x"),
        (["export", "DATA", "--out", "DATA/e"], "DATA"),
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
    where = ("Project folder:", "Run folder:")
    said = [line for line in errors if not line.startswith(where)]
    assert len(said) == 1, said
    assert text.replace("DATA", str(data)) in said[0]
    assert listing(tmp_path) == before


def test_one_corrupt_file_among_good_ones_is_named_and_passed_over(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "3_3.tif").write_bytes(b"not a picture")
    assert run("scan", data, "--project", tmp_path / "p") == 0
    assert "3_3.tif" in capsys.readouterr().err
    target = tmp_path / "d.json"
    code = run("duplicates", data, "--project", tmp_path / "p", "--json", target)
    assert code == 0
    result = json.loads(target.read_text())
    assert len(result["pairs"]) == 1
    assert any("3_3.tif" in warning for warning in result["warnings"])


def test_no_readable_file_at_all_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "1_1.tif").write_bytes(b"no")
    (folder / "1_2.tif").write_bytes(b"no")
    assert run("scan", folder, "--project", tmp_path / "p") == 2
    assert "none of its 2 frames can be read" in capsys.readouterr().err


def test_review_without_a_display_says_what_to_do(
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    if sys.platform != "linux":
        pytest.skip("only Linux can be without a display")
    assert run("review", data) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("There is no display")


def test_every_command_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    from training.cli.app import app

    for command in app.registered_commands:
        assert command.callback is not None
        name = command.callback.__name__
        assert run(name, "--help") == 0
        assert f"Example: nerveseg {name}" in capsys.readouterr().out


def test_doctor_names_what_is_missing_and_its_remedy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.cli.doctor.REQUIRED", ("numpy", "no-such-thing"))
    assert run("doctor", "--json", "-") == 1
    result = json.loads(capsys.readouterr().out)
    (missing,) = [f for f in result["findings"] if f["name"] == "no-such-thing"]
    assert (missing["good"], missing["remedy"]) == (False, "pip install no-such-thing")


def test_interrupted_is_130(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    def interrupt(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("training.data.scan", interrupt)
    assert run("scan", data) == 130


def test_a_fault_of_ours_is_1(
    monkeypatch: pytest.MonkeyPatch, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down(*_args: object, **_more: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("training.data.scan", break_down)
    assert run("scan", data) == 1
    assert "please report it" in capsys.readouterr().err


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
    data: Path, tmp_path: Path
) -> None:
    project = tmp_path / "p"
    words = ("--project", project)
    run_folder = tmp_path / "first"
    assert run("train", data, "--out", run_folder, "--epochs", "1", *words) == 0
    assert run("predict", run_folder, data, *words) == 0
    written = project / "predictions" / "first" / "1_1_mask.png"
    assert written.is_file()
