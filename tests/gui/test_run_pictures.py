"""The pictures of a run's last validation, read from a file that may be anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_nerveseg.train.pictures import read_preview

IMAGES = np.arange(2 * 8 * 12, dtype=np.uint8).reshape(2, 8, 12)
WHOLE: dict[str, Any] = {
    "ids": np.array(["1_1", "1_2"]),
    "epoch": np.int64(3),
    "frames": IMAGES,
    "truths": IMAGES,
    "predictions": IMAGES,
}


def test_what_a_training_wrote_is_shown(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "preview.npz", **WHOLE)
    found = read_preview(tmp_path / "preview.npz")
    assert found is not None
    assert (found.ids, found.epoch) == (("1_1", "1_2"), 3)
    np.testing.assert_array_equal(found.truths, IMAGES)


@pytest.mark.parametrize(
    "change",
    [
        {"truths": IMAGES[:1]},
        {"frames": IMAGES.astype(np.uint16)},
        {"frames": IMAGES[0], "truths": IMAGES[0], "predictions": IMAGES[0]},
        {"ids": np.array(["1_1"])},
        {"epoch": np.arange(3)},
        {"more": np.arange(3)},
        {"frames": np.zeros((64, 1200, 1200), np.uint8)},  # 90 kB that unpack to 92 MB
        {"ids": np.array([{}, {}])},
    ],
)
def test_anything_else_is_not(tmp_path: Path, change: dict[str, Any]) -> None:
    np.savez_compressed(tmp_path / "preview.npz", **{**WHOLE, **change})
    assert read_preview(tmp_path / "preview.npz") is None
    assert read_preview(tmp_path / "missing.npz") is None
