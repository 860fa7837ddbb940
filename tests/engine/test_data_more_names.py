"""Names and folders of public data sets and tools: frames, masks and subjects."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tests.engine.people_folders import nerve, picture, white, write
from training.data import open_dataset, scan


class Folder(NamedTuple):
    """Files by a pattern, ``{}`` being 1 to 3, and what they give.

    Attributes
    ----------
    frames, masks
        Patterns of files.
    ids
        Patterns of the FrameIds, one for each of ``frames``; those of ``masks`` are the
        first ones'.
    subjects
        Of the frames of each pattern; ``{}`` is the number.
    problems
        Kinds that are named.
    """

    frames: tuple[str, ...]
    masks: tuple[str, ...]
    ids: tuple[str, ...]
    subjects: tuple[str | None, ...] = (None, None, None, None)
    problems: frozenset[str] = frozenset()


def one(frame: str, mask: str, name: str, subject: str | None = None) -> Folder:
    return Folder((frame,), (mask,), (name,), (subject,))


def below(*tops: str, subjects: tuple[str | None, ...]) -> Folder:
    """Return frames with masks beside them below each of some folders."""
    names = tuple(top.replace("/", "_") + "{}" for top in tops)
    return Folder(
        tuple(f"{top}{{}}.png" for top in tops),
        tuple(f"{top}{{}}_mask.png" for top in tops),
        tuple(name.removesuffix("_") for name in names),
        subjects,
    )


ELSEWHERE = frozenset({"mask-elsewhere"})
PEOPLE = ("P01", "P02", "P01", "P02")
FOLDERS = {
    "img001, mask001": one("img00{}.png", "mask00{}.png", "img00{}"),
    "in folders": one("images/img00{}.png", "masks/mask00{}.png", "img00{}"),
    "bus-bra": one("Images/bus_00{}-l.png", "Masks/mask_00{}-l.png", "bus_00{}-l"),
    "camus": one("ch2_ed_frame_{}.png", "ch2_ed_mask_{}.png", "ch2_ed_frame_{}"),
    "lits": one("volume-{}.png", "segmentation-{}.png", "volume-{}"),
    "zeros": one("images/00{}.png", "masks/{}.png", "00{}"),
    "roi frames": one("roi_{}.png", "roi_{}_mask.png", "roi_{}"),
    "roi behind": one("us{}_roi.png", "us{}_roi_mask.png", "us{}_roi"),
    "a crop's mask": one("us{}_left.png", "us{}_mask_left.png", "us{}_left"),
    "voc": one("JPEGImages/{}.png", "SegmentationClass/{}.png", "{}"),
    "segments": one("us{}.png", "us{}_label_ground-truth.png", "us{}"),
    "tif, png": one("us{}.tif", "us{}.png", "us{}"),
    "flattened": Folder(
        ("images/P01/{}.png", "images/P02/{}.png"),
        ("masks/P01_{}.png", "masks/P02_{}.png"),
        ("P01_{}", "P02_{}"),
        ("P01", "P02"),
        ELSEWHERE,
    ),
    "monai label": Folder(
        ("us{}.png",), ("labels/original/us{}.png",), ("us{}",), (None,), ELSEWHERE
    ),
    "raw and GT": Folder(
        ("raw/images/{}.png",), ("GT/images/{}.png",), ("raw_{}",), (None,), ELSEWHERE
    ),
    "a data set called segmentation": one(
        "segmentation/images/{}.png", "segmentation/masks/{}.png", "{}"
    ),
    "mask folder of a modality": one("images/US/{}.png", "labels/US/{}.png", "US_{}"),
    "raw beside images": Folder(
        ("images/{}.png", "raw/{}.png"),
        ("masks/{}.png",),
        ("{}",),
        problems=frozenset({"left-out"}),
    ),
    "train and val": Folder(
        ("train/images/{}.png", "val/images/1{}.png"),
        ("train/masks/{}.png", "val/masks/1{}.png"),
        ("{}", "1{}"),
    ),
    "recycled": Folder(
        ("us{}.png", "#recycle/old{}.png"), ("us{}_mask.png",), ("us{}",)
    ),
    "thumbnails": Folder(
        ("us{}.png", "@eaDir/us{}.png/SYNOPHOTO_THUMB.png"),
        ("us{}_mask.png",),
        ("us{}",),
    ),
    "devices": below("GE/P01/", "GE/P02/", "Philips/P01/", subjects=PEOPLE),
    "years": below("2023/P01/", "2023/P02/", "2024/P01/", subjects=PEOPLE),
    "days": below("2024-05-01/P01_", "2024-06-01/P02_", subjects=(None, None))._replace(
        problems=frozenset({"no-subject"})
    ),
    "sites": below("median/7_", "ulnar/7_", subjects=("7", "7")),
    "patients by name": below(
        "wrist/patient01_", "elbow/patient01_", subjects=("patient01", "patient01")
    ),
    "letters": below("A/", "B/", subjects=("A", "B")),
    "year in the name": below("2023_00", subjects=(None,)),
    "patches": below("patch", subjects=(None,)),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_gives_what_is_in_it(tmp_path: Path, name: str) -> None:
    how = FOLDERS[name]
    masks: dict[str, np.ndarray] = {}
    subjects: dict[str, str | None] = {}
    for at, pattern in enumerate(how.frames):
        for i in (1, 2, 3):
            write(tmp_path / pattern.format(i), picture(3 * at + i))
            if at < len(how.ids):
                subjects[how.ids[at].format(i)] = how.subjects[at]
    for at, pattern in enumerate(how.masks):
        for i in (1, 2, 3):
            write(tmp_path / pattern.format(i), white(nerve(3 * at + i)))
            masks[how.ids[at].format(i)] = nerve(3 * at + i)
    dataset = open_dataset(tmp_path)
    assert set(dataset.ids) == set(subjects)
    for frame, subject in subjects.items():
        assert np.array_equal(dataset.mask(frame), masks[frame]), frame
        assert dataset.entry(frame).subject == subject
    kinds = {problem.kind for problem in scan(dataset).problems}
    assert kinds == how.problems


@pytest.mark.parametrize(
    "tail", ["_mask_pred", "_seg_prediction", "_mask_auto", "_pred"]
)
def test_a_prediction_by_its_name_is_no_ground_truth(tmp_path: Path, tail: str) -> None:
    for i in (1, 2):
        write(tmp_path / f"us{i}.png", picture(i))
        write(tmp_path / f"us{i}{tail}.png", white(nerve(i)))
    dataset = open_dataset(tmp_path)
    assert dataset.ids == ("us1", "us2")
    assert not any(map(dataset.has_mask, dataset.ids))
    assert [one.kind for one in dataset.problems] == ["left-out"]
    chosen = open_dataset(tmp_path, mask_names=f"*{tail}")
    assert np.array_equal(chosen.mask("us1"), nerve(1))


def test_masks_that_fit_no_frame_ask_for_their_rule(tmp_path: Path) -> None:
    write(tmp_path / "images" / "a.png", picture(1))
    write(tmp_path / "masks" / "b.png", white(nerve(1)))
    kinds = [one.text for one in open_dataset(tmp_path).problems]
    assert any("none fits a frame: say how masks are named" in text for text in kinds)


def test_subjects_that_differ_by_zeros_or_case_are_named(tmp_path: Path) -> None:
    for name in ("1_1", "01_2", "2_1"):
        write(tmp_path / f"{name}.png", picture(1))
    (problem,) = open_dataset(tmp_path).problems
    assert problem.text == (
        f"{tmp_path} has subjects whose names differ by zeros or capitals alone "
        "(01, 1): see whether they are one, and tell subjects by --subject-by."
    )
