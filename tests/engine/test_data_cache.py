"""Cached frames: always the source's, whoever wrote them and whenever."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import get_ident
from typing import Any

import numpy as np
import pytest
import tifffile

import training.data.cache
from tests.engine.data_folders import FRAME, LONG_AGO, SHAPE, age, contents, save
from tests.toys import smooth_frame, write_kaggle
from training.data import DataSet, FrameCache, Project, load_frames, open_dataset
from training.data.packs import checksum_of, read_pack
from training.data.parallel import in_threads, n_threads
from training.errors import Cancelled, InputError

N = 12


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Uncompressed frames, so that all files of one size are equally long."""
    folder = tmp_path / "data"
    write_kaggle(
        folder,
        {
            f"1_{k}": (smooth_frame(k, SHAPE if k % 3 else (40, 50)), None)
            for k in range(N)
        },
    )
    for path in folder.iterdir():
        age(path)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which frames are decoded."""
    ids: list[str] = []
    frame = DataSet.frame

    def noting(self: DataSet, frame_id: str) -> np.ndarray:
        ids.append(frame_id)
        return frame(self, frame_id)

    monkeypatch.setattr(DataSet, "frame", noting)
    return ids


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a file's time at its word at once."""
    monkeypatch.setattr("training.data.stamps.SETTLING", -(10**19))


def packs(project: Project) -> list[Path]:
    return sorted(project.frames.glob("pack-*"))


def check(data: Path, project: Project) -> None:
    dataset = open_dataset(data)
    cache = FrameCache(dataset, project)
    for name in dataset.ids:
        assert np.array_equal(cache.frame(name), tifffile.imread(data / f"{name}.tif"))


def test_filled_once_then_mapped(
    data: Path, project: Project, decoded: list[str], settled: None
) -> None:
    before = contents(data)
    dataset = open_dataset(data)
    assert FrameCache(dataset, project).fill() == {}
    assert len(decoded) == N
    assert len(packs(project)) == 1
    decoded.clear()
    cache = FrameCache(dataset, project)
    assert cache.fill() == {}
    for k, name in enumerate(dataset.ids):
        frame = cache.frame(name)
        assert np.array_equal(frame, smooth_frame(k, SHAPE if k % 3 else (40, 50)))
        assert not frame.flags.writeable
    assert not decoded
    assert len(packs(project)) == 1
    assert contents(data) == before


def test_a_window_that_asks_for_frames_writes_nothing(
    data: Path, project: Project, decoded: list[str], settled: None
) -> None:
    cache = FrameCache(open_dataset(data), project)
    for _ in range(2):
        frame = cache.frame("1_1")
        assert not frame.flags.writeable
    assert decoded == ["1_1"]
    assert not project.root.exists()


def test_what_another_process_cached_is_found_later(
    data: Path, project: Project, decoded: list[str], settled: None
) -> None:
    mine = FrameCache(open_dataset(data), project)
    mine.frame("1_1")
    FrameCache(open_dataset(data), project).fill()
    decoded.clear()
    assert np.array_equal(mine.frame("1_2"), smooth_frame(2))
    assert not decoded


def rewrite(path: Path) -> None:
    """Same length, other pixels, same modification time."""
    length = path.stat().st_size
    tifffile.imwrite(path, 255 - tifffile.imread(path))
    assert path.stat().st_size == length
    age(path)


def longer(path: Path) -> None:
    tifffile.imwrite(path, smooth_frame(99), description="a longer file")
    age(path)


def later(path: Path) -> None:
    tifffile.imwrite(path, 255 - tifffile.imread(path))
    age(path, LONG_AGO + 1)


def replaced(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes())
    rewrite_to = 255 - tifffile.imread(path)
    tifffile.imwrite(other, rewrite_to)
    age(other)
    other.replace(path)


