"""Tables: run-length masks, a submission, subjects, the table of a prediction."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz.damage import any_of, damage_bytes, damage_table
from tests.fuzz.kinds import Command, Kind, digest, register
from tests.toys import disc, smooth_frame, write_kaggle
from training.data import open_dataset, rle
from training.data.rle_table import COLUMNS
from training.errors import InputError
from training.predict import open_predictions

SHAPE = (40, 56)
FRAMES = ("1_1", "1_2", "2_1")


def write_data(case: Path, masks: bool = True) -> Path:
    """Write three frames of two subjects, with masks or without."""
    frames = {
        name: (smooth_frame(n, SHAPE), disc(SHAPE, (20, 20 + n), 9) if masks else None)
        for n, name in enumerate(FRAMES)
    }
    return write_kaggle(case / "data", frames)


def _make_masks(case: Path) -> None:
    write_data(case, masks=False)
    masks = {name: disc(SHAPE, (20, 20 + n), 4) for n, name in enumerate(FRAMES)}
    rle.write_csv(case / "masks.csv", masks)


def _make_submission(case: Path) -> None:
    write_data(case)
    masks = [disc(SHAPE, (20, 20 + n), 4) for n in range(len(FRAMES))]
    rows = zip(FRAMES, map(rle.encode, masks), strict=True)
    rle.write_rows(case / "submission.csv", [("img", "pixels"), *rows])


def _make_subjects(case: Path) -> None:
    write_data(case)
    text = "file,subject\n1_1.tif,anna\n1_2.tif,anna\n2_1.tif,bert\n"
    (case / "subjects.csv").write_text(text)


def _read_masks(case: Path, victim: Path) -> Any:
    data = open_dataset(case / "data", masks_csv=victim)
    if strangers := [one for one in data.problems if one.kind == "mask-without-frame"]:
        raise InputError(strangers[0].text)  # as every command tells it
    return {name: digest(data.mask(name)) for name in data.ids}


def _read_submission(case: Path, victim: Path) -> Any:
    data = open_dataset(case / "data")
    found = open_predictions(victim, data.shape, data.ids)
    if strangers := sorted({*found.ids} - {*data.ids}):
        raise InputError(f"{victim} has rows of no frame: {strangers[0]!r:.50}")
    return {name: digest(found.mask(name)) for name in data.ids}


def _read_subjects(case: Path, victim: Path) -> Any:
    data = open_dataset(case / "data", subject_by=str(victim))
    return {entry.id: entry.subject for entry in data.entries}


def _cells(victim: Path) -> list[list[str]]:
    text = victim.read_bytes().decode("utf-8-sig")
    mark = max(",;\t", key=text.splitlines()[0].count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    return [row for row in rows if any(cell.strip() for cell in row)]


def _true_masks(_case: Path, victim: Path) -> Iterator[Any]:
    """Decode runs pixel by pixel; names as they are written, or none of ours."""
    head, *rows = _cells(victim)
    place = {
        role: next(
            (k for k, word in enumerate(head) if word.strip(' "').lower() in names), -1
        )
        for role, names in COLUMNS.items()
    }
    found: dict[str, Any] = dict.fromkeys(FRAMES)
    for row in rows:
        name = row[place["img"]].strip().removesuffix(".tif")
        subject = row[place["subject"]].strip() if place["subject"] >= 0 else ""
        for frame in (name, f"{subject}_{name}"):
            if frame in found:
                found[frame] = digest(_pixels(row[place["pixels"]]))
    yield found


def _pixels(text: str) -> np.ndarray:
    flat = np.zeros(SHAPE[0] * SHAPE[1], bool)
    words = text.strip(' "').split()
    for start, length in zip(words[::2], words[1::2], strict=True):
        first = int(start) - 1
        if not 0 <= first < first + int(length) <= flat.size:
            raise ValueError("a run leaves the frame")
        flat[first : first + int(length)] = True
    return flat.reshape(SHAPE, order="F")


def _true_subjects(_case: Path, victim: Path) -> Iterator[Any]:
    head, *rows = _cells(victim)
    names = [word.strip().lower() for word in head]
    found: dict[str, Any] = dict.fromkeys(FRAMES)
    for row in rows:
        frame = row[names.index("file")].strip().removesuffix(".tif")
        if frame in found:
            found[frame] = row[names.index("subject")].strip()
    yield found


def same_number(one: float | None, other: str) -> bool:
    """Say whether a number is what a cell holds."""
    return one is not None and (one == float(other) or math.isnan(float(other)))


_DAMAGE = any_of(damage_table, damage_table, damage_bytes)
_DATA = "--project {project}"

register(
    Kind(
        "masks-csv",
        _make_masks,
        "masks.csv",
        _DAMAGE,
        _read_masks,
        _true_masks,
        (
            Command("scan {case}/data --masks {victim} " + _DATA),
            Command("export {case}/data --out {out} --masks {victim} " + _DATA),
        ),
    ),
    Kind(
        "submission",
        _make_submission,
        "submission.csv",
        _DAMAGE,
        _read_submission,
        _true_masks,
        (Command("evaluate {victim} {case}/data " + _DATA),),
    ),
    Kind(
        "subjects",
        _make_subjects,
        "subjects.csv",
        _DAMAGE,
        _read_subjects,
        _true_subjects,
        (
            Command("scan {case}/data --subject-by {victim} " + _DATA),
            Command(
                "export {case}/data --out {out} --subject-by {victim} " + _DATA, True
            ),
        ),
    ),
)
