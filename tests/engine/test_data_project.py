"""Where the project folder is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from training.data import Project, find_project
from training.errors import InputError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    folder.mkdir()
    return folder


def test_the_given_folder_wins(data: Path, tmp_path: Path) -> None:
    assert find_project(data, tmp_path / "mine").root == tmp_path / "mine"


def test_beside_the_data_and_nothing_is_created(data: Path, tmp_path: Path) -> None:
    project = find_project(data)
    assert project.root == tmp_path / "set.nerveseg"
    assert [path.name for path in tmp_path.iterdir()] == ["set"]
    assert project.make() is project
    assert project.root.is_dir()
    assert find_project(data) == project
    assert project.labels == project.root / "labels.sqlite"
    assert project.frames == project.root / "frames"
    assert project.duplicates == project.root / "duplicates.npz"
    assert project.predictions == project.root / "predictions"
    assert project.runs == project.root / "runs"


def test_a_file_of_frames_has_a_project_too(data: Path) -> None:
    clip = data / "clip.tif"
    clip.write_bytes(b"")
    assert find_project(clip).root == data / "clip.tif.nerveseg"


def test_the_users_directory_where_the_data_cannot_have_one(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: path != tmp_path and access(path, mode)
    )
    monkeypatch.setattr(
        "platformdirs.user_data_path", lambda *_, **__: tmp_path / "home"
    )
    root = find_project(data).root
    assert root.parent == tmp_path / "home"
    assert root.name.startswith("set-")
    assert root.suffix == ".nerveseg"
    other = tmp_path / "other" / "set"
    other.mkdir(parents=True)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert find_project(other).root != root
    assert find_project(data).root == root


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the user's data directory."""
    folder = tmp_path / "home"
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: folder)
    return folder


def test_a_project_that_is_there_is_used_though_it_cannot_be_written(
    data: Path, tmp_path: Path, home: Path
) -> None:
    beside = tmp_path / "set.nerveseg"
    beside.mkdir()
    beside.chmod(0o555)
    tmp_path.chmod(0o555)
    try:
        project = find_project(data)
        assert (project.root, project.note, project.fixed) == (beside, "", True)
        with pytest.raises(InputError) as caught:
            project.check_writable()
        assert str(caught.value) == (
            f"The project folder {beside} cannot be written: make it writable, or name "
            "another by --project."
        )
    finally:
        tmp_path.chmod(0o755)
    beside.chmod(0o755)
    project.check_writable()


def test_a_project_that_is_not_beside_the_data_says_so(
    data: Path, tmp_path: Path, home: Path
) -> None:
    tmp_path.chmod(0o555)
    new = find_project(data)
    tmp_path.chmod(0o755)
    assert new.note == (
        f"{tmp_path} cannot be written, so the project folder is {new.root}; name "
        "another by --project."
    )
    assert find_project(data).root == tmp_path / "set.nerveseg", "nothing is there yet"
    new.make()
    kept = find_project(data)
    assert kept.root == new.root, "what was edited there counts"
    assert kept.note == (
        f"The project folder of set is {new.root}, not beside the data; name another "
        "by --project."
    )
    (tmp_path / "set.nerveseg").mkdir()
    two = find_project(data)
    assert two.root == tmp_path / "set.nerveseg"
    assert two.note == (
        f"There is a second project folder of these data, {new.root}, which does not "
        "count: name it by --project if your edits are in it, else delete it."
    )
    assert find_project(data, two.root).note == ""


def test_a_project_that_cannot_be_looked_into_is_refused(
    data: Path, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = tmp_path / "set.nerveseg"
    beside.mkdir()
    access = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: path != beside and access(path, mode)
    )
    with pytest.raises(InputError, match=r"set\.nerveseg cannot be read: make it"):
        find_project(data)


def test_a_folder_that_is_read_only_for_all_stays_so_for_root(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: home)
    (data / "inner").mkdir()
    data.chmod(0o555)
    assert find_project(data / "inner").root.parent == home
    data.chmod(0o755)
    assert find_project(data / "inner").root == data / "inner.nerveseg"


def test_never_in_the_data_folder(data: Path) -> None:
    for inside in (data, data / "project"):
        with pytest.raises(InputError) as caught:
            find_project(data, inside)
        assert str(caught.value) == (
            f"The project folder {inside} lies in the data folder, which is only "
            "read: pass --project with a folder outside."
        )


def test_a_file_is_no_project(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("x")
    with pytest.raises(InputError) as caught:
        find_project(data, path)
    assert str(caught.value) == (
        f"The project folder {path} is a file: pass --project with a folder."
    )
    with pytest.raises(InputError) as caught:
        Project(path / "inner").make()
    assert str(caught.value) == (
        f"The project folder {path / 'inner'} cannot be created (Not a directory): "
        "pass --project with a folder you may write."
    )