@pytest.mark.parametrize("change", [rewrite, longer, later, replaced])
@pytest.mark.parametrize("quick", [True, False], ids=["settled", "young"])
def test_a_changed_file_is_decoded_again(
    data: Path,
    project: Project,
    decoded: list[str],
    change: Callable[[Path], None],
    quick: bool,
    request: pytest.FixtureRequest,
) -> None:
    if quick:
        request.getfixturevalue("settled")
    cache = FrameCache(open_dataset(data), project)
    cache.fill()
    decoded.clear()
    change(data / "1_4.tif")
    truth = tifffile.imread(data / "1_4.tif")
    assert np.array_equal(cache.frame("1_4"), truth)
    assert np.array_equal(FrameCache(open_dataset(data), project).frame("1_4"), truth)
    assert decoded == ["1_4", "1_4"]
    check(data, project)


def test_a_touched_file_is_known_by_its_content(
    data: Path, project: Project, decoded: list[str], settled: None
) -> None:
    FrameCache(open_dataset(data), project).fill()
    decoded.clear()
    age(data / "1_4.tif", LONG_AGO + 10**12)
    cache = FrameCache(open_dataset(data), project)
    assert np.array_equal(cache.frame("1_4"), smooth_frame(4))
    assert not decoded


def test_packs_that_are_all_stale_are_deleted(
    data: Path, project: Project, settled: None
) -> None:
    FrameCache(open_dataset(data), project).fill(["1_1", "1_2"])
    FrameCache(open_dataset(data), project).fill(["1_4"])
    (old,) = {path for path in packs(project) if len(read_pack(path)) == 1}
    later(data / "1_4.tif")
    FrameCache(open_dataset(data), project).fill(["1_4"])
    assert old not in packs(project)
    assert len(packs(project)) == 2
    check(data, project)


def test_a_file_that_is_away_keeps_its_pack(
    data: Path, project: Project, settled: None
) -> None:
    FrameCache(open_dataset(data), project).fill(["1_1"])
    (data / "1_1.tif").rename(data.parent / "away.tif")
    FrameCache(open_dataset(data), project).fill(["1_2"])
    assert len(packs(project)) == 2


@pytest.mark.parametrize("damage", ["cut", "empty", "garbage", "list", "outside"])
def test_a_damaged_pack_is_as_none(data: Path, project: Project, damage: str) -> None:
    FrameCache(open_dataset(data), project).fill()
    (pack,) = packs(project)
    whole = pack.read_bytes()
    pack.write_bytes(
        {
            "cut": whole[: len(whole) // 2],
            "empty": b"",
            "garbage": b"\xff" * 100,
            "list": (2).to_bytes(8, "little") + b"[]",
            "outside": whole.replace(b'"shape": [40, 50]', b'"shape": [99, 99]'),
        }[damage]
    )
    check(data, project)
    assert FrameCache(open_dataset(data), project).fill() == {}
    check(data, project)


def test_a_pixel_that_changed_on_the_disk_is_never_shown(
    data: Path, project: Project
) -> None:
    FrameCache(open_dataset(data), project).fill()
    (pack,) = packs(project)
    whole = pack.read_bytes()
    pack.write_bytes(whole[:-7] + bytes([whole[-7] ^ 4]) + whole[-6:])
    check(data, project)
    said: list[str] = []
    cache = FrameCache(open_dataset(data), project)
    assert cache.fill(None, lambda event: said.append(event.get("text", ""))) == {}
    assert (
        f"The frame cache {project.frames} is damaged: it is made anew there." in said
    )
    check(data, project)


def test_a_checksum_knows_every_bit_and_every_place() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (9, 11), np.uint8)
    known = checksum_of(frame)
    assert checksum_of(frame.copy()) == known
    for at in range(frame.size):
        other = frame.copy()
        other.flat[at] ^= 1 << (at % 8)
        assert checksum_of(other) != known
    assert checksum_of(np.concatenate([frame[1:], frame[:1]])) != known


def test_what_a_killed_process_left_is_passed_over(
    data: Path, project: Project
) -> None:
    project.frames.mkdir(parents=True)
    old, young = (project.frames / f".pack-0-{8 * name}.safetensors" for name in "ab")
    for path in (old, young):
        path.write_bytes(b"half")
    age(old)
    check(data, project)
    FrameCache(open_dataset(data), project).fill()
    assert young.exists()  # somebody may be writing it
    assert not old.exists()


