"""Looks at every frame and mask once, and names everything that is wrong."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..events import OnEvent, Progress, ShouldStop, message
from .dataset import DataSet, FrameEntry
from .images import pixel_digest, read_image, strict_grey
from .masks import labels_in, read_mask
from .parallel import in_threads
from .problems import BadFile, Problem, relative
from .project import Project
from .scan_cache import ScanCache
from .scan_record import FrameInfo, Record
from .scan_summary import summarise
from .tiff_pages import TIFF_SUFFIXES, page_offsets

__all__ = ["FrameInfo", "Scan", "recall_scan", "scan"]


@dataclass(frozen=True)
class Scan:
    """What a data set holds.

    Attributes
    ----------
    frames
        One `FrameInfo` a frame, in natural order.
    problems
        Everything that is wrong: what listing found, then what the pixels show.
    luminance
        Whether colour frames were read as their luminance.
    """

    frames: tuple[FrameInfo, ...]
    problems: tuple[Problem, ...]
    luminance: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return counts, shares, sizes, areas and problems as plain values."""
        summary = summarise(self.frames, self.problems)
        return {**summary, "luminance": self.luminance}

    @property
    def digest(self) -> str:
        """A sha256 that two scans share if they saw the same."""
        seen = [(f.id, f.shape, f.area, f.sha256, f.bad_mask) for f in self.frames]
        return hashlib.sha256(repr((seen, self.problems)).encode()).hexdigest()


def scan(
    dataset: DataSet,
    project: Project | None = None,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> Scan:
    """Decode every frame and mask of a data set once.

    Parameters
    ----------
    dataset
        What to look at.
    project
        Where results are kept (``frames/scan.json``), so that a second scan reads
        only what has changed; None keeps nothing.
    on_event, should_stop
        As everywhere.

    Raises
    ------
    Cancelled
        If ``should_stop`` says so; what was seen until then is kept.
    """
    cache = ScanCache(dataset, project)
    progress = Progress("Reading frames", len(dataset), on_event, should_stop)
    records: dict[str, Record] = {}
    try:
        todo = []
        for entry in dataset.entries:
            record = cache.get(entry)
            if record is None:
                todo.append(entry)
            else:
                records[entry.id] = record
                progress.step()
        for entry, record in in_threads(lambda each: _look(dataset, each), todo):
            records[entry.id] = record
            cache.put(entry, record)
            progress.step()
    finally:
        if (failure := cache.save()) is not None:
            message(on_event, failure, "warning")
    return _joined(dataset, records)


def recall_scan(dataset: DataSet, project: Project) -> Scan | None:
    """Return what the last scan saw, opening and looking at no file of the data.

    Nothing says that it still holds: a file may have changed under its name. Let
    `scan` prove it (the two have one `Scan.digest` then) before anything relies on it.

    Returns
    -------
    Scan or None
        None if there is no earlier scan, or a file has come or has another name.
    """
    cache = ScanCache(dataset, project)
    records: dict[str, Record] = {}
    for entry in dataset.entries:
        record = cache.recall(entry)
        if record is None:
            return None
        records[entry.id] = record
    return _joined(dataset, records)


def _joined(dataset: DataSet, records: dict[str, Record]) -> Scan:
    ordered = [records[frame_id] for frame_id in dataset.ids]
    problems = [*dataset.problems]
    for record in ordered:
        problems.extend(record.problems)
    frames = tuple(record.info for record in ordered)
    problems.extend(_label_problem(dataset, frames))
    return Scan(frames, tuple(problems), dataset.luminance)


def _look(dataset: DataSet, entry: FrameEntry) -> Record:
    """Read one frame and its mask; a fault of one does not hide the other's."""
    found: list[Problem] = []
    shape = digest = area = None
    bad_mask = False
    try:
        image = read_image(entry.path, entry.page)
        shape = (int(image.shape[0]), int(image.shape[1]))
        _check_pages(entry)
        digest = pixel_digest(strict_grey(image, entry.path, dataset.luminance))
    except BadFile as error:
        found.append(error.problem(dataset.root, entry.id))
    try:
        area = _area(dataset, entry, shape)
    except BadFile as error:
        bad_mask = True
        found.append(error.problem(dataset.root, entry.id))
    has_mask = entry.mask_path is not None
    info = FrameInfo(entry.id, entry.subject, shape, area, digest, has_mask, bad_mask)
    return Record(info, tuple(found))


def _check_pages(entry: FrameEntry) -> None:
    if entry.page is not None or entry.path.suffix.lower() not in TIFF_SUFFIXES:
        return
    if (n_pages := len(page_offsets(entry.path))) > 1:
        raise BadFile(
            entry.path,
            "several-pages",
            f"has {n_pages} pages under a name that stands for one frame, and only "
            "the first is read: rename it, or split it into one file a page.",
        )


def _area(
    dataset: DataSet, entry: FrameEntry, shape: tuple[int, int] | None
) -> int | None:
    if entry.mask_path is None:
        return None
    if shape is None:  # the frame cannot be read: at least say so of its mask
        if dataset.run_length(entry.id) is None:
            read_mask(entry.mask_path, entry.mask_page, dataset.nerve_label)
        return None
    mask = dataset.mask(entry.id, shape)
    return None if mask is None else int(np.count_nonzero(mask))


def _label_problem(dataset: DataSet, frames: tuple[FrameInfo, ...]) -> list[Problem]:
    """Say it if the label that was asked for is in no mask at all."""
    areas = [info.area for info in frames if info.area is not None]
    if dataset.nerve_label is None or not areas or any(areas):
        return []
    files = {
        (entry.mask_path, entry.mask_page)
        for entry, info in zip(dataset.entries, frames, strict=True)
        if entry.mask_path is not None
        and info.area is not None
        and dataset.run_length(entry.id) is None
    }
    labels = sorted(set().union(*(labels_in(path, page) for path, page in files)))
    if not labels:
        return []
    named = ", ".join(map(str, labels))
    folder = relative(_folder(files), dataset.root)
    text = (
        f"{folder} has no mask with the label {dataset.nerve_label}, "
        f"its labels are {named}: pass --nerve-label with the one that is the nerve."
    )
    return [Problem(folder, None, "labels", text)]


def _folder(files: set[tuple[Path, int | None]]) -> Path:
    return next(iter(files))[0].parent
