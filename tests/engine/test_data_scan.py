"""The scan: what it counts, keeps, and looks at again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import training.data.scan_cache
from tests.engine.data_folders import (
    FRAME,
    LONG_AGO,
    MASK,
    SHAPE,
    age,
    contents,
    save,
    save_mask,
)
from tests.toys import disc, smooth_frame, write_kaggle
from training.data import Project, open_dataset, scan
from training.data.images import pixel_digest
from training.data.stamps import Stamp
from training.errors import Cancelled
from training.events import never


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Four frames of two subjects, two sizes; one mask empty, one missing."""
    small = smooth_frame(2, (40, 50))
    return write_kaggle(
        tmp_path / "data",
        {
            "1_1": (FRAME, MASK),
            "1_2": (smooth_frame(1), np.zeros(SHAPE, bool)),
            "2_1": (small, disc((40, 50), (20, 20), 5)),
            "2_2": (small, None),
        },
    )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which frames a scan decodes, and let times count as settled at once."""
    looked: list[str] = []
    look = training.data.scan_cache.ScanCache.put

    def noting(self: Any, entry: Any, record: Any) -> None:
        looked.append(entry.id)
        look(self, entry, record)

    monkeypatch.setattr(training.data.scan_cache.ScanCache, "put", noting)
    monkeypatch.setattr("training.data.stamps.SETTLING", -(10**19))
    return looked


def test_counts_areas_and_digests(data: Path) -> None:
    found = scan(open_dataset(data))
    assert [(info.id, info.subject, info.area) for info in found.frames] == [
        ("1_1", "1", MASK.sum()),
        ("1_2", "1", 0),
        ("2_1", "2", disc((40, 50), (20, 20), 5).sum()),
        ("2_2", "2", None),
    ]
    assert found.frames[0].shape == SHAPE
    assert found.frames[0].sha256 == pixel_digest(FRAME)
    assert found.frames[2].sha256 == found.frames[3].sha256


def test_the_summary_in_numbers(data: Path) -> None:
    summary = json.loads(json.dumps(scan(open_dataset(data)).to_json()))
    assert summary["n_frames"] == summary["n_readable"] == 4
    assert summary["n_with_mask"] == 3
    assert (summary["n_nerve"], summary["n_empty"]) == (2, 1)
    assert (summary["n_missing_mask"], summary["n_bad_mask"]) == (1, 0)
    assert summary["share_nerve"] == pytest.approx(2 / 3)
    assert summary["sizes"] == [
        {"height": 40, "width": 50, "n_frames": 2},
        {"height": 64, "width": 80, "n_frames": 2},
    ]
    assert [row["subject"] for row in summary["subjects"]] == ["1", "2"]
    assert summary["subjects"][1]["n_missing_mask"] == 1
    assert summary["area"]["max"] == MASK.sum()
    assert summary["problems"][0]["kind"] == "frame-without-mask"


def test_a_bad_frame_is_no_bad_mask(data: Path) -> None:
    (data / "1_1.tif").write_bytes(b"II*\0")
    found = scan(open_dataset(data))
    assert (found.frames[0].area, found.frames[0].bad_mask) == (None, False)
    summary = found.to_json()
    assert (summary["n_readable"], summary["n_bad_mask"]) == (3, 0)
    (data / "1_1_mask.tif").write_bytes(b"II*\0")
    (data / "1_2_mask.tif").write_bytes(b"II*\0")
    assert scan(open_dataset(data)).to_json()["n_bad_mask"] == 2


def test_where_no_frame_can_be_read_nothing_is_written(
    tmp_path: Path, project: Project
) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "1.png").write_bytes(b"")
    found = scan(open_dataset(folder), project)
    assert found.to_json()["n_readable"] == 0
    assert not project.root.exists()
    save(folder / "2.png", FRAME)
    scan(open_dataset(folder), project)
    assert (project.frames / "scan.json").exists()


def test_nothing_known_is_null_and_not_nan(tmp_path: Path) -> None:
    save(tmp_path / "1.png", FRAME)
    summary = scan(open_dataset(tmp_path)).to_json()
    assert summary["share_nerve"] is None
    assert set(summary["area"].values()) == {None}
    assert summary["subjects"][0]["subject"] is None
    assert summary["n_subjects"] == 0


def test_the_data_folder_is_only_read(data: Path, project: Project) -> None:
    before = contents(data)
    first = scan(open_dataset(data), project)
    assert scan(open_dataset(data), project) == first
    assert scan(open_dataset(data)) == first
    assert contents(data) == before
    assert list(contents(project.root)) == ["frames/scan.json"]


def test_without_a_project_nothing_is_kept(data: Path, tmp_path: Path) -> None:
    scan(open_dataset(data))
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_only_what_changed_is_looked_at_again(
    data: Path, project: Project, looked_at: list[str]
) -> None:
    scan(open_dataset(data), project)
    assert sorted(looked_at) == ["1_1", "1_2", "2_1", "2_2"]
    looked_at.clear()
    scan(open_dataset(data), project)
    assert not looked_at
    write_kaggle(data, {"1_2": (smooth_frame(1), MASK)})
    age(data / "1_2_mask.tif")
    found = scan(open_dataset(data), project)
    assert looked_at == ["1_2"]
    assert found.frames[1].area == MASK.sum()
    looked_at.clear()
    save_mask(data / "2_2_mask.png", np.zeros((40, 50), bool))
    assert scan(open_dataset(data), project).frames[3].area == 0
    assert looked_at == ["2_2"]


def test_another_label_is_another_question(
    tmp_path: Path, project: Project, looked_at: list[str]
) -> None:
    save(tmp_path / "d/images/a.png", FRAME)
    labels = MASK.astype(np.uint8) * np.uint8(2)
    labels[0] = 1
    save(tmp_path / "d/masks/a.png", labels)
    area_of = {label: int((labels == label).sum()) for label in (1, 2)}
    for label, area in ((2, area_of[2]), (1, area_of[1]), (2, area_of[2])):
        found = scan(open_dataset(tmp_path / "d", nerve_label=label), project)
        assert found.frames[0].area == area
    assert looked_at == ["a", "a", "a"]


def test_a_file_that_could_not_be_read_is_tried_again(
    data: Path, project: Project, looked_at: list[str]
) -> None:
    (data / "1_1.tif").write_bytes(b"II*\0")
    scan(open_dataset(data), project)
    looked_at.clear()
    assert scan(open_dataset(data), project).problems[-1].kind == "unreadable"
    assert looked_at == ["1_1"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"version":2,"frames":[1]}', b"[[" * 9999]
)
def test_a_damaged_cache_is_as_none(
    data: Path, project: Project, content: bytes
) -> None:
    expected = scan(open_dataset(data))
    project.frames.mkdir(parents=True)
    (project.frames / "scan.json").write_bytes(content)
    assert scan(open_dataset(data), project) == expected


def test_a_number_that_changed_on_the_disk_is_looked_up_again_and_said(
    data: Path, project: Project, looked_at: list[str]
) -> None:
    expected = scan(open_dataset(data), project)
    path = project.frames / "scan.json"
    kept = json.loads(path.read_bytes())
    kept["frames"]["1_2"]["info"]["area"] = 1
    path.write_text(json.dumps(kept))
    looked_at.clear()
    said: list[str] = []
    found = scan(open_dataset(data), project, lambda e: said.append(e.get("text", "")))
    assert found == expected
    assert looked_at == ["1_2"]
    assert f"{path} is damaged at 1 frames: they are looked at anew." in said


def test_a_row_that_is_not_ours_is_looked_up_again(
    data: Path, project: Project, looked_at: list[str]
) -> None:
    expected = scan(open_dataset(data), project)
    path = project.frames / "scan.json"
    rows = json.loads(path.read_bytes())
    rows["frames"]["1_1"] = {"sources": rows["frames"]["1_1"]["sources"], "info": 1}
    path.write_text(json.dumps(rows))
    looked_at.clear()
    assert scan(open_dataset(data), project) == expected
    assert looked_at == ["1_1"]


def test_a_young_time_proves_nothing() -> None:
    second = 1_000_000_000
    young = Stamp(10, LONG_AGO, LONG_AGO, LONG_AGO + second)
    old = Stamp(10, LONG_AGO, LONG_AGO, LONG_AGO + 3 * second)
    assert not young.proves(old)
    assert old.proves(old)
    assert not old.proves(old._replace(size=11))
    assert not old.proves(old._replace(mtime_ns=LONG_AGO + 1))
    assert not old.proves(old._replace(ctime_ns=LONG_AGO + 1))


def test_progress_and_a_stop_that_keeps_what_was_seen(
    data: Path, project: Project, looked_at: list[str]
) -> None:
    events: list[dict[str, Any]] = []
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        scan(open_dataset(data), project, events.append, lambda: next(asked))
    kept = json.loads((project.frames / "scan.json").read_bytes())["frames"]
    assert set(kept) == set(looked_at)
    assert 2 <= len(kept) < 4
    events.clear()
    scan(open_dataset(data), project, events.append, never)
    assert events[-1]["done"] == events[-1]["total"] == 4
    assert {event["stage"] for event in events} == {"Reading frames"}


def test_a_project_that_takes_nothing_is_told_and_no_failure(
    data: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    project = Project(tmp_path / "file" / "project")
    events: list[dict[str, Any]] = []
    found = scan(open_dataset(data), project, events.append)
    assert len(found.frames) == 4
    assert [event["text"] for event in events if event["event"] == "message"] == [
        f"{project.frames / 'scan.json'} cannot be written (Not a directory): "
        "nothing is cached."
    ]
