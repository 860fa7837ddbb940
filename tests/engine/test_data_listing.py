"""From folders to data sets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from tests.engine.data_folders import (
    FRAME,
    MASK,
    SHAPE,
    contents,
    save,
    save_mask,
    save_palette,
)
from tests.toys import disc, smooth_frame, write_kaggle
from training.data import DataSet, open_dataset, rle, scan
from training.errors import InputError


def sentence(path: Path, **settings: object) -> str:
    """Return what opening ``path`` complains about."""
    with pytest.raises(InputError) as caught:
        open_dataset(path, **settings)  # type: ignore[arg-type]
    return str(caught.value)


def kinds(dataset: DataSet) -> list[str]:
    return [problem.kind for problem in dataset.problems]


def test_kaggles_layout(tmp_path: Path) -> None:
    other = smooth_frame(1, (40, 50))  # another size in the same folder
    write_kaggle(
        tmp_path,
        {"1_14": (FRAME, MASK), "1_9": (FRAME, ~MASK), "2_1": (other, None)},
    )
    before = contents(tmp_path)
    dataset = open_dataset(tmp_path)
    assert dataset.layout == "kaggle"
    assert dataset.ids == ("1_9", "1_14", "2_1")
    assert dataset.subjects == ("1", "2")
    assert dataset.has_subjects
    assert [dataset.shape(name) for name in dataset.ids] == [SHAPE, SHAPE, (40, 50)]
    assert np.array_equal(dataset.frame("2_1"), other)
    assert np.array_equal(dataset.mask("1_9"), ~MASK)
    assert dataset.mask("2_1") is None  # missing, which is not empty
    assert not dataset.has_mask("2_1")
    assert contents(tmp_path) == before


def test_png_and_jpeg_and_capitals(tmp_path: Path) -> None:
    save(tmp_path / "1_1.PNG", FRAME)
    save_mask(tmp_path / "1_1_mask.png")
    save(tmp_path / "1_2.jpeg", FRAME)
    save_mask(tmp_path / "1_2_mask.png", np.zeros(SHAPE, bool))
    dataset = open_dataset(tmp_path)
    assert dataset.ids == ("1_1", "1_2")
    assert dataset.frame("1_2").shape == SHAPE
    empty = dataset.mask("1_2")
    assert empty is not None
    assert not empty.any()
    assert not dataset.problems


def test_images_and_masks_with_labels(tmp_path: Path) -> None:
    labels = MASK.astype(np.uint8) + 2 * disc(SHAPE, (10, 10), 5).astype(np.uint8)
    save(tmp_path / "images" / "a.png", FRAME)
    save(tmp_path / "images" / "b.jpg", FRAME)
    save_palette(tmp_path / "masks" / "a.png", labels, [0, 0, 0, 128, 0, 0, 0, 128, 0])
    save(tmp_path / "masks" / "b_mask.png", labels)
    for label in (1, 2):
        dataset = open_dataset(tmp_path, nerve_label=label)
        assert dataset.layout == "images-masks"
        for name in ("a", "b"):
            assert np.array_equal(dataset.mask(name), labels == label)
    assert dataset.subjects == (None,)
    assert not dataset.has_subjects
    assert not dataset.problems


def test_a_test_folder_has_no_masks_and_no_problem(tmp_path: Path) -> None:
    for name in ("10", "9"):
        save(tmp_path / f"{name}.png", FRAME)
    dataset = open_dataset(tmp_path)
    assert (dataset.layout, dataset.ids) == ("plain", ("9", "10"))
    assert dataset.mask("9") is None
    assert not dataset.problems


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    save(tmp_path / "1_1.png", FRAME)
    save(tmp_path / "._1_1.png", FRAME)
    save(tmp_path / ".thumbs" / "9_9.png", FRAME)
    (tmp_path / "2_2.tif").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    assert open_dataset(tmp_path).ids == ("1_1",)


def test_a_stack_and_its_mask_stack(tmp_path: Path) -> None:
    frames = np.stack([smooth_frame(seed) for seed in range(12)])
    masks = np.stack([disc(SHAPE, (20 + k, 30), 8) for k in range(12)])
    clip = tmp_path / "3_7.tif"
    tifffile.imwrite(clip, frames, photometric="minisblack")
    tifffile.imwrite(
        tmp_path / "3_7_mask.tif",
        masks.astype(np.uint8) * np.uint8(255),
        photometric="minisblack",
    )
    dataset = open_dataset(clip)
    assert dataset.layout == "file"
    assert dataset.ids == tuple(f"3_7#{page}" for page in range(12))
    assert dataset.subjects == ("3",)
    for page, name in enumerate(dataset.ids):
        assert np.array_equal(dataset.frame(name), frames[page])
        assert np.array_equal(dataset.mask(name), masks[page])


def test_stacks_in_a_folder_beside_single_frames(tmp_path: Path) -> None:
    frames = np.stack([smooth_frame(seed) for seed in range(3)])
    tifffile.imwrite(tmp_path / "clip.tif", frames, photometric="minisblack")
    tifffile.imwrite(
        tmp_path / "clip_mask.tif",
        np.zeros((2, *SHAPE), np.uint8),
        photometric="minisblack",
    )
    tifffile.imwrite(tmp_path / "one.tif", FRAME)
    dataset = open_dataset(tmp_path)
    assert dataset.ids == ("clip#0", "clip#1", "clip#2", "one")
    assert [dataset.has_mask(name) for name in dataset.ids] == [
        True,
        True,
        False,
        False,
    ]
    assert [problem.text for problem in dataset.problems] == [
        "clip_mask.tif has fewer pages (2) than clip.tif (3) and is taken for its "
        "first ones: if masks of others are missing, give each page's mask a file of "
        "its own (docs/folders.md).",
        "clip.tif, page 2, has no mask, which is not an empty one: "
        "add its mask, or draw it in the window.",
        "one.tif has no mask, which is not an empty one: "
        "add its mask, or draw it in the window.",
    ]


def test_a_single_file_without_pages_keeps_its_stem(tmp_path: Path) -> None:
    dataset = open_dataset(save(tmp_path / "7.png", FRAME))
    assert dataset.ids == ("7",)
    assert dataset.entry("7").page is None


def test_a_csv_of_masks(tmp_path: Path) -> None:
    folder = write_kaggle(
        tmp_path / "train", {f"1_{k}": (FRAME, None) for k in range(1, 5)}
    )
    csv = tmp_path / "masks.csv"
    rle.write_csv(csv, {"1_1": MASK, "1_2": np.zeros(SHAPE, bool), "8_8": MASK})
    dataset = open_dataset(folder, masks_csv=csv)
    assert np.array_equal(dataset.mask("1_1"), MASK)
    empty = dataset.mask("1_2")
    assert empty is not None
    assert not empty.any()
    assert dataset.mask("1_3") is None
    assert kinds(dataset) == [
        "mask-without-frame",
        "frame-without-mask",
        "frame-without-mask",
    ]
    assert dataset.problems[0].text == (
        f"{csv} names frames that are not here (1 in all, the first is '8_8'): "
        "add them, or leave it so."
    )


def test_training_masks_in_the_folder_are_taken_a_submission_is_not(
    tmp_path: Path,
) -> None:
    write_kaggle(tmp_path, {"1_1": (FRAME, None)})
    (tmp_path / "sample_submission.csv").write_text("img,pixels\n1_1,1 1\n")
    assert open_dataset(tmp_path).mask("1_1") is None
    rle.write_csv(tmp_path / "train_masks.csv", {"1_1": MASK})
    dataset = open_dataset(tmp_path)
    assert dataset.layout == "kaggle"
    assert np.array_equal(dataset.mask("1_1"), MASK)
    rle.write_csv(tmp_path / "zz.csv", {"1_1": MASK})
    assert sentence(tmp_path) == (
        f"{tmp_path} has two files of run-length masks, train_masks.csv and zz.csv: "
        "keep one of them."
    )


def test_a_frame_that_is_not_there_is_named(tmp_path: Path) -> None:
    write_kaggle(tmp_path, {"1_1": (FRAME, MASK)})
    with pytest.raises(InputError) as caught:
        open_dataset(tmp_path).mask("9_9")
    assert str(caught.value) == (
        f"{tmp_path} has no frame 9_9: give the stem of a file in it."
    )


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    away = tmp_path / "away"
    assert sentence(away) == (
        f"{away} does not exist: give a folder of frames or an image file."
    )
    assert sentence(tmp_path) == (
        f"{tmp_path} has no image in it: give a folder of TIFF, PNG or JPEG frames."
    )
    save(tmp_path / "train" / "1_1.png", FRAME)
    save(tmp_path / "test" / "1.png", FRAME)
    assert sentence(tmp_path) == (
        f"{tmp_path} has no image in it, but its folder train has: "
        f"give {tmp_path / 'train'}."
    )
    text = tmp_path / "a.txt"
    text.write_text("x")
    assert sentence(text) == (
        f"{text} is no TIFF, PNG or JPEG: give an image or a folder of frames."
    )
    mask = save_mask(tmp_path / "masks" / "1_1_mask.png")
    assert sentence(mask) == f"{mask} is a mask by its name: give the frame's file."
    assert sentence(mask.parent) == (
        f"{mask.parent} has masks but no frame: put the frames beside."
    )


def test_two_files_of_one_stem_are_an_error(tmp_path: Path) -> None:
    save(tmp_path / "1_1.png", FRAME)
    save(tmp_path / "1_1.jpg", FRAME)
    assert sentence(tmp_path) in {
        f"{tmp_path} has {a} and {b}, two files of one name: keep one of them."
        for a, b in (("1_1.png", "1_1.jpg"), ("1_1.jpg", "1_1.png"))
    }
    (tmp_path / "1_1.jpg").unlink()
    save_mask(tmp_path / "1_1_mask.png")
    save_mask(tmp_path / "1_1_mask.jpg")
    assert "two files of one name: keep one of them." in sentence(tmp_path)
    assert sentence(tmp_path / "1_1.png") == (
        f"{tmp_path / '1_1.png'} has two masks, 1_1_mask.jpg and 1_1_mask.png: "
        "keep one of them."
    )


def test_a_page_and_a_file_must_not_share_an_id(tmp_path: Path) -> None:
    stack = np.zeros((2, *SHAPE), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", stack, photometric="minisblack")
    save(tmp_path / "a#1.png", FRAME)
    assert sentence(tmp_path).startswith(f"{tmp_path} has two frames called a#1, in ")


@pytest.mark.parametrize("label", [0, -1])
def test_the_background_is_no_nerve(tmp_path: Path, label: int) -> None:
    save(tmp_path / "1_1.png", FRAME)
    assert sentence(tmp_path, nerve_label=label) == (
        f"The nerve label {label} is no label, 0 is the background: "
        "pass --nerve-label with 1 or more."
    )


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    save(tmp_path / "images" / "a.png", FRAME)
    (tmp_path / "images" / "b.bmp").write_bytes(b"BM")
    save(tmp_path / "cover.png", FRAME)
    assert [problem.text for problem in open_dataset(tmp_path).problems] == [
        "images/b.bmp is a picture of another format and is not read: save it as TIFF "
        "or PNG.",
        "cover.png lies beside the folder images, which is read, and is left out: "
        "move it there if it is a frame.",
    ]


def test_a_broken_link_is_a_frame_that_cannot_be_read(tmp_path: Path) -> None:
    save(tmp_path / "1_1.png", FRAME)
    (tmp_path / "1_2.png").symlink_to(tmp_path / "away.png")
    dataset = open_dataset(tmp_path)
    assert dataset.ids == ("1_1", "1_2")
    assert [problem.text for problem in scan(dataset).problems] == [
        "1_2.png cannot be opened (no such file or directory): "
        "check that it is there and that you may read it."
    ]


def test_importing_the_package_loads_no_decoder() -> None:
    heavy = {"tifffile", "PIL", "imagecodecs", "torch", "scipy", "skimage", "zarr"}
    code = f"import sys, training.data; print({heavy!r} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "set()"
