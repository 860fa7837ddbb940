from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.engine.command_line import run, write_subjects
from tests.engine.learn_toys import toy_dataset
from tests.toys import smooth_frame, write_kaggle
from training.data import open_dataset
from training.data.images import read_image
from training.data.labels import Labels
from training.errors import InputError
from training.learn.augment.preview import CONTOUR, preview_grid
from training.learn.settings.augmentation import Augmentation

SIZE = (32, 40)


def grid(dataset, strengths: Augmentation | None = None, **others):
    given = {"size": SIZE, "frames": 2, "variants": 3, **others}
    return preview_grid(dataset, Labels(dataset), strengths or Augmentation(), **given)


def cell(picture, row: int, column: int):
    top, left = 4 + row * (SIZE[0] + 4), 4 + column * (SIZE[1] + 4)
    return picture[top : top + SIZE[0], left : left + SIZE[1]]


def test_a_row_shows_a_frame_and_then_its_variants(tmp_path: Path):
    picture = grid(toy_dataset(tmp_path / "d"))
    assert picture.dtype == np.uint8
    assert picture.shape == (2 * 36 + 4, 4 * 44 + 4, 3)
    for row in range(2):
        cells = [cell(picture, row, column) for column in range(4)]
        assert not any(np.array_equal(cells[0], other) for other in cells[1:])
        for one in cells:  # frames with a nerve are preferred
            assert (one == CONTOUR).all(-1).any()


def test_without_strengths_every_variant_is_the_frame(tmp_path: Path):
    picture = grid(toy_dataset(tmp_path / "d"), Augmentation.off())
    for column in (1, 2, 3):
        assert np.array_equal(cell(picture, 0, 0), cell(picture, 0, column))


def test_a_seed_gives_one_picture(tmp_path: Path):
    dataset = toy_dataset(tmp_path / "d")
    assert np.array_equal(grid(dataset), grid(dataset))
    assert not np.array_equal(grid(dataset), grid(dataset, seed=1))


def test_what_cannot_be_drawn_is_said(tmp_path: Path):
    bare = write_kaggle(tmp_path / "d", {"1_1": (smooth_frame(0, SIZE), None)})
    with pytest.raises(InputError, match="has no frame with a mask that can be read"):
        grid(open_dataset(bare))
    with pytest.raises(InputError, match="at least one frame"):
        grid(open_dataset(bare), frames=0)


def test_the_command_writes_a_picture(tmp_path: Path, capsys):
    data, out = write_subjects(tmp_path / "d"), tmp_path / "grid.png"
    words = ["--frames", "1", "--variants", "2", "--size", "32x40", "--rotation", "0"]
    assert run("augment-preview", data, "--out", out, *words) == 0
    assert read_image(out).shape == (40, 3 * 44 + 4, 3)
    assert "136 x 40 pixels (wide x high)" in capsys.readouterr().out
    assert not (tmp_path / "d.nerveseg").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--blur", "99"], "augmentation blur is 99.0: give a number from 0 (off)"),
        (["--out", "missing/grid.png"], "the folder missing is not there"),
        (["--out", "grid.jpg"], "name a file that ends in .png"),
    ],
)
def test_a_mistake_writes_nothing(tmp_path: Path, monkeypatch, capsys, words, sentence):
    monkeypatch.chdir(tmp_path)
    data = write_subjects(tmp_path / "d")
    assert run("augment-preview", data, "--out", "grid.png", *words) == 2
    assert sentence in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d"]
