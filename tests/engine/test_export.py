"""Export: every mask that holds comes out bit for bit, and nothing else happens."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from tests.toys import disc, smooth_frame, write_kaggle
from training.data import DataSet, open_dataset, read_mask, rle
from training.data.labels import Labels
from training.data.store import LabelStore, MaskChange, VerdictRecord
from training.errors import Cancelled, InputError
from training.predict.prediction_set import Submission
from training.predict.submission import write_submission
from training.report import export, mask_files

SHAPE = (64, 80)
NERVE = disc(SHAPE, (30, 40), 12)
OTHER = disc((40, 50), (20, 20), 8)
EMPTY = np.zeros(SHAPE, bool)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    frames = {
        "1_1": (smooth_frame(1), NERVE),
        "1_2": (smooth_frame(2), EMPTY),
        "1_3": (smooth_frame(3), None),
        "2_10": (smooth_frame(4, (40, 50)), None),
        "2_9": (smooth_frame(5), NERVE),
    }
    return write_kaggle(tmp_path / "train", frames)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LabelStore]:
    with LabelStore.open(tmp_path / "project" / "labels.sqlite", author="anna") as made:
        made.act("paint", masks={"2_10": MaskChange(OTHER, "painted")})
        made.act("erase", masks={"2_9": MaskChange(EMPTY, "painted")})
        made.act("status", statuses={"2_9": "approved", "1_3": "excluded"})
        made.act("verdict", verdict=VerdictRecord(("1_1", "1_2"), "ambiguous"))
        yield made


@pytest.fixture
def labels(data: Path, store: LabelStore) -> Labels:
    return Labels(open_dataset(data), store)


CURRENT = {"1_1": NERVE, "1_2": EMPTY, "2_9": EMPTY, "2_10": OTHER}


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.skipif(os.name == "nt", reason="such names are not allowed there")
def test_run_lengths_of_frames_of_any_name(tmp_path: Path) -> None:
    names = (
        *("trailing ", " leading", "a,b", "a;b", 'quote"', '"name"', "new\nline"),
        *("line\u2028end", "carriage\rreturn", "=cmd", "-dash", "#hash", "img"),
    )
    masks = {name: np.roll(NERVE, n, 1) for n, name in enumerate(names)}
    frames = {name: (smooth_frame(1), mask) for name, mask in masks.items()}
    dataset = open_dataset(write_kaggle(tmp_path / "train", frames))
    export(dataset, Labels(dataset), tmp_path / "out", "rle")
    found = rle.read_csv(tmp_path / "out" / "train_masks.csv")
    assert found == {name: rle.encode(mask) for name, mask in masks.items()}
    again = tmp_path / "submission.csv"
    write_submission(again, Submission(again, found, lambda _frame: SHAPE), names)
    assert rle.read_csv(again) == found


@pytest.mark.parametrize("format", ["tif", "png"])
def test_masks_come_out_under_the_sources_names(
    labels: Labels, tmp_path: Path, format: str
) -> None:
    out = tmp_path / "out"
    result = export(labels.dataset, labels, out, format)
    names = {f"{frame}_mask.{format}" for frame in CURRENT}
    assert {path.name for path in out.iterdir()} == names | {
        "status.csv",
        "snapshot.json",
    }
    for frame, mask in CURRENT.items():
        assert (read_mask(out / f"{frame}_mask.{format}") == mask).all()
    assert (result["n_frames"], result["n_masks"], result["n_missing"]) == (5, 4, 1)
    assert result["warnings"] == []
    assert result["out"] == str(out)


def test_a_tif_is_what_kaggles_is(labels: Labels, tmp_path: Path) -> None:
    export(labels.dataset, labels, tmp_path / "out")
    with tifffile.TiffFile(tmp_path / "out" / "1_1_mask.tif") as tif:
        page = tif.pages[0]
        pixels = page.asarray()
        assert (pixels.dtype, pixels.shape) == (np.uint8, SHAPE)
        assert np.unique(pixels).tolist() == [0, 255]
        assert page.compression.name == "LZW"
        assert page.photometric.name == "MINISBLACK"


def test_run_lengths_are_kaggles(labels: Labels, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(labels.dataset, labels, out, "rle")
    path = out / "train_masks.csv"
    assert path.read_text().splitlines()[0] == "subject,img,pixels"
    found = rle.read_csv(path)
    assert list(found) == ["1_1", "1_2", "2_9", "2_10"]
    for frame, mask in CURRENT.items():
        assert (rle.decode(found[frame], mask.shape) == mask).all()
    assert found["1_2"] == ""


def test_the_status_of_every_frame_is_told(labels: Labels, tmp_path: Path) -> None:
    export(labels.dataset, labels, tmp_path / "out", "rle")
    with (tmp_path / "out" / "status.csv").open(newline="") as file:
        rows = {row["frame"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["1_1", "1_2", "1_3", "2_9", "2_10"]
    assert list(rows["1_1"]) == [
        "frame",
        "subject",
        "status",
        "verified_empty",
        "excluded",
        "ambiguous",
        "area",
        "source",
        "author",
        "time",
    ]
    first = [str(NERVE.sum()), "true", "source", ""]
    assert [rows["1_1"][k] for k in ("area", "ambiguous", "source", "author")] == first
    missing = rows["1_3"]
    assert (missing["status"], missing["excluded"]) == ("excluded", "true")
    assert (missing["area"], missing["source"]) == ("", "")
    approved = rows["2_9"]
    assert (approved["verified_empty"], approved["area"]) == ("true", "0")
    assert (approved["source"], approved["author"]) == ("painted", "anna")
    assert approved["time"].endswith("Z")
    assert rows["1_2"]["verified_empty"] == "false"
    assert rows["2_10"]["subject"] == "2"


def test_the_snapshot_tells_which_labels_these_are(
    labels: Labels, store: LabelStore, tmp_path: Path
) -> None:
    export(labels.dataset, labels, tmp_path / "out")
    told = json.loads((tmp_path / "out" / "snapshot.json").read_text())
    assert told["snapshot"] == store.snapshot_id
    assert told["last_action"] == 4
    assert told["n_masks"] == 4
    store.act("paint", masks={"1_1": MaskChange(EMPTY, "painted")})
    then = Labels(labels.dataset, store.at(told["snapshot"]))
    export(labels.dataset, then, tmp_path / "again")
    ours, again = contents(tmp_path / "out"), contents(tmp_path / "again")
    assert ours.pop("snapshot.json") != again.pop("snapshot.json")  # the time
    assert ours == again


def test_edits_during_the_export_do_not_reach_it(
    labels: Labels, store: LabelStore, tmp_path: Path
) -> None:
    def disturb(event: dict[str, Any]) -> None:
        store.act("paint", masks={"2_9": MaskChange(NERVE, "painted")})

    before = store.snapshot_id
    result = export(labels.dataset, labels, tmp_path / "out", on_event=disturb)
    assert result["snapshot"] == before
    assert not read_mask(tmp_path / "out" / "2_9_mask.tif").any()


def test_the_export_can_take_the_place_of_the_sources_masks(
    labels: Labels, data: Path, tmp_path: Path
) -> None:
    before = contents(data)
    export(labels.dataset, labels, tmp_path / "out", "rle")
    again = open_dataset(data, masks_csv=tmp_path / "out" / "train_masks.csv")
    for frame, mask in CURRENT.items():
        found = again.mask(frame)
        assert found is not None
        assert (found == mask).all()
    assert again.mask("1_3") is None
    assert contents(data) == before


def test_the_layout_with_two_folders_keeps_equal_stems(tmp_path: Path) -> None:
    frames = {"a": (smooth_frame(1), None), "b": (smooth_frame(2), None)}
    write_kaggle(tmp_path / "data" / "images", frames)
    (tmp_path / "data" / "masks").mkdir()
    tifffile.imwrite(tmp_path / "data" / "masks" / "a.tif", NERVE.view("uint8"))
    dataset = open_dataset(tmp_path / "data")
    with LabelStore.open(tmp_path / "labels.sqlite") as store:
        store.act("paint", masks={"b": MaskChange(EMPTY, "painted")})
        export(dataset, Labels(dataset, store), tmp_path / "out", "png")
    assert (read_mask(tmp_path / "out" / "a.png") == NERVE).all()
    assert not read_mask(tmp_path / "out" / "b.png").any()


def test_pages_of_a_stack_come_out_one_by_one(tmp_path: Path) -> None:
    stack = np.stack([smooth_frame(n) for n in range(3)])
    folder = tmp_path / "data"
    folder.mkdir()
    tifffile.imwrite(folder / "sweep.tif", stack, photometric="minisblack")
    dataset = open_dataset(folder / "sweep.tif")
    with LabelStore.open(tmp_path / "labels.sqlite") as store:
        store.act("paint", masks={"sweep#1": MaskChange(NERVE, "painted")})
        labels = Labels(dataset, store)
        result = export(dataset, labels, folder / "out")
    assert (read_mask(folder / "out" / "sweep#1_mask.tif") == NERVE).all()
    assert (result["n_masks"], result["n_missing"]) == (1, 2)


def refused(dataset: DataSet, labels: Labels, out: Path, **more: Any) -> str:
    folder = dataset.root.parent
    before = contents(folder)
    with pytest.raises(InputError) as caught:
        export(dataset, labels, out, **more)
    assert contents(folder) == before
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    return str(caught.value)


def test_what_would_lose_something_is_refused(
    labels: Labels, data: Path, tmp_path: Path
) -> None:
    full, file = tmp_path / "full", tmp_path / "file"
    full.mkdir()
    (full / "mine.txt").write_text("keep")
    file.write_text("keep")
    dataset = labels.dataset
    assert refused(dataset, labels, full) == (
        f"{full} is not empty: name a new or empty folder."
    )
    assert refused(dataset, labels, file) == f"{file} is a file: name a folder."
    for inside in (data, data / "out", data / "a" / ".." / "out"):
        said = refused(dataset, labels, inside)
        assert said.endswith(
            "lies in the data folder, which is only read: name a folder outside."
        )
    assert refused(dataset, labels, tmp_path / "out", format="bmp") == (
        "Masks are not written as 'bmp'; take one of tif, png, rle."
    )
    said = refused(dataset, labels, file / "out")
    assert "cannot be made" in said


def test_an_empty_folder_is_filled(labels: Labels, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    export(labels.dataset, labels, out)
    assert (out / "snapshot.json").exists()


def test_a_folder_without_any_mask_is_refused(tmp_path: Path) -> None:
    frames = {"1": (smooth_frame(1), None)}
    dataset = open_dataset(write_kaggle(tmp_path / "test", frames))
    said = refused(dataset, Labels(dataset), tmp_path / "out")
    assert "has no mask yet, neither in the folder nor drawn" in said


def test_a_bad_mask_is_left_out_and_told(
    labels: Labels, data: Path, tmp_path: Path
) -> None:
    (data / "1_1_mask.tif").write_bytes(b"II*\0 not really")
    result = export(labels.dataset, labels, tmp_path / "out")
    assert (result["n_masks"], result["n_unreadable"]) == (3, 1)
    assert "1_1_mask.tif" in result["warnings"][0]
    assert not (tmp_path / "out" / "1_1_mask.tif").exists()


def test_drawn_masks_come_out_without_their_frames_files(
    labels: Labels, store: LabelStore, data: Path, tmp_path: Path
) -> None:
    store.act("paint", masks={"9_9": MaskChange(OTHER, "painted")})
    (data / "2_10.tif").write_bytes(b"no image any more")
    result = export(labels.dataset, labels, tmp_path / "out")
    assert (read_mask(tmp_path / "out" / "2_10_mask.tif") == OTHER).all()
    assert (result["n_masks"], result["n_unreadable"]) == (4, 0)
    assert result["warnings"] == [
        f"1 masks are left out, because {data} has no frame for them any more (9_9): "
        "put the files back."
    ]


def test_an_export_notes_its_snapshot(
    labels: Labels, store: LabelStore, tmp_path: Path
) -> None:
    result = export(labels.dataset, labels, tmp_path / "out")
    (noted,) = store.snapshots()
    assert (noted.id, noted.note) == (
        result["snapshot"],
        f"export to {tmp_path / 'out'}",
    )


def test_no_readable_mask_is_refused(data: Path, tmp_path: Path) -> None:
    for path in data.glob("*_mask.tif"):
        path.write_bytes(b"II*\0 not really")
    dataset = open_dataset(data)
    said = refused(dataset, Labels(dataset), tmp_path / "out")
    assert said.startswith(f"No mask of {data} can be read; first: ")


@pytest.mark.parametrize("n_events", [1, 2, 3])
def test_a_cancelled_export_leaves_nothing(
    labels: Labels, tmp_path: Path, n_events: int
) -> None:
    asked = iter([False] * 4 * n_events)
    with pytest.raises(Cancelled):
        export(
            labels.dataset,
            labels,
            tmp_path / "deep" / "out",
            should_stop=lambda: next(asked, True),
        )
    assert not (tmp_path / "deep" / "out").exists()
    deep = tmp_path / "deep"
    assert not deep.exists() or not list(deep.iterdir())


def test_a_disk_that_changes_bits_is_noticed(
    labels: Labels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flip(mask: np.ndarray) -> bytes:
        wrong = mask.copy()
        wrong[3, 3] ^= True
        return encode(wrong)

    encode = mask_files._tif
    monkeypatch.setattr(mask_files, "_tif", flip)
    with pytest.raises(RuntimeError, match="frame 1_1 came back from the disk changed"):
        export(labels.dataset, labels, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.real
def test_real_masks_come_out_as_they_are(real_data: Path, tmp_path: Path) -> None:
    dataset = open_dataset(real_data / "kaggle_original" / "train")
    for format in ("tif", "png", "rle"):
        result = export(dataset, Labels(dataset), tmp_path / format, format)
        assert result["n_masks"] == 51
    for frame in dataset.ids:
        name = f"{frame}_mask.tif"
        mask = read_mask(tmp_path / "tif" / name)
        assert (mask == read_mask(dataset.root / name)).all()


@pytest.mark.parametrize("format", ["png", "rle"])
def test_masks_that_are_taken_away_meanwhile_are_not_claimed(
    labels: Labels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    real, seen = Path.write_bytes, list[Path]()

    def removing(path: Path, data: bytes) -> int:
        if path.parent.parent == tmp_path and path.parent.exists():
            seen.append(path)
            if len(seen) == 2:
                path.parent.rename(tmp_path.with_name("elsewhere" + tmp_path.name))
                path.parent.mkdir()
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", removing)
    with pytest.raises((InputError, OSError, RuntimeError)):
        export(labels.dataset, labels, tmp_path / "out", format)
    assert not (tmp_path / "out").exists()
