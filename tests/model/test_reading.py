"""How a folder is read is kept in its project, for the window too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_nerveseg.review.session import ReviewSession
from tests.toys import smooth_frame, write_kaggle
from training.data import Reading
from training.errors import InputError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A frame whose mask holds the labels 1 and 2, half and half."""
    folder = write_kaggle(tmp_path / "data", {"1_1": (smooth_frame(1), None)})
    labels = np.ones((64, 80), np.uint8)
    labels[:, 40:] = 2
    tifffile.imwrite(folder / "1_1_mask.tif", labels)
    return folder


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where the choices are kept."""
    return tmp_path / "project" / "reading.json"


@contextmanager
def opened(data: Path, **how: Any) -> Iterator[ReviewSession]:
    session = ReviewSession.open(data, data.parent / "project", **how)
    try:
        yield session
    finally:
        session.close()


def test_what_was_chosen_counts_and_is_kept(data: Path, kept: Path) -> None:
    with opened(data, reading={"nerve_label": 2}) as session:
        assert session.recalled == ""
    assert json.loads(kept.read_text()) == {"nerve_label": 2}
    with opened(data, reading=Reading(luminance=True)) as session:
        assert session.recalled == "--nerve-label 2"
        assert session.reading == Reading(nerve_label=2, luminance=True)
        mask = session.mask("1_1")
        assert mask is not None and mask[:, 40:].all() and not mask[:, :40].any()
    assert json.loads(kept.read_text()) == {"nerve_label": 2, "luminance": True}


def test_a_blind_reader_sees_the_same_masks(data: Path) -> None:
    with opened(data, reading={"nerve_label": 2}):
        pass
    with opened(data, author="Eve", blind=True) as session:
        assert session.blind
        assert session.reading == Reading(nerve_label=2)


def test_it_is_forgotten_as_asked(data: Path, kept: Path) -> None:
    with opened(data, reading={"nerve_label": 2}):
        pass
    with opened(data, reading={"as_found": True}) as session:
        assert session.reading == Reading()
    assert not kept.exists()


def test_a_folder_that_cannot_be_opened_so_keeps_nothing(
    data: Path, kept: Path
) -> None:
    with pytest.raises(InputError, match=r"none\.csv"):
        ReviewSession.open(
            data, kept.parent, reading={"masks_csv": data.with_name("none.csv")}
        )
    assert not kept.parent.exists()


def test_damaged_choices_are_one_sentence(data: Path, kept: Path) -> None:
    kept.parent.mkdir()
    kept.write_text("{")
    with pytest.raises(InputError, match="is damaged: delete it, or pass --as-found"):
        ReviewSession.open(data, kept.parent)
