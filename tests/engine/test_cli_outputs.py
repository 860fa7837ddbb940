"""No command writes over what it reads, or into the data folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.command_line import contents, run
from tests.engine.predicting import tiny_checkpoint, write_folder
from training.cli.app import ALL
from training.cli.flags import flags_of
from training.commands.outputs import Output

#: A command with its output last, which is named by what follows. CAPITALS are paths.
OUTPUTS = {
    "scan": "scan DATA --json",
    "stats json": "stats DATA --json",
    "stats html": "stats DATA --html",
    "duplicates": "duplicates DATA --json",
    "conflicts json": "conflicts DATA --json",
    "conflicts csv": "conflicts DATA --csv",
    "resolve": "resolve DATA --rule propagate --json",
    "leaks": "leaks DATA --json",
    "leaks other": "leaks OTHER DATA --json",
    "train": "train DATA --json",
    "train out": "train DATA --epochs 1 --recipe unet --out",
    "resume": "train --resume RUN --json",
    "crossval": "crossval DATA --json",
    "crossval out": "crossval DATA --recipe unet --out",
    "tune": "tune DATA --json",
    "predict json": "predict NET DATA --json",
    "predict rle": "predict NET DATA --rle",
    "predict out": "predict NET DATA --out",
    "evaluate": "evaluate DATA DATA --json",
    "report json": "report RUN DATA --json",
    "report of its own": "report RUN --json",
    "report out": "report RUN DATA --out",
    "augment-preview": "augment-preview DATA --out",
    "export json": "export DATA --out NEW --json",
    "export out": "export DATA --out",
    "review": "review DATA --screenshot",
}

#: A command, and a file that it must not write over, though not of the data.
KEPT_FILES = {
    "the label store": ("scan DATA --json", "data.nerveseg/labels.sqlite"),
    "and its log": ("predict NET DATA --json", "data.nerveseg/labels.sqlite-wal"),
    "of a project": (
        "scan DATA --project PROJECT --json",
        "project/labels.sqlite",
    ),
    "by a run": ("report RUN --json", "data.nerveseg/labels.sqlite"),
    "the scan": ("stats DATA --json", "data.nerveseg/frames/scan.json"),
    "another run": ("scan DATA --json", "data.nerveseg/runs/r/result.json"),
    "settings": ("report RUN --json", "run/metrics.csv"),
    "of a fold's run": ("report FOLD --json", "run/splits.json"),
    "a checkpoint": ("predict RUN DATA --json", "run/best.safetensors"),
    "beside a checkpoint": ("predict NET DATA --rle", "metrics.csv"),
    "predictions": ("evaluate PRED DATA --json", "pred/predictions.csv"),
    "a mask": ("evaluate PRED DATA --json", "pred/1_1_mask.png"),
    "a map": ("evaluate PRED DATA --json", "pred/probabilities.zarr/64x80/c/0"),
}

#: What the output has to be called to get past the check of its ending.
ENDINGS = {"predict rle": ".csv", "report out": ".html", "augment-preview": ".png"}


def make_place(place: Path) -> Path:
    data = write_folder(place / "data")
    shutil.copytree(data, place / "other")
    for ending in ENDINGS.values():
        (data / f"1_1{ending}.old{ending}").write_bytes(b"not to be touched")
    tiny_checkpoint(place / "net.safetensors")
    (place / "run" / "fold-1").mkdir(parents=True)
    (place / "run" / "config.json").write_text("{}")
    source = {"data": str(data), "luminance": False}
    (place / "run" / "source.json").write_text(json.dumps(source))
    (place / "s.json").write_text("{}")
    return place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_place(tmp_path_factory.mktemp("outputs"))


def words_of(place: Path, text: str) -> list[str | Path]:
    names = {
        "DATA": place / "data",
        "OTHER": place / "other",
        "RUN": place / "run",
        "NET": place / "net.safetensors",
        "NEW": place / "new",
        "PROJECT": place / "project",
        "FOLD": place / "run" / "fold-1",
        "PRED": place / "pred",
        "SETTINGS": place / "s.json",
    }
    return [names.get(word, word) for word in text.split()]


@pytest.fixture
def refused(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[[list[str | Path]], str]:
    """Run a command that has to be refused; return its one line."""

    def ask(words: list[str | Path], within: Path = place) -> str:
        before = contents(within)
        assert run(*words) == 2
        assert contents(within) == before
        *_, line = capsys.readouterr().err.splitlines()
        return line

    return ask


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_output_in_the_data_folder_is_refused(
    place: Path, refused: Callable[[list[str | Path]], str], name: str
) -> None:
    ending = ENDINGS.get(name)
    victim = f"1_1{ending}.old{ending}" if ending else "1_1.tif"
    path = place / "data" / (victim if " out" not in name or ending else "1_1")
    words = [*words_of(place, OUTPUTS[name]), path]
    line = refused(words)
    assert f"{path} lies in the data folder, which is only read: name a" in line
    if ending is None and " out" not in name:
        mask = path.with_name("1_1_mask.tif")
        assert f"{mask} lies in the data folder" in refused([*words[:-1], mask])


def test_every_output_of_every_command_is_asked_about() -> None:
    marked = {
        (name, flag.name)
        for name, (command, _) in ALL.items()
        for flag in flags_of(command.options)
        if any(isinstance(mark, Output) for mark in flag.marks)
    }
    asked = {text.split()[0].replace("-", "_") for text in OUTPUTS.values()}
    assert {command for command, _ in marked} - {"doctor"} <= asked
    files = {name for _, name in marked}
    assert files == {"json", "html", "csv", "rle", "out", "screenshot"}


@pytest.mark.parametrize("masks", ["masks.csv", "link.csv"])
def test_the_masks_are_not_written_over_wherever_they_lie(
    place: Path, refused: Callable[[list[str | Path]], str], masks: str
) -> None:
    (place / "masks.csv").write_text("img,pixels\n1_1,1 5\n")
    (place / "link.csv").unlink(missing_ok=True)
    (place / "link.csv").symlink_to(place / "masks.csv")
    words = [place / "data", "--masks", place / masks]
    line = refused(["conflicts", *words, "--csv", place / "masks.csv"])
    assert line == f"--csv {place / 'masks.csv'} is a file that is read: name another."
    line = refused(["scan", *words, "--json", place / "link.csv"])
    assert "is a file that is read" in line


def test_nor_is_a_single_frame_or_its_mask_or_what_is_scored(
    place: Path, refused: Callable[[list[str | Path]], str]
) -> None:
    frame, mask = (place / "data" / f"1_1{end}.tif" for end in ("", "_mask"))
    for path in (frame, mask):
        line = refused(["scan", frame, "--json", path])
        assert line == f"--json {path} is a file that is read: name another."
    submission = place / "submission.csv"
    submission.write_text("img,pixels\n1_1,1 5\n")
    words = ["evaluate", submission, place / "data", "--json", submission]
    assert "is a file that is read" in refused(words)


def test_beside_a_single_frame_a_file_may_be_written(tmp_path: Path) -> None:
    data = write_folder(tmp_path / "data")
    words = ["scan", data / "1_1.tif", "--project", tmp_path / "project"]
    assert run(*words, "--json", data / "scan.json") == 0
    assert (data / "scan.json").exists()


@pytest.mark.parametrize("name", KEPT_FILES)
def test_what_the_program_keeps_is_not_written_over(
    tmp_path: Path, refused: Callable[..., str], name: str
) -> None:
    command, file = KEPT_FILES[name]
    kept = make_place(tmp_path) / file
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text("{}")
    (tmp_path / "pred").mkdir(exist_ok=True)
    line = refused([*words_of(tmp_path, command), kept], tmp_path)
    assert f"{kept} is a file that the program keeps in {tmp_path}" in line


@pytest.mark.parametrize(
    "text",
    [
        "train DATA --config SETTINGS --json SETTINGS",
        "train DATA --init-from NET --json NET",
        "crossval DATA --init-from NET --json NET",
    ],
)
def test_nor_are_settings_and_what_a_training_begins_from(
    place: Path, refused: Callable[[list[str | Path]], str], text: str
) -> None:
    words = words_of(place, text)
    expected = f"--json {words[-1]} is a file that is read: name another."
    assert refused(words) == expected


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("scan DATA --json", "data.nerveseg/reading.json"),
        ("evaluate PRED DATA --json", "pred/scores.json"),
    ],
)
def test_but_for_pages_nor_is_anything_where_the_program_keeps_its_files(
    tmp_path: Path, refused: Callable[..., str], command: str, file: str
) -> None:
    kept = make_place(tmp_path) / file
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text("{}")
    line = refused([*words_of(tmp_path, command), kept], tmp_path)
    assert f"{kept} is a file that the program keeps in {kept.parent}" in line


def test_what_a_user_put_beside_is_written_again(tmp_path: Path) -> None:
    data, project = write_folder(tmp_path / "data"), tmp_path / "data.nerveseg"
    project.mkdir()
    for _ in range(2):
        assert run("scan", data, "--json", project / "mine.json") == 0
        words = ["--json", project / "mine.json", "--html", project / "mine.html"]
        assert run("stats", data, *words) == 0


@pytest.mark.parametrize(
    ("command", "flag", "name"),
    [
        (["augment-preview", "DATA"], "--out", "x.png"),
        (["report", "RUN"], "--out", "x.html"),
        (["predict", "RUN", "DATA"], "--rle", "x.csv"),
        (["stats", "DATA"], "--html", "x.html"),
        (["conflicts", "DATA"], "--csv", "x.csv"),
        (["scan", "DATA"], "--json", "x.json"),
    ],
)
def test_a_refusal_names_the_flag_that_was_typed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command, flag: str, name: str
) -> None:
    words = [str(tmp_path / word) if word.isupper() else word for word in command]
    file = tmp_path / "missing" / name
    assert run(*words, flag, file) == 2
    assert capsys.readouterr().err == (
        f"{flag} {file}: the folder {file.parent} is not there; create it first.\n"
    )
