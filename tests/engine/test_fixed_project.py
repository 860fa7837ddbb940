"""A project folder that cannot be written: read where it is, or refused in words."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.command_line import SHAPE, contents, run, write_subjects
from tests.toys import disc
from training.data import Project, find_project
from training.data.images import read_image
from training.data.store import LabelStore, MaskChange, schema

ROOT = Path(__file__).resolve().parents[2]

DRAWN = disc(SHAPE, (20, 20), 8)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "user" / "home"
    folder.parent.mkdir()
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: folder)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_subjects(tmp_path / "train")


@pytest.fixture
def fixed(data: Path, home: Path) -> Iterator[Project]:
    """Give the project of ``data`` with an edit in it, read-only for all."""
    project = find_project(data)
    with LabelStore.open(project.labels) as store:
        store.act("paint", masks={"1_1": MaskChange(DRAWN, "painted")})
    project.root.chmod(0o555)
    yield project
    project.root.chmod(0o755)


def test_commands_that_look_read_it_where_it_is(
    data: Path, fixed: Project, home: Path, tmp_path: Path
) -> None:
    before = contents(fixed.root)
    out = tmp_path / "mended"
    assert run("export", data, "--out", out, "--format", "png") == 0
    assert ((read_image(next(out.rglob("1_1_mask.png"))) > 0) == DRAWN).all()
    assert run("scan", data) == 0
    assert run("stats", data) == 0
    assert run("evaluate", out, data, "--labels", "current") == 0
    assert run("conflicts", data) == 0
    assert run("resolve", data, "--rule", "drop-empty-twin", "--dry-run") == 0
    assert run("leaks", data) == 0
    assert contents(fixed.root) == before
    assert not home.exists()


@pytest.mark.parametrize(
    "words",
    [
        "resolve DATA --rule drop-empty-twin",
        "resolve DATA --undo 1",
        "duplicates DATA",
    ],
)
def test_commands_that_write_there_refuse_before_they_work(
    data: Path,
    fixed: Project,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    words: str,
) -> None:
    before = contents(fixed.root)
    named = [str(data) if word == "DATA" else word for word in words.split()]
    assert run(*named) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith(f"The project folder {fixed.root} cannot be written")
    assert line.endswith(
        ("by --project.", "pass --project with a folder you may write.")
    )
    assert contents(fixed.root) == before
    assert not home.exists()


def test_commands_that_look_say_it_where_a_new_one_is_elsewhere(
    data: Path, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(0o555)
    try:
        for words in ("scan", "stats", "conflicts", "leaks"):
            shutil.rmtree(home, ignore_errors=True)
            run(words, data)
            said = capsys.readouterr().err
            assert f"{tmp_path} cannot be written, so the project folder is" in said
    finally:
        tmp_path.chmod(0o755)


#: Changes a store and is gone, as by a kill: what it wrote lies in the log.
KILLED = """
import os, sys
from pathlib import Path
from training.data.store import LabelStore
store = LabelStore.open(Path(sys.argv[1]))
store.act("status", statuses={"1_2": "excluded"})
os._exit(0)
"""


@pytest.mark.skipif(os.name == "nt", reason="a file layer of Unix only")
def test_changes_in_a_log_are_read_or_it_is_refused(
    data: Path,
    fixed: Project,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fixed.root.chmod(0o755)
    subprocess.run([sys.executable, "-c", KILLED, fixed.labels], cwd=ROOT, check=True)
    assert fixed.labels.with_name("labels.sqlite-wal").stat().st_size
    fixed.root.chmod(0o555)
    with LabelStore.open(fixed.labels, read_only=True) as store:
        assert store.excluded() == {"1_2"}
    # As on a read-only disk, where the log's index can be nowhere.
    monkeypatch.setattr(schema, "READ_AS", "mode=ro&vfs=unix-dotfile")
    assert run("export", data, "--out", tmp_path / "mended") == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"The last changes of the label store {fixed.labels} lie in a file beside it, "
        "and cannot be read because its folder cannot be written; make that writable, "
        "or copy the whole folder to a place that is."
    )
    assert not (tmp_path / "mended").exists()
