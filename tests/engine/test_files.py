"""Files and folders are whole or not there, and killed processes' work is swept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.toys import smooth_frame, write_kaggle
from training.commands.opening import open_data
from training.data import Project, check_out, open_dataset
from training.errors import InputError
from training.files import whole_folder, write_whole
from training.leftovers import LEFTOVER_SECONDS, half_made, sweep

ROOT = Path(__file__).resolve().parents[2]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fill(out: Path, text: str = "new") -> None:
    with whole_folder(out) as folder:
        (folder / "one.txt").write_text(text)
        assert not (out / "one.txt").exists() or (out / "one.txt").read_text() != text


def test_a_folder_comes_whole_with_its_parents(tmp_path: Path) -> None:
    fill(tmp_path / "a" / "b" / "out")
    assert names(tmp_path / "a" / "b") == ["out"]
    assert (tmp_path / "a" / "b" / "out" / "one.txt").read_text() == "new"


def test_after_an_error_not_even_a_parent_is_left(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "a" / "b") as made:
        (made / "one.txt").write_text("half")
        raise ZeroDivisionError
    assert names(tmp_path) == []


def test_what_was_there_is_replaced_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").write_text("old")
    fill(tmp_path / "out")
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["one.txt"]


def test_what_a_link_points_to_is_replaced(tmp_path: Path) -> None:
    real, link = tmp_path / "disk" / "real", tmp_path / "link"
    real.mkdir(parents=True)
    (real / "old.txt").write_text("old")
    link.symlink_to(real, target_is_directory=True)
    fill(link)
    assert link.is_symlink()
    assert names(real) == ["one.txt"]
    assert names(tmp_path) == ["disk", "link"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), PermissionError(13, "no")])
def test_the_old_folder_comes_back_if_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    out = tmp_path / "out"
    fill(out, "old")
    rename, calls = Path.rename, []

    def fail(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 2:  # the old one is away, the new one is to come
            raise error
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    expected = InputError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected):
        fill(out)
    assert names(tmp_path) == ["out"]
    assert (out / "one.txt").read_text() == "old"


def test_a_place_that_cannot_be_written_is_the_users_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError) as caught, whole_folder(tmp_path / "file" / "out"):
        pass
    assert str(caught.value) == (
        f"{tmp_path / 'file' / 'out'} cannot be made (Not a directory): name another "
        "folder that you may write."
    )


def test_the_folder_that_one_is_in_is_not_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught, whole_folder(Path()):
        pass
    assert str(caught.value) == (
        f"{tmp_path} is where you are or where a disk is mounted, and cannot be "
        "replaced: name a folder in it."
    )


def test_leftovers_of_killed_processes_go_and_nothing_else(tmp_path: Path) -> None:
    dead, alive = tmp_path / ".out-0123abcd", tmp_path / ".out-4567abcd"
    others = [tmp_path / ".out-mine", tmp_path / "out-0123abcd", tmp_path / ".outer-0"]
    for folder in (dead, alive, *others):
        folder.mkdir()
        (folder / "half.txt").write_text("half")
    file = tmp_path / ".last-0123abcd.pt"
    file.write_text("half")
    long_ago = file.stat().st_mtime - LEFTOVER_SECONDS - 1
    for path in (dead, file, *others):
        os.utime(path, (long_ago, long_ago))
    fill(tmp_path / "out")
    assert not dead.exists()
    assert alive.exists()
    assert all(folder.exists() for folder in others)
    write_whole(tmp_path / "last.pt", "1")
    write_whole(tmp_path / "last.pt", "2")
    assert not file.exists()


#: Makes a file and a folder, says so, and waits to be killed.
MAKER = """
import sys, time
from pathlib import Path
from training.files import whole_file, whole_folder
with whole_folder(Path(sys.argv[1]) / "out") as folder:
    with whole_file(Path(sys.argv[1]) / "last.pt") as file:
        file.write_text("half")
        (folder / "half.txt").write_text("half")
        print("made", flush=True)
        sys.stdin.read()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows sweeps by age")
def test_a_killed_processes_work_is_swept_at_once_and_no_living_ones(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-c", MAKER, tmp_path]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe) as maker:
        assert maker.stdout is not None
        assert maker.stdout.readline() == b"made\n"
        made = names(tmp_path)
        assert len(made) == 2
        sweep(tmp_path)
        assert names(tmp_path) == made, "somebody is at it"
        maker.kill()
        maker.wait()
        sweep(tmp_path)
        assert names(tmp_path) == []


def test_what_was_to_be_replaced_when_it_was_killed_comes_back(tmp_path: Path) -> None:
    (tmp_path / ".out-0123456789ab-old").mkdir()
    (tmp_path / ".out-0123456789ab-old" / "one.txt").write_text("old")
    (tmp_path / ".out-0123456789ac").mkdir()
    with half_made(tmp_path / "out", folder=True):
        sweep(tmp_path)
        assert not (tmp_path / "out").exists(), "somebody puts another there"
    sweep(tmp_path)
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out" / "one.txt").read_text() == "old"
    (tmp_path / ".out-0123456789ab-old").mkdir()
    sweep(tmp_path)
    assert names(tmp_path) == ["out"]


def test_a_project_is_swept_when_it_is_opened(tmp_path: Path) -> None:
    data = write_kaggle(tmp_path / "train", {"1_1": (smooth_frame(1), None)})
    project = Project(tmp_path / "project")
    left = [
        folder / ".x-0123456789ab.json"
        for folder in (project.root, project.frames, project.runs, project.predictions)
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half")
    open_data(lambda _: None, data, project.root)
    assert not any(path.exists() for path in left)


def test_where_a_command_may_write(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "1_1.png").write_bytes(b"no image, and not opened")
    (data / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "into").symlink_to(data, target_is_directory=True)
    dataset = open_dataset(data)
    for inside in (data, data / "out", tmp_path / "into" / "out", data / "a/../b"):
        with pytest.raises(InputError, match="lies in the data folder"):
            check_out(inside, dataset)
    assert check_out(data / "link", dataset) == tmp_path / "elsewhere"
    alone = open_dataset(data / "1_1.png")
    assert check_out(data / "out", alone) == data / "out"
    with pytest.raises(InputError, match=r"1_1\.png is a file: name a folder\.$"):
        check_out(data / "1_1.png")
    assert check_out(data) == data
    with pytest.raises(InputError, match="is not empty: name a new or empty folder"):
        check_out(data, empty=True)
