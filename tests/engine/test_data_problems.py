"""Everything that can be wrong with a frame or a mask, in its exact words."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import imagecodecs
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
from training.data import Problem, open_dataset, read_mask, scan
from training.data.problems import BadFile
from training.errors import InputError

RED_GREEN = [0, 0, 0, 128, 0, 0, 0, 128, 0]
LABELS = MASK.astype(np.uint8)
LABELS[:4] = 2

Write = Callable[[Path], object]


def good_pair(folder: Path, name: str = "1_1") -> None:
    save(folder / f"{name}.png", FRAME)
    save_mask(folder / f"{name}_mask.png")


def only_problem(folder: Path) -> Problem:
    """Scan a folder, and return its one problem; nothing in it may change."""
    before = contents(folder)
    problems = scan(open_dataset(folder)).problems
    assert contents(folder) == before
    assert len(problems) == 1, problems
    return problems[0]


FRAMES: dict[str, tuple[str, Write, str]] = {
    "colour": (
        "colour",
        lambda path: save(path, np.dstack([FRAME, FRAME, FRAME // 2])),
        "is in colour (its channels differ by up to 127) where a data set takes grey: "
        "pass --luminance, or convert it.",
    ),
    "transparent": (
        "colour",
        lambda path: save(path, np.dstack([FRAME, FRAME])),
        "has transparent pixels where a data set takes grey: "
        "save it without transparency.",
    ),
    "one-bit": (
        "not-8-bit",
        lambda path: save(path, MASK),
        "has bool pixels where a data set takes 8-bit grey: convert it.",
    ),
    "zero-bytes": (
        "zero-bytes",
        lambda path: path.write_bytes(b""),
        "has zero bytes: copy it again from its source.",
    ),
    "no-image": (
        "unreadable",
        lambda path: path.write_bytes(b"hello"),
        "cannot be read as an image (it is no TIFF, PNG, JPEG or BMP inside): "
        "copy it again from its source.",
    ),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_bad_frame(tmp_path: Path, name: str) -> None:
    kind, write, words = FRAMES[name]
    good_pair(tmp_path)
    write(tmp_path / "1_2.png")
    save_mask(tmp_path / "1_2_mask.png")
    problem = only_problem(tmp_path)
    assert problem == Problem("1_2.png", "1_2", kind, f"1_2.png {words}")
    with pytest.raises(InputError) as caught:
        open_dataset(tmp_path).frame("1_2")
    assert str(caught.value) == f"{tmp_path / '1_2.png'} {words}"


MASKS: dict[str, tuple[str, Write, str]] = {
    "size": (
        "size-mismatch",
        lambda path: save_mask(path, MASK[:, :70]),
        "is 64 x 70 pixels (height x width) where its frame is 64 x 80: "
        "export the mask at the frame's size.",
    ),
    "grey-levels": (
        "grey-levels",
        lambda path: save(path, LABELS * np.uint8(100)),
        "has 3 grey levels (0, 100, 200) where a mask has two: save it as a PNG or "
        "TIFF of 0 and 255, or pass --nerve-label with the one that is the nerve.",
    ),
    "many-grey-levels": (
        "grey-levels",
        lambda path: save(path, np.tile(np.arange(80, dtype=np.uint8), (64, 1))),
        "has 80 grey levels (0, 1, 2, 3, 4, 5, 6, 7, ...) where a mask has two: save "
        "it as a PNG or TIFF of 0 and 255, or pass --nerve-label with the one that is "
        "the nerve.",
    ),
    "palette": (
        "labels",
        lambda path: save_palette(path, LABELS, RED_GREEN),
        "is a palette mask with the labels 0, 1, 2: "
        "pass --nerve-label with the one that is the nerve.",
    ),
    "one-label": (
        "labels",
        lambda path: save(path, MASK.astype(np.uint8) * np.uint8(2)),
        "is a mask with the label 2, which need not be the nerve: "
        "pass --nerve-label with the one that is.",
    ),
    "colour": (
        "colour",
        lambda path: save(path, np.dstack([LABELS, LABELS, LABELS * 0])),
        "is in colour (its channels differ by up to 2) where a data set takes grey: "
        "convert it.",
    ),
    "zero-bytes": (
        "zero-bytes",
        lambda path: path.write_bytes(b""),
        "has zero bytes: copy it again from its source.",
    ),
    "no-image": (
        "unreadable",
        lambda path: path.write_bytes(b"hello"),
        "cannot be read as an image (it is no TIFF, PNG, JPEG or BMP inside): "
        "copy it again from its source.",
    ),
}


@pytest.mark.parametrize("name", MASKS)
def test_a_bad_mask(tmp_path: Path, name: str) -> None:
    kind, write, words = MASKS[name]
    good_pair(tmp_path)
    save(tmp_path / "1_2.png", FRAME)
    path = tmp_path / "1_2_mask.png"
    write(path)
    problem = only_problem(tmp_path)
    assert problem == Problem(path.name, "1_2", kind, f"{path.name} {words}")
    with pytest.raises(InputError) as caught:
        open_dataset(tmp_path).mask("1_2")
    assert str(caught.value) == f"{path} {words}"


def test_a_mask_without_its_frame_and_a_frame_without_its_mask(tmp_path: Path) -> None:
    good_pair(tmp_path)
    save_mask(tmp_path / "1_2_mask.png")
    save(tmp_path / "1_3.png", FRAME)
    assert scan(open_dataset(tmp_path)).problems == (
        Problem(
            "1_2_mask.png",
            None,
            "mask-without-frame",
            "1_2_mask.png is a mask without a frame: "
            "add the frame, or take the mask away.",
        ),
        Problem(
            "1_3.png",
            "1_3",
            "frame-without-mask",
            "1_3.png has no mask, which is not an empty one: "
            "add its mask, or draw it in the window.",
        ),
    )


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        path = tmp_path / "1_2.png"  # root may read all: a folder in a file's place
        path.mkdir()
        with pytest.raises(BadFile) as caught:
            read_mask(path)
        assert str(caught.value) == (
            f"{path} cannot be opened (is a directory): "
            "check that it is there and that you may read it."
        )
        return
    good_pair(tmp_path)
    (tmp_path / "1_1.png").chmod(0)
    assert only_problem(tmp_path).text == (
        "1_1.png cannot be opened (permission denied): "
        "check that it is there and that you may read it."
    )


def test_a_mask_stack_longer_than_its_frames(tmp_path: Path) -> None:
    for name, page, n in (("a", FRAME, 5), ("a_mask", MASK, 6)):
        tifffile.imwrite(
            tmp_path / f"{name}.tif",
            np.stack([page] * n).astype(np.uint8),
            photometric="minisblack",
        )
    assert only_problem(tmp_path).text == (
        "a_mask.tif has 6 pages where a.tif has 5, and its last ones are left out: "
        "check that the two belong together."
    )


def test_a_bad_run_names_its_frame(tmp_path: Path) -> None:
    save(tmp_path / "1_1.png", FRAME)
    (tmp_path / "m.csv").write_text("subject,img,pixels\n1,1,5121 1\n")
    assert only_problem(tmp_path) == Problem(
        "m.csv",
        "1_1",
        "run-length",
        "m.csv has a bad mask for frame 1_1: a run leaves the frame of 64 x 80 "
        "pixels: check that the mask belongs to this frame.",
    )


def test_a_label_that_no_mask_has(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(tmp_path / "images" / f"{name}.png", FRAME)
        save_palette(tmp_path / "masks" / f"{name}.png", LABELS, RED_GREEN)
    with pytest.raises(InputError) as caught:
        open_dataset(tmp_path, nerve_label=7)
    assert str(caught.value) == (
        "masks has no mask with the label 7, its labels are 0, 1, 2: "
        "pass --nerve-label with the one that is the nerve."
    )
    assert not scan(open_dataset(tmp_path, nerve_label=2)).problems


def test_deep_colour_that_is_grey_is_read_as_deep_grey(tmp_path: Path) -> None:
    for name, pixels in (
        ("1_1", FRAME.astype(np.uint16) * 257),
        ("1_2", np.dstack([FRAME.astype(np.uint16) * 257] * 3)),
    ):
        path = tmp_path / f"{name}.png"
        path.write_bytes(imagecodecs.png_encode(pixels))
    dataset = open_dataset(tmp_path)
    assert np.array_equal(dataset.frame("1_1"), FRAME)
    assert np.array_equal(dataset.frame("1_2"), FRAME)
    assert not scan(dataset).problems


def test_one_fault_does_not_hide_the_other(tmp_path: Path) -> None:
    (tmp_path / "1_1.png").write_bytes(b"")
    (tmp_path / "1_1_mask.png").write_bytes(b"")
    good_pair(tmp_path, "1_2")
    found = scan(open_dataset(tmp_path))
    assert [problem.path for problem in found.problems] == ["1_1.png", "1_1_mask.png"]
    assert found.frames[1].area == MASK.sum()


@pytest.mark.parametrize(
    "pixels",
    [
        MASK,
        MASK.astype(np.uint8),
        MASK.astype(np.uint8) * np.uint8(255),
        MASK.astype(np.uint16),
        MASK.astype(np.uint16) * np.uint16(65535),
        np.dstack([MASK.astype(np.uint8) * np.uint8(255)] * 3),
    ],
    ids=["bool", "0/1", "0/255", "16-bit 0/1", "16-bit 0/65535", "rgb"],
)
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_good_masks(tmp_path: Path, suffix: str, pixels: np.ndarray) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "tif":
        tifffile.imwrite(path, pixels)
    elif pixels.ndim == 3:
        path.write_bytes(imagecodecs.png_encode(pixels))
    else:
        save(path, pixels)
    mask = read_mask(path)
    assert mask.dtype == bool
    assert np.array_equal(mask, MASK)


def test_a_black_and_white_palette_is_read_by_its_colours(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    save_palette(path, (~MASK).astype(np.uint8), [255, 255, 255, 0, 0, 0])
    assert np.array_equal(read_mask(path), MASK)
    assert np.array_equal(read_mask(path, nerve_label=1), ~MASK)


def test_a_palette_in_which_labels_look_the_same_asks_for_the_nerves(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.png"
    save_palette(path, LABELS, [0, 0, 0, 0, 0, 0, 255, 255, 255])
    with pytest.raises(BadFile) as caught:
        read_mask(path)
    assert str(caught.value).endswith(
        "is a palette mask with the labels 0, 1, 2: "
        "pass --nerve-label with the one that is the nerve."
    )


def test_an_empty_palette_mask_needs_no_label(tmp_path: Path) -> None:
    path = save_palette(tmp_path / "a.png", np.zeros(SHAPE), RED_GREEN)
    assert not read_mask(path).any()