FILL = """
import sys
from pathlib import Path
from training.data import FrameCache, Project, open_dataset
import training.data.cache
training.data.cache.PACK_BYTES = 20_000
sys.stdin.readline()
dataset = open_dataset(Path(sys.argv[1]))
for _ in range(3):
    assert FrameCache(dataset, Project(Path(sys.argv[2]))).fill() == {}
"""


def test_two_processes_fill_one_cache(data: Path, project: Project) -> None:
    command = [sys.executable, "-c", FILL, str(data), str(project.root)]
    both = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in both:  # both have imported everything: now at once
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    reader = FrameCache(open_dataset(data), project)
    while any(process.poll() is None for process in both):
        for name in reader.dataset.ids:
            truth = tifffile.imread(data / f"{name}.tif")
            assert np.array_equal(reader.frame(name), truth)
    for process in both:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    assert not list(project.frames.glob(".pack*"))
    check(data, project)


def test_the_pages_of_a_stack(tmp_path: Path, project: Project) -> None:
    stack = np.stack([smooth_frame(seed) for seed in range(5)])
    path = tmp_path / "clip.tif"
    tifffile.imwrite(path, stack, photometric="minisblack")
    for _ in range(2):
        frames = load_frames(open_dataset(path), None, project).frames
        assert np.array_equal(frames, stack)


def test_bad_files_are_left_out_and_named(data: Path, project: Project) -> None:
    (data / "1_2.tif").write_bytes(b"")
    dataset = open_dataset(data)
    ids = ["1_5", "1_2", "1_1"]
    for where in (project, None):
        loaded = load_frames(dataset, ids, where)
        assert loaded.ids == ("1_5", "1_1")
        assert np.array_equal(loaded.frames[0], smooth_frame(5))
        assert [problem.text for problem in loaded.problems] == [
            "1_2.tif has zero bytes: copy it again from its source."
        ]


def test_without_a_project_frames_stay_in_memory(
    data: Path, tmp_path: Path, decoded: list[str], settled: None
) -> None:
    frames = load_frames(open_dataset(data)).frames
    assert np.array_equal(frames[4], smooth_frame(4))
    assert len(decoded) == N
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_full_disk_is_told_once_and_no_failure(
    data: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(training.data.cache, "write_pack", full)
    monkeypatch.setattr(training.data.cache, "PACK_BYTES", 1)
    events: list[dict[str, Any]] = []
    frames = load_frames(open_dataset(data), None, project, events.append).frames
    assert len(frames) == N
    assert [event["text"] for event in events if event["event"] == "message"] == [
        f"The frame cache {project.frames} takes no more (No space left on device): "
        "frames stay in memory."
    ]


def test_a_stop_keeps_the_packs_written_so_far(
    data: Path,
    project: Project,
    decoded: list[str],
    settled: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training.data.cache, "PACK_BYTES", 1)
    asked = iter([False] * 5 + [True])
    cache = FrameCache(open_dataset(data), project)
    with pytest.raises(Cancelled):
        cache.fill(None, None, lambda: next(asked))
    kept = len(packs(project))
    assert kept == 6
    decoded.clear()
    FrameCache(open_dataset(data), project).fill()
    assert len(decoded) == N - kept


def test_memory_is_bounded(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training.data.cache, "MEMORY_BYTES", 3 * FRAME.nbytes)
    dataset = open_dataset(data)
    cache = FrameCache(dataset)
    for name in [*dataset.ids, *dataset.ids]:
        cache.frame(name)
        assert cache._recent_bytes <= 3 * FRAME.nbytes
        held = sum(frame.nbytes for _, frame in cache._recent.values())
        assert cache._recent_bytes == held


def test_a_frame_that_is_no_frame_raises_as_the_data_set_does(data: Path) -> None:
    save(data / "1_99.png", np.dstack([FRAME, FRAME // 2, FRAME]))
    with pytest.raises(InputError, match="is in colour"):
        FrameCache(open_dataset(data)).frame("1_99")


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="Linux only")
def test_no_more_threads_than_the_process_may_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    threads = {name for _, name in in_threads(lambda _: get_ident(), range(50))}
    assert n_threads() == len(threads) == 1
