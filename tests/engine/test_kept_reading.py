"""What a person chose on how a folder is read counts until it is forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from tests.engine.command_line import contents, run
from tests.engine.predicting import tiny_checkpoint
from tests.toys import smooth_frame, write_kaggle
from training.commands import COMMANDS
from training.commands.looking import Scan, scan
from training.data import Reading, find_project
from training.data.project import (
    chosen_reading,
    keep_reading,
    kept_reading,
    recalled_flags,
)
from training.data.reading import CHOICES
from training.errors import InputError
from training.learn.folder.naming import named_over, naming, source_of, stored_naming

#: Pixels of each label in every mask.
AREAS = {1: 20, 2: 70}

RECALLED = "Read as before: --nerve-label 2 (--as-found forgets it)."


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two frames whose masks hold two labels."""
    names = ("1_1", "2_1")
    frames = {name: (smooth_frame(k), None) for k, name in enumerate(names)}
    folder = write_kaggle(tmp_path / "data", frames)
    labels = np.zeros((64, 80), np.uint8)
    labels.flat[: AREAS[1]] = 1
    labels.flat[-AREAS[2] :] = 2
    for name in names:
        tifffile.imwrite(folder / f"{name}_mask.tif", labels)
    return folder


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where the choices are kept."""
    return tmp_path / "data.nerveseg" / "reading.json"


@pytest.fixture
def area(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[float | None, list[str]]]:
    """Run ``scan`` or another command; return the largest nerve and what was said."""

    def ask(*words: str | Path, command: str = "scan") -> tuple[Any, list[str]]:
        target = tmp_path / "result.json"
        assert run(command, data, "--json", target, *words) == 0
        found = json.loads(target.read_text())["area"]
        said = capsys.readouterr().err.splitlines()
        return None if found is None else found["max"], said

    return ask


def test_a_choice_counts_for_the_commands_that_follow(area, kept: Path) -> None:
    largest, said = area("--nerve-label", "2")
    assert largest == AREAS[2]
    assert not any("Read as before" in line for line in said)
    assert json.loads(kept.read_text()) == {"nerve_label": 2}
    largest, said = area(command="stats")
    assert largest == AREAS[2]
    assert said[0] == RECALLED


def test_a_command_that_only_looks_keeps_nothing(area, kept: Path) -> None:
    area("--nerve-label", "2")
    largest, said = area("--nerve-label", "1", command="stats")
    assert largest == AREAS[1]
    assert not any("Read as before" in line for line in said)
    assert area("--as-found", command="stats")[0] is None
    assert json.loads(kept.read_text()) == {"nerve_label": 2}


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("scan", ()),
        ("duplicates", ("--scope", "all")),
        ("conflicts", ()),
        ("export", ("--out", "OUT")),
        ("augment-preview", ("--out", "OUT.png")),
        ("leaks", ()),
    ],
)
def test_the_commands_that_keep_a_choice_are_those_whose_help_says_so(
    data: Path, kept: Path, capsys: pytest.CaptureFixture[str], command, words
) -> None:
    given = [word.replace("OUT", str(data.parent / "out")) for word in words]
    assert run(command, data, *given, "--nerve-label", "2") == 0
    assert kept.exists() is COMMANDS[command.replace("-", "_")].options.keeps_reading
    capsys.readouterr()
    assert run(command, "--help") == 0
    text = " ".join(capsys.readouterr().out.split())
    assert ("Choices are kept in the project." in text) is kept.exists()
    assert ("this command keeps and forgets no choice" in text) is not kept.exists()


def test_choices_are_kept_beside_each_other_and_forgotten(area, kept: Path) -> None:
    area("--nerve-label", "2")
    area("--luminance")
    assert json.loads(kept.read_text()) == {"nerve_label": 2, "luminance": True}
    _, said = area("--nerve-label", "1")
    assert said[0] == "Read as before: --luminance (--as-found forgets it)."
    area("--as-found", "--no-luminance")
    assert json.loads(kept.read_text()) == {"luminance": False}
    assert area("--as-found")[0] is None
    assert not kept.exists()
    assert not any("Read as before" in line for line in area()[1])


@pytest.mark.parametrize(
    "text",
    [
        *("{", "[]", '"text"', '{"nerve_label": "2"}', "\xff", "[" * 9999),
        '{"grey_range": "0:x"}',
    ],
)
def test_a_damaged_file_is_one_sentence_and_can_be_forgotten(
    data: Path, area, kept: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    kept.parent.mkdir()
    kept.write_text(text, encoding="latin-1")
    before = contents(kept.parent)
    for command in ("scan", "stats", "duplicates", "leaks"):
        assert run(command, data) == 2
        assert capsys.readouterr().err.splitlines() == [
            f"{kept}, which keeps how the data are read, is damaged: delete it, or "
            "pass --as-found, and choose anew."
        ]
    assert contents(kept.parent) == before
    assert area("--as-found", "--nerve-label", "2")[0] == AREAS[2]
    assert json.loads(kept.read_text()) == {"nerve_label": 2}


def test_wrong_input_keeps_nothing(data: Path, kept: Path) -> None:
    assert run("scan", data, "--nerve-label", "0") == 2
    assert run("duplicates", data, "--nerve-label", "1", "--window", "none") == 2
    for path in data.glob("?_1.tif"):
        path.write_bytes(b"no picture")
    assert run("scan", data, "--nerve-label", "1") == 2
    assert not kept.parent.exists()


def test_a_folder_that_takes_no_file_is_a_warning(data: Path, area, kept) -> None:
    kept.mkdir(parents=True)
    largest, said = area("--as-found", "--nerve-label", "2")
    assert largest == AREAS[2]
    assert any(f"Warning: {kept} cannot be written" in line for line in said)


def test_prediction_reads_the_folder_as_it_was_chosen(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = tiny_checkpoint(tmp_path / "net.safetensors")
    masks = tmp_path / "masks.csv"
    masks.write_text("img,pixels\n1_1,1 5\n2_1,\n")
    assert run("scan", data, "--masks", masks) == 0
    words = ["predict", network, data, "--out", tmp_path / "out"]
    assert run(*words) == 0
    assert f"Read as before: --masks {masks}" in capsys.readouterr().err
    masks.unlink()
    assert run(*words) == 2
    assert str(masks) in capsys.readouterr().err.splitlines()[-1]
    assert run(*words, "--as-found") == 0


@pytest.mark.parametrize("flag", ["--masks", "--subject-by"])
def test_a_chosen_file_that_is_gone_is_said_with_the_way_out(
    data: Path, kept: Path, capsys: pytest.CaptureFixture[str], flag: str
) -> None:
    table = data.parent / "table.csv"
    head = "img,pixels\n" if flag == "--masks" else "file,subject\n"
    table.write_text(f"{head}1_1,1 5\n2_1,2 5\n")
    assert run("scan", data, flag, table) == 0
    moved = table.rename(data.parent / "moved.csv")
    capsys.readouterr()
    for command in ("scan", "stats", "leaks", "review"):
        assert run(command, data) == 2
        assert capsys.readouterr().err == (
            f"{kept} keeps {flag} {table}, which is gone: put it back, pass {flag} "
            "with another, or forget by --as-found all that was chosen.\n"
        )
    assert run("scan", data, flag, moved) == 0
    assert str(moved) in kept.read_text()
    moved.unlink()
    assert run("scan", data, "--as-found", "--nerve-label", "2") == 0
    assert json.loads(kept.read_text()) == {"nerve_label": 2}


def test_masks_that_were_chosen_before_are_not_written_over(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    masks = tmp_path / "masks.csv"
    masks.write_text("img,pixels\n1_1,1 5\n2_1,\n")
    assert run("scan", data, "--masks", masks, "--project", tmp_path / "p") == 0
    words = ["conflicts", data, "--project", tmp_path / "p", "--csv", masks]
    assert run(*words) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line == f"--csv {masks} is a file that is read: name another."


def test_the_window_is_told_what_was_chosen_now(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[list[str]] = []
    monkeypatch.setattr("training.cli.display.require_display", lambda: None)
    monkeypatch.setattr(
        "training.cli.display.run_window", lambda words: shown.append(words) or 0
    )
    assert run("review", data, "--nerve-label", "2", "--as-found") == 0
    assert run("review", data) == 0
    asked, nothing = shown
    assert asked[:3] == ["review", str(data), "--reading"]
    assert json.loads(asked[3]) == {"nerve_label": 2, "as_found": True}
    assert nothing == ["review", str(data)]


def test_a_worker_of_a_window_neither_takes_nor_keeps_choices(
    data: Path, kept: Path
) -> None:
    project = find_project(data)
    keep_reading(project, {"nerve_label": 2})
    events: list[dict[str, Any]] = []
    shown = Reading(luminance=False).exactly().to_command()
    result = scan(Scan(data=data, reading=shown), events.append, lambda: False)
    assert result["area"]["max"] is None
    assert not any("Read as before" in event.get("text", "") for event in events)
    assert kept_reading(project) == Reading(nerve_label=2)


def test_paths_are_kept_for_every_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = Reading(masks_csv=Path("m.csv"), subject_by="who.csv").to_json()
    assert found == {
        "masks_csv": str(tmp_path / "m.csv"),
        "subject_by": str(tmp_path / "who.csv"),
    }
    assert Reading(subject_by="{subject}_*").to_json() == {"subject_by": "{subject}_*"}


def test_every_choice_goes_to_json_and_flags_and_back(tmp_path: Path) -> None:
    values = {
        "nerve_label": 3,
        "masks_csv": str(tmp_path / "m.csv"),
        "luminance": True,
        "mask_names": "*_seg",
        "subject_by": "folder",
        "invert_masks": False,
        "grey_range": "0:4095",
    }
    assert values.keys() == CHOICES.keys()
    project = find_project(tmp_path / "data", tmp_path / "project")
    (tmp_path / "m.csv").touch()
    keep_reading(project, values)
    assert kept_reading(project) == Reading.of(values)
    assert kept_reading(project).to_json() == values
    assert recalled_flags(project, {"luminance": False}) == (
        f"--nerve-label 3, --masks {tmp_path / 'm.csv'}, --mask-names *_seg, "
        "--subject-by folder, --no-invert-masks, --grey-range 0:4095"
    )
    assert not chosen_reading(project, {"luminance": False}).luminance


def test_the_same_choice_is_not_written_again(tmp_path: Path) -> None:
    project = find_project(tmp_path / "data", tmp_path / "project")
    keep_reading(project, None)
    assert not project.root.exists()
    keep_reading(project, Reading(nerve_label=1))
    before = project.reading.stat()
    keep_reading(project, Reading(nerve_label=1))
    assert project.reading.stat().st_ino == before.st_ino


def test_a_naming_holds_what_was_named_and_a_source_is_flat(tmp_path: Path) -> None:
    assert naming(tmp_path) == {"data": str(tmp_path)}
    named = naming(tmp_path, None, Reading(nerve_label=2))
    assert named == {"data": str(tmp_path), "reading": {"nerve_label": 2}}
    flat = {"luminance": False, "data": str(tmp_path), "nerve_label": 2}
    assert source_of(named) == flat


def test_how_an_old_run_was_read_is_still_known(tmp_path: Path) -> None:
    old = {"luminance": False, "data": "/d", "nerve_label": 2}
    (tmp_path / "source.json").write_text(json.dumps(old))
    stored = stored_naming(tmp_path)
    reading = {"luminance": False, "nerve_label": 2, "exact": True}
    assert stored == {"data": "/d", "reading": reading}
    assert source_of(stored) == old
    given = named_over(naming(reading={"nerve_label": 1}), stored)
    assert given == {"data": "/d", "reading": {**reading, "nerve_label": 1}}
    forgotten = named_over(naming(reading={"as_found": True}), stored)
    assert forgotten == {"data": "/d", "reading": {"as_found": True}}
    assert stored_naming(tmp_path / "none") == {}


def test_a_choice_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(InputError, match="luminance has to be true or false, not 1"):
        Reading.of({"luminance": 1})
    with pytest.raises(InputError, match="exact has to be true or false, not 'x'"):
        Reading.of({"exact": "x"})
