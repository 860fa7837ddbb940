"""Masks that are read, and need not be what a person drew, are named or refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from tests.engine.people_folders import SHAPE, nerve, picture, white, write
from training.data import Project, Scan, open_dataset, open_labels, scan
from training.data.problems import BadFile
from training.data.remarks import doubtful_masks

N = (0, 1, 2)
NOTHING = np.zeros(SHAPE, bool)


def frames(folder: Path, n: int = 3) -> None:
    for i in range(n):
        write(folder / f"us_{i}.png", picture(i))


def masks(folder: Path, named: str = "us_{}_mask.png", n: int = 3) -> None:
    for i in range(n):
        write(folder / named.format(i), white(nerve(i)))


def apart(seed: int) -> np.ndarray:
    """Return another structure, which does not touch the nerve."""
    return np.roll(nerve(seed), (20, 25), (0, 1))


def said(found: Scan) -> dict[str, list[str]]:
    by_kind: dict[str, list[str]] = {}
    for one in found.problems:
        by_kind.setdefault(one.kind, []).append(one.text)
    return by_kind


def scanned(folder: Path, **choices: object) -> dict[str, list[str]]:
    return said(scan(open_dataset(folder, **choices)))


def line(mask: np.ndarray, width: int) -> np.ndarray:
    return mask & ~binary_erosion(mask, iterations=width)


def open_line(mask: np.ndarray) -> np.ndarray:
    drawn = line(mask, 1)
    drawn[20:22] = False
    return drawn


# Outlines -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "drawn",
    [lambda mask: line(mask, 1), lambda mask: line(mask, 2), open_line],
    ids=["one pixel", "two pixels", "with a gap"],
)
def test_outlines_are_named_once(
    tmp_path: Path, drawn: Callable[[np.ndarray], np.ndarray]
) -> None:
    frames(tmp_path)
    for i in N:
        write(tmp_path / f"us_{i}_mask.png", white(drawn(nerve(i))))
    n = int(drawn(nerve(0)).sum())
    assert scanned(tmp_path) == {
        "outline": [
            f"3 masks look like outlines; the first: us_0_mask.png marks a line of {n} "
            "px and not what is inside: fill it if it is an outline."
        ]
    }


def test_one_outline_among_filled_masks_is_named(tmp_path: Path) -> None:
    frames(tmp_path)
    masks(tmp_path)
    write(tmp_path / "us_1_mask.png", white(line(nerve(1), 1)))
    (text,) = scanned(tmp_path)["outline"]
    assert text.startswith("us_1_mask.png marks a line of 36 px")


@pytest.mark.parametrize(
    "mask",
    [
        nerve(0) | apart(0),
        nerve(0) & ~np.roll(np.eye(*SHAPE, dtype=bool), 2, 1),
        np.pad(np.ones((3, 50), bool), ((20, 25), (7, 7))),
        np.pad(np.eye(6, dtype=bool), ((20, 22), (20, 38))),
    ],
    ids=["two parts", "a cut", "flat", "small"],
)
def test_what_is_no_outline(tmp_path: Path, mask: np.ndarray) -> None:
    frames(tmp_path, 1)
    write(tmp_path / "us_0_mask.png", white(mask))
    assert scanned(tmp_path) == {}


def test_outlines_are_named_before_a_training(tmp_path: Path) -> None:
    data, project = tmp_path / "data", Project(tmp_path / "project")
    frames(data)
    for i in N:
        write(data / f"us_{i}_mask.png", white(line(nerve(i), 1)))
    dataset = open_dataset(data)
    with open_labels(dataset, project, None, True) as labels:
        assert doubtful_masks(dataset, labels) == (
            "3 masks look like outlines of 3 looked at; us_0_mask.png marks a line of "
            "36 px and not what is inside: fill it if it is an outline."
        )


# JPEG, and masks of nothing -------------------------------------------------------


@pytest.mark.parametrize("quality", [75, 95, 100])
@pytest.mark.parametrize("label", [None, 1])
def test_labels_in_jpeg_are_refused(
    tmp_path: Path, quality: int, label: int | None
) -> None:
    frames(tmp_path)
    for i in N:
        write(tmp_path / f"us_{i}_mask.jpg", white(nerve(i), 1), quality=quality)
    dataset = open_dataset(tmp_path, nerve_label=label)
    found = said(scan(dataset))
    assert list(found) == ["grey-levels"]
    assert len(found["grey-levels"]) == 3
    assert found["grey-levels"][0].endswith(
        "which JPEG does not keep apart: export the masks again as PNG or TIFF."
    )
    with pytest.raises(BadFile):
        dataset.mask("us_0")


def test_masks_of_which_none_marks_anything_are_named(tmp_path: Path) -> None:
    frames(tmp_path)
    for i in N:  # of such values JPEG keeps nothing
        write(tmp_path / f"us_{i}_mask.jpg", white(nerve(i), 1), quality=50)
    assert scanned(tmp_path) == {
        "none-marked": [
            "us_0_mask.jpg marks nothing, and no other mask does (3 in all): see that "
            "they were exported as they were drawn."
        ]
    }
    write(tmp_path / "us_0_mask.jpg", white(nerve(0)), quality=95)
    assert "none-marked" not in scanned(tmp_path)


# Stacks ---------------------------------------------------------------------------


@pytest.mark.parametrize("pages", [(0, 1, 3, 4), (1, 2, 3, 4), (3,)])
def test_a_mask_stack_shorter_than_its_frames(
    tmp_path: Path, pages: tuple[int, ...]
) -> None:
    write(tmp_path / "s.tif", np.stack([picture(i) for i in range(5)]))
    write(tmp_path / "s_mask.tif", np.stack([white(nerve(i)) for i in pages]))
    assert scanned(tmp_path)["pages-fewer"] == [
        f"s_mask.tif has fewer pages ({len(pages)}) than s.tif (5) and is taken for "
        "its first ones: if masks of others are missing, give each page's mask a file "
        "of its own (docs/folders.md)."
    ]


# Several masks --------------------------------------------------------------------


def test_masks_named_for_two_structures_are_named(tmp_path: Path) -> None:
    frames(tmp_path)
    masks(tmp_path, "us_{}_mask_nerve.png", 2)
    write(tmp_path / "us_2_mask_artery.png", white(nerve(2)))
    assert scanned(tmp_path) == {
        "several-rules": [
            "us_2_mask_artery.png is a mask named as *_mask_artery (1), and others are "
            "named as *_mask_nerve (2): choose by --mask-names if not all are of the "
            "nerve, or not by one person."
        ]
    }
    chosen = scanned(tmp_path, mask_names="*_mask_nerve")
    assert set(chosen) == {"left-out", "frame-without-mask"}


def test_folders_and_signs_make_no_other_rule(tmp_path: Path) -> None:
    for part, i, sign in (("train", 0, "_"), ("train", 1, "-"), ("val", 2, " ")):
        write(tmp_path / f"{part}_images" / f"us_{i}.png", picture(i))
        write(tmp_path / f"{part}_masks" / f"us_{i}{sign}mask.png", white(nerve(i)))
    assert scanned(tmp_path) == {}


def test_masks_that_are_joined_are_named_until_somebody_chooses(
    tmp_path: Path,
) -> None:
    frames(tmp_path)
    masks(tmp_path, "us_{}_mask_1.png")
    for i in N:
        write(tmp_path / f"us_{i}_mask_2.png", white(apart(i)))
    dataset = open_dataset(tmp_path)
    assert dataset.understood.n_joined == 3
    assert said(scan(dataset)) == {
        "joined": [
            "us_0_mask_2.png is joined with us_0_mask_1.png, a mask of the same frame "
            "(3 frames have several): if they are not parts of one nerve, choose by "
            "--mask-names."
        ]
    }
    assert scanned(tmp_path, mask_names="*_mask") == {}
    one = open_dataset(tmp_path, mask_names="*_mask_1")
    assert np.array_equal(one.mask("us_0"), nerve(0))


@pytest.mark.parametrize(("shift", "told"), [(8, True), (13, False)])
def test_masks_of_two_people_share_some_pixels(
    tmp_path: Path, shift: int, told: bool
) -> None:
    frames(tmp_path)
    masks(tmp_path, "us_{}_mask1.png")
    for i in N:
        write(tmp_path / f"us_{i}_mask2.png", white(np.roll(nerve(i), shift, 1)))
    common = int((nerve(0) & np.roll(nerve(0), shift, 1)).sum())
    assert common == (45 if told else 2)
    assert ("overlap" in scanned(tmp_path)) == told


@pytest.mark.parametrize("sign", ["", " "])
@pytest.mark.parametrize("drawn", [NOTHING, nerve(5)], ids=["emptied", "moved"])
def test_a_copy_of_a_mask_is_not_joined(
    tmp_path: Path, drawn: np.ndarray, sign: str
) -> None:
    frames(tmp_path)
    masks(tmp_path)
    copy = f"us_0_mask{sign}(1).png"
    write(tmp_path / copy, white(drawn))
    dataset = open_dataset(tmp_path)
    words = "is by its name a copy of us_0_mask.png, a mask of the same frame: "
    found = scan(dataset)
    assert said(found)["copy"] == [f"{copy} {words}keep one of the two."]
    assert [one.bad_mask for one in found.frames] == [True, False, False]
    with pytest.raises(BadFile, match="keep one of the two"):
        dataset.mask("us_0")


# Copies of the data ---------------------------------------------------------------


def test_frames_of_another_folder_are_named_once(tmp_path: Path) -> None:
    for folder in ("anna", "bert"):
        frames(tmp_path / folder)
        masks(tmp_path / folder)
        for dark in ("a", "b"):  # which are equal in many recordings
            write(tmp_path / folder / f"{dark}.png", np.zeros(SHAPE, np.uint8))
    assert scanned(tmp_path)["same-picture"] == [
        "3 frames are those of other folders or subjects, pixel for pixel; the first: "
        "bert/us_0.png is pixel for pixel anna/us_0.png, which lies in another folder "
        "or is of another subject: take one away if the data are here twice."
    ]


@pytest.mark.parametrize(("name", "told"), [("1_2", False), ("2_1", True)])
def test_equal_frames_count_between_subjects_alone(
    tmp_path: Path, name: str, told: bool
) -> None:
    for one in ("1_1", name):
        write(tmp_path / f"{one}.png", picture(0))
        write(tmp_path / f"{one}_mask.png", white(nerve(0)))
    assert ("same-picture" in scanned(tmp_path)) == told


# Colour ---------------------------------------------------------------------------


def coloured(mask: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return mask[..., None] * np.array(colour, np.uint8)


def test_masks_in_one_colour_are_read_and_named(tmp_path: Path) -> None:
    frames(tmp_path)
    for i in N:
        write(tmp_path / f"us_{i}_mask.png", coloured(nerve(i), (255, 0, 0)))
    dataset = open_dataset(tmp_path)
    assert np.array_equal(dataset.mask("us_1"), nerve(1))
    assert said(scan(dataset)) == {
        "one-colour": [
            "3 masks are in colour and are read as nerve; the first: us_0_mask.png is "
            "in colour and is read as nerve where it is #ff0000."
        ]
    }


def test_a_second_colour_is_refused_in_any_order(tmp_path: Path) -> None:
    frames(tmp_path)
    for i, colour in enumerate([(255, 0, 0), (255, 0, 0), (0, 255, 0)]):
        write(tmp_path / f"us_{i}_mask.png", coloured(nerve(i), colour))
    dataset = open_dataset(tmp_path)
    with pytest.raises(BadFile) as caught:
        dataset.mask("us_2")
    assert str(caught.value) == (
        f"{tmp_path / 'us_2_mask.png'} is drawn in #00ff00, and other masks in "
        "#ff0000: make those of the nerve white."
    )
    assert set(scanned(tmp_path)) == {"colour", "one-colour"}
    both = coloured(nerve(1), (255, 0, 0)) + coloured(apart(1), (0, 255, 0))
    write(tmp_path / "us_1_mask.png", both)
    with pytest.raises(BadFile, match="is in colour"):
        open_dataset(tmp_path).mask("us_1")
