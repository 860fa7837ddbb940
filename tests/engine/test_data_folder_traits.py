"""Whatever traits a folder has together, it is read as it was built, or named.

Folders are the product of naming, nesting, case, depth, polarity, orientation and
stacks. Nothing may be unequal in silence.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.engine.people_folders import nerve, picture, white, write
from training.data import DataSet, open_dataset, scan
from training.errors import InputError

#: How a mask is called beside its frame, and in a folder of masks.
BESIDE = (
    "{}_mask",
    "{}_MASK",
    "{}_seg",
    "{}_Annotation",
    "{}-label",
    "mask_{}",
    "{}_gt",
)
INSIDE = ("{}", "{}_mask", "{}_Segmentation", "mask_{}")
FOLDERS = (
    ("images", "masks"),
    ("Images", "Labels"),
    ("imagesTr", "labelsTr"),
    ("img", "annotations"),
    ("FRAMES", "GroundTruth"),
)
STEMS = ("1_{}", "frame{}", "patient0{}_a", "benign ({})", "img.00{}", "N\u00e9rve-{}")
DEPTHS: dict[str, Any] = {
    "u8": lambda a: a,
    "u16": lambda a: a.astype(np.uint16) * 257,
    "12-bit": lambda a: a.astype(np.uint16) * 16,
    "float": lambda a: (a / 255).astype(np.float32),
    "double": lambda a: a.astype(np.float64),
    "int32": lambda a: a.astype(np.int32),
}
LEVELS: dict[str, Any] = {
    "255": white,
    "1": lambda mask: white(mask, 1),
    "inverted": lambda mask: white(~mask),
    "2": lambda mask: white(mask, 2),
    "bool": lambda mask: mask,
}


@dataclass(frozen=True)
class Traits:
    folders: tuple[str, str] | None
    patients: bool
    naming: str
    stem: str
    depth: str
    levels: str
    stack: bool
    turned: bool
    stray: bool
    unrelated: bool


@st.composite
def traits(draw: st.DrawFn) -> Traits:
    folders = draw(st.sampled_from([None, *FOLDERS]))
    stack = draw(st.booleans())
    depth = draw(st.sampled_from(list(DEPTHS)))
    return Traits(
        folders,
        draw(st.booleans()),
        draw(st.sampled_from(BESIDE if folders is None else INSIDE)),
        draw(st.sampled_from(STEMS)),
        depth,
        draw(st.sampled_from(list(LEVELS))),
        stack,
        draw(st.booleans()) and not stack and depth == "u8",
        draw(st.booleans()),
        draw(st.booleans()),
    )


@dataclass(frozen=True)
class True_:
    """One frame as it was built."""

    path: Path
    page: int | None
    pixels: np.ndarray
    mask: np.ndarray
    patient: str | None


def build(root: Path, how: Traits) -> list[True_]:
    built = []
    for patient in ("A1", "B2") if how.patients else (None,):
        for i in (0, 1, 2):
            built += build_one(root, how, patient, i)
    if how.stray:
        images = root / how.folders[0] if how.folders else root
        write(images / "overview.png", picture(9))
    if how.unrelated:
        for name in ("notes.txt", "table.xlsx", "clip.mp4"):
            (root / name).write_bytes(b"xx")
        (root / "docs").mkdir()
        (root / "docs" / "paper.pdf").write_bytes(b"xx")
    return built


def build_one(root: Path, how: Traits, patient: str | None, i: int) -> list[True_]:
    images, masks = (root / one for one in how.folders or (".", "."))
    if patient is not None:
        images, masks = images / patient, masks / patient
    stem = how.stem.format(i)
    seeds = (i, i + 3) if how.stack else (i,)
    pixels = [picture(seed) for seed in seeds]
    nerves = [nerve(seed) for seed in seeds]
    path = images / f"{stem}.tif"
    frames = [DEPTHS[how.depth](one) for one in pixels]
    if how.turned:
        path, exif = path.with_suffix(".png"), Image.Exif()
        exif[0x0112] = 6
        write(path, np.rot90(pixels[0]).copy(), exif=exif)
        mask = LEVELS[how.levels](nerves[0])
    else:
        write(path, np.stack(frames) if how.stack else frames[0])
        mask = [LEVELS[how.levels](one) for one in nerves]
        mask = np.stack(mask) if how.stack else mask[0]
    suffix = ".tif" if how.stack else ".png"
    write(masks / f"{how.naming.format(stem)}{suffix}", mask)
    return [
        True_(path, page if how.stack else None, one, its, patient)
        for page, (one, its) in enumerate(zip(pixels, nerves, strict=True))
    ]


def is_equal(dataset: DataSet, one: True_, how: Traits) -> bool:
    """Say whether a frame is there with its pixels, its mask and its subject."""
    found = [
        entry
        for entry in dataset.entries
        if entry.path == one.path.resolve() and entry.page == one.page
    ]
    if len(found) != 1:
        return False
    entry = found[0]
    try:
        frame, mask = dataset.frame(entry.id), dataset.mask(entry.id)
    except InputError:
        return False
    subject = one.patient
    if subject is None and how.stem == "1_{}":
        subject = "1"
    if how.stem == "patient0{}_a" and not how.stray:  # surer than a folder's number
        subject = one.path.stem.partition("_")[0]
    return (
        mask is not None
        and np.array_equal(frame, one.pixels)
        and np.array_equal(mask, one.mask)
        and entry.subject == subject
    )


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(how=traits())
def test_a_folder_is_read_as_it_was_built_or_named(how: Traits) -> None:
    with tempfile.TemporaryDirectory() as folder:
        built = build(Path(folder).resolve(), how)
        try:
            dataset = open_dataset(Path(folder))
        except InputError as refused:
            assert str(Path(folder).resolve()) in str(refused)
            return
        problems = scan(dataset).problems
        kinds = {problem.kind for problem in problems}
        masks = {one.name for one in Path(folder).rglob("*") if one.suffix == ".png"}
        frames = {one.path.name for one in built} | {"overview.png"}
        taken = {entry.path.name for entry in dataset.entries}
        assert taken <= frames, f"masks as frames: {taken - frames} of {masks}"
        unequal = [one for one in built if not is_equal(dataset, one, how)]
        if how.levels == "inverted":
            assert "polarity" in kinds
        elif how.levels == "2":
            assert "labels" in kinds
        elif how.turned:
            assert "orientation" in kinds
            assert not unequal
        else:
            assert not unequal
        assert ("frame-without-mask" in kinds) == how.stray
        assert ("other-format" in kinds) == how.unrelated
