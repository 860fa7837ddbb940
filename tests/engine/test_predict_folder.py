"""A folder of images in, a folder of predictions out, whole or not at all."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import tifffile

from tests.engine.predicting import tiny_checkpoint, write_folder
from tests.toys import smooth_frame
from training.data import open_dataset, read_image
from training.errors import Cancelled, InputError
from training.files import dump_json
from training.predict import Predictor, open_predictions, predict_folder


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("run") / "best.safetensors")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "data")


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "predictions.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_masks_table_and_result(checkpoint: Path, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = predict_folder(checkpoint, data, out, device="cpu")
    assert names(out) == {"predictions.csv"} | {f"1_{i}_mask.png" for i in (1, 2, 3)}
    assert (result["n_frames"], result["n_predicted"], result["n_failed"]) == (3, 3, 0)
    assert result["warnings"] == []
    predictor = Predictor(checkpoint, "cpu")
    for row, entry in zip(rows(out), open_dataset(data).entries, strict=True):
        found = predictor.probability(read_image(entry.path))
        written = read_image(out / f"{entry.id}_mask.png")
        assert written.dtype == np.uint8
        np.testing.assert_array_equal(written, found.mask * np.uint8(255))
        assert row["frame"] == entry.id
        assert float(row["presence"]) == pytest.approx(found.presence, rel=1e-8)
        assert int(row["area"]) == found.area
        assert (float(row["threshold"]), row["error"]) == (0.5, "")
    dump_json(result)  # a worker sends it
    assert names(tmp_path) == {"data", "out"}  # no temporary folder is left


def test_probabilities_of_frames_of_several_sizes(checkpoint, data, tmp_path) -> None:
    import zarr

    out = tmp_path / "out"
    predict_folder(checkpoint, data, out, probabilities=True, device="cpu")
    predictor = Predictor(checkpoint, "cpu")
    found, dataset = open_predictions(out), open_dataset(data)
    for frame in dataset.ids:
        expected = predictor.probability(dataset.frame(frame))
        np.testing.assert_array_equal(found.probability(frame), expected.probability)
        np.testing.assert_array_equal(found.mask(frame), expected.mask)
    group = zarr.open_group(out / "probabilities.zarr", mode="r")
    assert set(group.array_keys()) == {"64x80", "50x70"}
    assert group["64x80"].chunks == (1, 64, 80)
    assert group["64x80"].dtype == np.uint8
    assert group.attrs["frames"] == list(dataset.ids)
    assert group.attrs["checkpoint_sha256"] == predictor.sha256
    assert group.attrs["shapes"] == [[64, 80], [50, 70], [64, 80]]


def test_any_kind_of_image(checkpoint: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    grey = smooth_frame(4)
    tifffile.imwrite(data / "deep.tif", grey.astype(np.uint16) * 257)
    tifffile.imwrite(data / "colour.tif", np.stack([grey] * 3, -1), photometric="rgb")
    tifffile.imwrite(data / "real.tif", (grey / 255).astype(np.float32))
    predict_folder(checkpoint, data, tmp_path / "out", device="cpu")
    found = open_predictions(tmp_path / "out")
    same = [found.mask(name) for name in ("deep", "colour", "real")]
    np.testing.assert_array_equal(same[0], same[1])
    np.testing.assert_array_equal(same[0], same[2])


def test_pages_of_a_stack_keep_their_ids(checkpoint: Path, tmp_path: Path) -> None:
    stack = tmp_path / "sweep.tif"
    frames = np.stack([smooth_frame(s) for s in range(3)])
    tifffile.imwrite(stack, frames, photometric="minisblack")
    out = tmp_path / "out"
    predict_folder(checkpoint, stack, out, probabilities=True, device="cpu")
    ids = open_dataset(stack).ids
    assert len(ids) == 3
    assert names(out) >= {f"{frame}_mask.png" for frame in ids}
    found = open_predictions(out)
    assert found.ids == ids
    for frame in ids:
        assert found.mask(frame).shape == found.probability(frame).shape == (64, 80)


def test_one_file(checkpoint: Path, data: Path, tmp_path: Path) -> None:
    predict_folder(checkpoint, data / "1_2.tif", tmp_path / "out", device="cpu")
    assert open_predictions(tmp_path / "out").ids == ("1_2",)


def test_one_corrupt_file_among_good_ones(checkpoint, data, tmp_path) -> None:
    (data / "1_2.tif").write_bytes(b"not an image")
    out, events = tmp_path / "out", []
    result = predict_folder(
        checkpoint, data, out, probabilities=True, device="cpu", on_event=events.append
    )
    assert (result["n_predicted"], result["n_failed"]) == (2, 1)
    assert "1_2.tif" in result["warnings"][0]
    assert [e["text"] for e in events if e["event"] == "message"] == result["warnings"]
    assert not (out / "1_2_mask.png").exists()
    row = rows(out)[1]
    assert (row["frame"], row["presence"], row["area"]) == ("1_2", "", "")
    assert "1_2.tif" in row["error"]
    found = open_predictions(out)
    assert found.ids == ("1_1", "1_3")
    assert (
        found.mask("1_2") is found.probability("1_2") is found.presence("1_2") is None
    )
    assert found.probability("1_3") is not None


def test_nothing_readable_is_an_error_and_writes_nothing(checkpoint, tmp_path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("a.tif", "b.png"):
        (data / name).write_bytes(b"not an image")
    with pytest.raises(InputError, match="has no readable image: frame a is left out"):
        predict_folder(checkpoint, data, tmp_path / "out", device="cpu")
    assert names(tmp_path) == {"data"}


def test_earlier_predictions_are_replaced_as_a_whole(
    checkpoint, data, tmp_path
) -> None:
    out = tmp_path / "out"
    predict_folder(checkpoint, data, out, probabilities=True, device="cpu")
    predict_folder(checkpoint, data / "1_1.tif", out, device="cpu")
    assert names(out) == {"predictions.csv", "1_1_mask.png"}
    assert names(tmp_path) == {"data", "out"}


def test_a_picture_of_another_format_is_named(checkpoint, data, tmp_path) -> None:
    (data / "1_9.bmp").write_bytes(b"BM")
    result = predict_folder(checkpoint, data, tmp_path / "out", device="cpu")
    assert (result["n_frames"], result["n_failed"]) == (3, 0)
    assert result["warnings"] == [
        "1_9.bmp is a picture of another format and is not read: save it as TIFF or "
        "PNG."
    ]


@pytest.mark.parametrize("before", ["notes.txt", "9_9_mask.png"])
def test_a_folder_of_something_else_is_left_alone(
    before, checkpoint, data, tmp_path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / before).write_text("mine")
    with pytest.raises(InputError, match="holds other files than predictions"):
        predict_folder(checkpoint, data, out, device="cpu")
    assert names(out) == {before}


def test_the_data_folder_is_only_read(checkpoint: Path, data: Path) -> None:
    before = names(data)
    for out in (data, data / "predictions"):
        with pytest.raises(InputError, match="which is only read"):
            predict_folder(checkpoint, data, out, device="cpu")
    assert names(data) == before


def test_a_file_is_no_folder_to_write(checkpoint, data, tmp_path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError, match="is a file: name a folder"):
        predict_folder(checkpoint, data, tmp_path / "out", device="cpu")
    assert (tmp_path / "out").read_text() == "mine"


def test_a_link_to_earlier_predictions_is_followed(
    checkpoint: Path, data: Path, tmp_path: Path
) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    predict_folder(checkpoint, data, real, device="cpu")
    link.symlink_to(real, target_is_directory=True)
    result = predict_folder(checkpoint, data / "1_1.tif", link, device="cpu")
    assert result["out"] == real
    assert link.is_symlink()
    assert names(real) == {"predictions.csv", "1_1_mask.png"}


def test_the_folder_that_one_is_in_is_named_before_any_work(
    checkpoint: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(InputError, match="here is where you are or where a disk is"):
        predict_folder(checkpoint, data, Path(), device="cpu")
    assert names(tmp_path) == {"data", "here"}


def test_stopping_leaves_nothing_and_keeps_what_was(checkpoint, data, tmp_path) -> None:
    out = tmp_path / "out"
    predict_folder(checkpoint, data / "1_1.tif", out, device="cpu")
    asked = iter([False, True])
    with pytest.raises(Cancelled):
        predict_folder(
            checkpoint, data, out, device="cpu", should_stop=lambda: next(asked)
        )
    assert names(out) == {"predictions.csv", "1_1_mask.png"}
    assert names(tmp_path) == {"data", "out"}


def test_progress_reaches_the_end(checkpoint, data, tmp_path) -> None:
    (data / "1_2.tif").write_bytes(b"")
    events: list[dict] = []
    predict_folder(
        checkpoint, data, tmp_path / "out", device="cpu", on_event=events.append
    )
    told = [e for e in events if e["event"] == "progress"]
    assert told[-1]["stage"] == "Predicting frames"
    assert (told[-1]["done"], told[-1]["total"]) == (3, 3)


@pytest.mark.real
def test_real_test_frames(checkpoint: Path, real_data: Path, tmp_path: Path) -> None:
    source = real_data / "kaggle_original" / "test"
    result = predict_folder(checkpoint, source, tmp_path / "out", device="cpu")
    assert result["n_predicted"] == 25
    assert open_predictions(tmp_path / "out").mask("1").shape == (420, 580)
