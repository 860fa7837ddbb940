"""Image files to arrays, arrays to grey frames."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from tests.engine.data_folders import FRAME, SHAPE, save, save_palette
from training.data import BadFile, image_shape, read_image, strict_grey, to_grey
from training.data.images import pixel_digest
from training.errors import InputError


def colour(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*SHAPE, 3), np.uint8)


@pytest.mark.parametrize("name", ["a.tif", "a.TIFF", "a.png", "a.PNG"])
def test_lossless_formats_give_the_pixels_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if "tif" in name.lower():
        tifffile.imwrite(path, FRAME, compression="lzw")
    else:
        save(path, FRAME)
    assert np.array_equal(read_image(path), FRAME)
    assert image_shape(path) == SHAPE


def test_a_jpeg_comes_close(tmp_path: Path) -> None:
    read = read_image(save(tmp_path / "a.jpg", FRAME))
    assert read.dtype == np.uint8
    assert np.abs(read.astype(int) - FRAME).mean() < 3


@pytest.mark.parametrize("suffix", ["tif", "png"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colour_keeps_its_bits(tmp_path: Path, suffix: str, dtype: type) -> None:
    image = colour().astype(dtype) * dtype(np.iinfo(dtype).max // 255)
    path = tmp_path / f"a.{suffix}"
    if suffix == "tif":
        tifffile.imwrite(path, image, photometric="rgb")
    else:
        path.write_bytes(imagecodecs.png_encode(image))
    assert np.array_equal(read_image(path), image)


def test_every_page_of_a_stack_in_every_kind_of_tiff(tmp_path: Path) -> None:
    stack = np.random.default_rng(0).integers(0, 255, (5, *SHAPE), np.uint8)
    for kind in ({}, {"bigtiff": True}, {"byteorder": ">"}):
        path = tmp_path / "stack.tif"
        tifffile.imwrite(path, stack, photometric="minisblack", **kind)  # type: ignore[arg-type]
        for page in range(5):
            assert np.array_equal(read_image(path, page), stack[page])
            assert image_shape(path, page) == SHAPE
        with pytest.raises(BadFile) as caught:
            read_image(path, 5)
        assert str(caught.value) == (
            f"{path} has no page 5, its pages are 0 to 4: list the folder again."
        )


def test_what_is_shown_counts_not_how_it_is_stored(tmp_path: Path) -> None:
    white_is_zero = tmp_path / "a.tif"
    tifffile.imwrite(white_is_zero, 255 - FRAME, photometric="miniswhite")
    assert np.array_equal(read_image(white_is_zero), FRAME)
    greys = [level for index in range(256) for level in [255 - index] * 3]
    palette = save_palette(tmp_path / "b.png", 255 - FRAME, greys)
    assert np.array_equal(strict_grey(read_image(palette), palette), FRAME)
    planes = tmp_path / "c.tif"
    image = colour()
    tifffile.imwrite(
        planes, np.moveaxis(image, 2, 0), photometric="rgb", planarconfig="separate"
    )
    assert np.array_equal(read_image(planes), image)


def test_frames_can_be_written_to(tmp_path: Path) -> None:
    assert read_image(save(tmp_path / "a.png", FRAME)).flags.writeable


def test_uint8_stays_as_it_is() -> None:
    assert np.array_equal(to_grey(FRAME), FRAME)
    assert np.array_equal(to_grey(FRAME[..., None]), FRAME)
    grey_rgb = np.repeat(FRAME[..., None], 3, axis=2)
    assert np.array_equal(to_grey(grey_rgb), FRAME)
    assert np.array_equal(to_grey(np.dstack([FRAME, FRAME // 2])), FRAME)


def test_colour_becomes_luminance_as_in_pillow() -> None:
    image = colour()
    ours = to_grey(image).astype(int)
    assert np.abs(ours - np.asarray(Image.fromarray(image).convert("L"))).max() <= 1
    assert np.array_equal(to_grey(np.dstack([image, image[..., 0]])), ours)


def test_other_numbers_are_stretched() -> None:
    assert to_grey(np.array([[0, 1000], [2000, 4000]], np.uint16)).tolist() == [
        [0, 64],
        [128, 255],
    ]
    odd = np.array([[np.nan, -np.inf, np.inf], [-1.0, 0.0, 1.0]])
    assert to_grey(odd).tolist() == [[0, 0, 255], [0, 128, 255]]
    assert to_grey(np.array([[True, False]])).tolist() == [[255, 0]]
    assert to_grey(np.full((2, 2), 7.5)).tolist() == [[0, 0], [0, 0]]
    assert to_grey(np.full((1, 1), np.nan)).tolist() == [[0]]


@given(
    hnp.arrays(
        st.one_of(hnp.floating_dtypes(), hnp.integer_dtypes(), hnp.boolean_dtypes()),
        st.sampled_from([(3, 4), (3, 4, 1), (3, 4, 2), (3, 4, 3), (3, 4, 4)]),
    )
)
def test_any_numeric_image_becomes_a_frame(image: np.ndarray) -> None:
    grey = to_grey(image)
    assert grey.shape == (3, 4)
    assert grey.dtype == np.uint8


@given(hnp.arrays(np.float64, (3, 4), elements=st.floats(-1e300, 1e300)))
def test_stretching_keeps_the_order(image: np.ndarray) -> None:
    order = np.argsort(image, axis=None)
    assert (np.diff(to_grey(image).ravel()[order].astype(int)) >= 0).all()


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (
            np.zeros((2, 3, 4, 5)),
            "An image of shape (2, 3, 4, 5) is neither grey nor colour: "
            "give one 2-D or RGB image, or one page of the stack.",
        ),
        (
            np.zeros((9, 9, 9), np.uint8),
            "An image of shape (9, 9, 9) is neither grey nor colour: "
            "give one 2-D or RGB image, or one page of the stack.",
        ),
        (
            np.zeros((0, 5)),
            "An image without a pixel cannot be shown: give another one.",
        ),
        (
            np.zeros((2, 2), complex),
            "An image of complex128 values cannot be shown in grey: give real numbers.",
        ),
        (
            np.array([["a"]]),
            "An image of <U1 values cannot be shown in grey: give real numbers.",
        ),
    ],
)
def test_what_is_no_image(image: np.ndarray, message: str) -> None:
    with pytest.raises(InputError) as caught:
        to_grey(image)
    assert str(caught.value) == message


def test_the_digest_knows_pixels_and_shape() -> None:
    assert pixel_digest(FRAME) == pixel_digest(np.asfortranarray(FRAME))
    assert pixel_digest(FRAME) != pixel_digest(FRAME.reshape(80, 64))
    assert pixel_digest(FRAME) != pixel_digest(255 - FRAME)


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.jpg"])
def test_damage_is_one_sentence_whatever_the_bytes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.tif":
        tifffile.imwrite(path, FRAME, compression="lzw")
    else:
        save(path, FRAME)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for round_ in range(150):
        data = bytearray(whole)
        for place in rng.integers(0, min(len(data), 400), 3):
            data[place] = rng.integers(256)
        cut = rng.integers(1, len(data)) if round_ % 2 else len(data)
        path.write_bytes(data[:cut])
        try:
            read_image(path)
        except BadFile as error:
            assert str(error).startswith(f"{path} ")
            assert "\n" not in str(error)


def test_a_tiff_cut_short_is_never_filled_with_zeros(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    for compression in (None, "lzw", "zlib"):
        tifffile.imwrite(path, FRAME, compression=compression, rowsperstrip=8)
        whole = path.read_bytes()
        for cut in (len(whole) - 1, len(whole) // 2, 12):
            path.write_bytes(whole[:cut])
            with pytest.raises(BadFile) as caught:
                read_image(path)
            assert caught.value.kind == "unreadable"


def test_a_pickle_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    np.save(path.with_suffix(".npy"), np.array([{}], object), allow_pickle=True)
    path.write_bytes(path.with_suffix(".npy").read_bytes())
    with pytest.raises(BadFile, match="cannot be read as an image"):
        read_image(path)
