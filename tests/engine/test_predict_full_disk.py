"""A disk that is full in the middle of a prediction."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.command_line import contents, run
from tests.engine.predicting import (
    check_predictions,
    tiny_checkpoint,
    write_folder,
)
from training.data.images import read_image
from training.predict import open_predictions
from training.predict.journal import Journal

#: What is written when there is no room left, and after how many of its kind.
MOMENTS = {"a mask": ("_mask-", 3), "the table": (".predictions-", 0)}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("run") / "best.safetensors")


@pytest.fixture
def words(checkpoint: Path, tmp_path: Path) -> list[str | Path]:
    data = write_folder(tmp_path / "data", 6)
    maps = ["--probabilities", "--device", "cpu", "--backend", "torch"]
    return ["predict", checkpoint, data, *maps, "--project", tmp_path / "project"]


def fill_disk(
    monkeypatch: pytest.MonkeyPatch, kind: str, n: int, number: int = errno.ENOSPC
) -> None:
    """Let there be room for ``n`` files of a kind, and half of the next."""
    real, seen = Path.write_bytes, list[str]()

    def full(path: Path, data: bytes) -> int:
        if kind in path.name:
            seen.append(path.name)
        if len(seen) > n:
            real(path, data[: len(data) // 2])
            raise OSError(number, "No room", str(path))
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)


def fill_journal(monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    """Let the journal's line after ``n`` others be cut off."""
    real, written = Journal._write, list[object]()

    def full(journal: Journal, line: object) -> None:
        written.append(line)
        if len(written) > n + 1:  # the first is the maker's
            assert journal._file is not None
            journal._file.write('{"frame": "1_')
            journal._file.flush()
            raise OSError(errno.ENOSPC, "No space left on device")
        real(journal, line)

    monkeypatch.setattr(Journal, "_write", full)


def is_whole(out: Path) -> bool:
    """Whether all masks of a folder can be read and nothing half-written is there."""
    for mask in out.glob("*_mask.png"):
        assert read_image(mask).ndim == 2
    return not [path for path in out.rglob("*") if path.name.startswith(".")]


def check_goes_on(words: list[str | Path], out: Path, tmp_path: Path) -> None:
    """See that ``--resume`` gives what a prediction in one go gives."""
    assert run(*words, "--out", out, "--resume") == 0
    assert run(*words, "--out", tmp_path / "whole") == 0
    check_predictions(out, tmp_path / "whole")


def said(out: Path) -> str:
    return (
        f"The disk is full: {out} keeps what is done; free some space, and go on by "
        "the same command with --resume."
    )


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_ends_in_one_sentence_and_resume_does_the_rest(
    words, tmp_path, monkeypatch, capsys, moment, number
) -> None:
    out = tmp_path / "out"
    fill_disk(monkeypatch, *MOMENTS[moment], number)
    assert run(*words, "--out", out) == 1
    assert capsys.readouterr().err.splitlines()[-1].endswith(said(out))
    assert is_whole(out)
    monkeypatch.undo()
    check_goes_on(words, out, tmp_path)


def test_a_journal_that_is_cut_off_loses_one_frame(
    words, tmp_path, monkeypatch, capsys
) -> None:
    out = tmp_path / "out"
    fill_journal(monkeypatch, 2)
    assert run(*words, "--out", out) == 1
    assert capsys.readouterr().err.splitlines()[-1].endswith(said(out))
    monkeypatch.undo()
    assert len(open_predictions(out).ids) >= 2
    check_goes_on(words, out, tmp_path)


def test_a_full_disk_keeps_what_was_to_be_replaced(
    words, tmp_path, monkeypatch, capsys
) -> None:
    out = tmp_path / "out"
    assert run(*words, "--out", out) == 0
    before = contents(out)
    fill_disk(monkeypatch, *MOMENTS["a mask"])
    assert run(*words, "--out", out, "--threshold", "0.7") == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("The disk is full (")
    assert contents(out) == before
    assert {path.name for path in tmp_path.iterdir()} >= {"data", "out"}
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    "name", [".predictions-0123abcd.csv", ".1_2_mask-0123abcd.png"]
)
def test_what_a_killed_process_left_half_written_is_no_obstacle(
    words, tmp_path, name
) -> None:
    out = tmp_path / "out"
    assert run(*words, "--out", out) == 0
    (out / name).write_bytes(b"half")
    again: list[Callable[[], int]] = [
        lambda: run(*words, "--out", out, "--resume"),
        lambda: run(*words, "--out", out),
    ]
    assert [go() for go in again] == [0, 0]


def test_a_disk_too_full_to_begin_is_not_told_to_be_gone_on_with(
    words, tmp_path, monkeypatch, capsys
) -> None:
    out = tmp_path / "new" / "out"
    fill_journal(monkeypatch, -1)
    assert run(*words, "--out", out) == 1
    said = "The disk is full: free some space, and predict again."
    assert capsys.readouterr().err.splitlines()[-1].endswith(said)
    assert not out.parent.exists()
    monkeypatch.undo()
    assert run(*words, "--out", out) == 0


def take_away(monkeypatch: pytest.MonkeyPatch, n: int, what: str) -> None:
    """Take the folder, or a mask in it, away before the mask after ``n`` others."""
    real, seen = Path.write_bytes, list[str]()

    def removing(path: Path, data: bytes) -> int:
        if "_mask-" in path.name:
            seen.append(path.name)
            if len(seen) == n + 1:
                gone = path.parent if what == "folder" else path.parent / "1_1_mask.png"
                gone.rename(path.parent.parent / "elsewhere")
                path.parent.mkdir(exist_ok=True)
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", removing)


@pytest.mark.parametrize("what", ["folder", "mask"])
def test_masks_that_are_taken_away_meanwhile_are_not_claimed(
    words, tmp_path, monkeypatch, capsys, what
) -> None:
    out = tmp_path / "out"
    take_away(monkeypatch, 3, what)
    assert run(*words, "--out", out) == 1
    found = capsys.readouterr()
    lost = "has been taken away" if what == "folder" else "has lost 1 masks"
    assert found.err.splitlines()[-1] == (
        f"{out} {lost} since they were predicted: predict again, and leave the folder "
        "alone meanwhile."
    )
    assert "predicted into" not in found.out
    monkeypatch.undo()
    if what == "mask":  # it alone is predicted again
        check_goes_on(words, out, tmp_path)


def test_a_mask_that_went_since_an_earlier_run_is_predicted_again(
    words, tmp_path
) -> None:
    out = tmp_path / "out"
    assert run(*words, "--out", out) == 0
    (out / "1_2_mask.png").unlink()
    check_goes_on(words, out, tmp_path)
    assert len(list(out.glob("*_mask.png"))) == 6
