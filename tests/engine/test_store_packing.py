"""Masks as compressed run lengths."""

from __future__ import annotations

import tracemalloc

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from tests.toys import disc
from training.data.store.packing import PackedMask, digest_of, pack, runs_of, unpack


@st.composite
def masks(draw: st.DrawFn) -> np.ndarray:
    shape = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    bits = draw(st.lists(st.booleans(), min_size=81, max_size=81))
    return np.array(bits)[: shape[0] * shape[1]].reshape(shape)


@given(masks())
def test_a_mask_comes_back_as_it_went_in(mask: np.ndarray) -> None:
    back = unpack(pack(runs_of(mask)), mask.shape)
    assert back.dtype == np.bool_
    assert (back == mask).all()
    packed = PackedMask.of(mask)
    assert (packed.mask() == mask).all()
    assert packed.digest == digest_of(runs_of(mask), mask.shape)


def test_memory_order_does_not_matter() -> None:
    mask = disc((30, 40), (10, 20), 8)
    assert runs_of(np.asfortranarray(mask)) == runs_of(mask)
    assert runs_of(np.repeat(mask, 2, axis=1)[:, ::2]) == runs_of(mask)


def test_a_real_sized_mask_takes_less_than_a_kilobyte() -> None:
    assert len(pack(runs_of(disc((420, 580), (200, 300), 47)))) < 1000


def test_a_mask_of_another_shape_has_another_digest() -> None:
    runs = runs_of(np.zeros((4, 6), bool))
    assert runs == runs_of(np.zeros((6, 4), bool))
    assert digest_of(runs, (4, 6)) != digest_of(runs, (6, 4))


@pytest.mark.parametrize(
    "wrong", [np.zeros((4, 4), np.uint8), np.zeros(4, bool), np.zeros((1, 2, 3), bool)]
)
def test_only_a_2d_bool_array_is_a_mask(wrong: np.ndarray) -> None:
    with pytest.raises(TypeError, match="2-D bool array"):
        runs_of(wrong)


@pytest.mark.parametrize("blob", [b"not zlib", pack(runs_of(np.ones((3, 3), bool)))])
def test_damaged_bytes_are_noticed(blob: bytes) -> None:
    with pytest.raises(ValueError, match=r"decompress|do not fill"):
        unpack(blob, (4, 4))


def test_no_more_is_unpacked_than_the_frame_needs() -> None:
    bomb = pack(bytes(64 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(
            ValueError, match="do not decompress to a mask of its frame"
        ):
            unpack(bomb, (420, 580))
        with pytest.raises(ValueError, match="it holds no mask"):
            unpack(bomb, (65_535, 65_537))
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_a_mask_that_is_another_than_its_digest_says_is_refused() -> None:
    runs = runs_of(disc((30, 40), (10, 20), 8))
    assert unpack(pack(runs), (30, 40), digest_of(runs, (30, 40))).any()
    for blob in (pack(runs_of(disc((30, 40), (11, 20), 8))), pack(runs) + b"x", None):
        with pytest.raises(
            ValueError, match=r"not the mask|of its frame|holds no mask"
        ):
            unpack(blob, (30, 40), digest_of(runs, (30, 40)))
