"""``doctor --project``: says that a project is whole, or all that is damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.command_line import SHAPE, contents, run, write_subjects
from tests.toys import disc
from training.data import Project
from training.data.store import LabelStore, MaskChange


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with labels, a scan, a search, choices and cached frames."""
    folder = tmp_path_factory.mktemp("whole")
    data, project = write_subjects(folder / "train"), Project(folder / "project")
    where = ("--project", project.root)
    assert run("duplicates", data, *where) == 0
    assert run("scan", data, "--subject-by", "number", *where) == 0
    change = MaskChange(disc(SHAPE, (20, 20), 8), "painted")
    with LabelStore.open(project.labels) as store:
        store.act("paint", masks={"1_1": change, "1_2": change})
        store.take_snapshot("once")
    with LabelStore.open(project.root / "readings" / "bert.sqlite") as store:
        store.act("status", statuses={"1_1": "approved"})
    return project


@pytest.fixture
def project(whole: Project, tmp_path: Path) -> Project:
    copied = Project(tmp_path / "project")
    for name, content in contents(whole.root).items():
        (copied.root / name).parent.mkdir(parents=True, exist_ok=True)
        (copied.root / name).write_bytes(content)
    return copied


def test_a_whole_project_is_proved(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(project.root)
    assert run("doctor", "--project", project.root) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "ok",
        "labels.sqlite",
        "4",
        "records,",
        "2",
        "of",
        "them",
        "masks",
    ]
    assert {line.split()[1].split("-")[0] for line in lines[:-1]} == {
        "labels.sqlite",
        "readings/bert.sqlite",
        "reading.json",
        "frames/scan.json",
        "duplicates.npz",
        "frames/pack",
    }
    assert lines[-1] == f"Nothing in {project.root} is damaged."
    assert contents(project.root) == before


def flipped(content: bytes, piece: bytes) -> bytes:
    """Turn a bit right behind a piece of a file."""
    at = content.index(piece) + len(piece)
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


DAMAGES: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "a label": ("labels.sqlite", lambda data: flipped(data, b"pain")),
    "a page": ("labels.sqlite", lambda data: data[:4096] + bytes(len(data) - 4096)),
    "a reading": ("readings/*.sqlite", lambda data: flipped(data, b"appr")),
    "an area": ("frames/scan.json", lambda data: flipped(data, b'"area": ')),
    "a scan": ("frames/scan.json", lambda data: data[:99]),
    "a choice": ("reading.json", lambda data: b"[" + data),
    "a search": ("duplicates.npz", lambda data: data[:-200]),
    "a pixel": ("frames/pack-*", lambda data: data[:-9] + flipped(data[-9:], b"")),
    "a pack": ("frames/pack-*", lambda data: data[:300]),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_named_and_left_as_it_is(
    project: Project, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    pattern, change = DAMAGES[damage]
    (path,) = project.root.glob(pattern)
    path.write_bytes(change(path.read_bytes()))
    before = contents(project.root)
    assert run("doctor", "--project", project.root, "--json", "-") == 2
    result = json.loads(capsys.readouterr().out)
    (bad,) = [one for one in result["findings"] if not one["good"]]
    assert bad["name"] == path.relative_to(project.root).as_posix()
    assert not result["good"]
    assert bad["state"]
    assert "Traceback" not in bad["state"]
    assert contents(project.root) == before


def test_a_run_and_predictions_that_cannot_be_read_are_named(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("runs/one/config.json", "predictions/two/predictions.csv"):
        (project.root / name).parent.mkdir(parents=True)
        (project.root / name).write_bytes(b"{")
    assert run("doctor", "--project", project.root) == 2
    out = capsys.readouterr().out
    assert "DAMAGED predictions/two" in out
    assert "DAMAGED runs/one" in out


def test_a_folder_that_is_not_there_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("doctor", "--project", tmp_path / "none") == 2
    said = f"{tmp_path / 'none'} is not there: name a project folder.\n"
    assert capsys.readouterr().err == said
