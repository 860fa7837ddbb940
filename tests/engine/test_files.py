"""Files and folders are whole or not there, and killed processes' work is swept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from training import files
from training.data import check_out, open_dataset
from training.errors import InputError
from training.files import whole_folder, write_whole


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
    long_ago = file.stat().st_mtime - files.LEFTOVER_SECONDS - 1
    for path in (dead, file, *others):
        os.utime(path, (long_ago, long_ago))
    fill(tmp_path / "out")
    assert not dead.exists()
    assert alive.exists()
    assert all(folder.exists() for folder in others)
    write_whole(tmp_path / "last.pt", "1")
    write_whole(tmp_path / "last.pt", "2")
    assert not file.exists()


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
