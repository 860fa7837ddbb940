"""Looks at every frame and mask once, and names everything that is wrong."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ..events import OnEvent, Progress, ShouldStop, message
from . import remarks
from .dataset import DataSet, FrameEntry
from .frame_ids import natural_key
from .images import pixel_digest, shown, strict_grey
from .masks import read_mask
from .parallel import in_threads
from .problems import BadFile, Problem
from .project import Project
from .raw import read_raw
from .reading import Reading
from .scan_cache import ScanCache
from .scan_record import FrameInfo, Record
from .understood import Understood

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
    reading
        How files were read, with the range of greys if there was need of one.
    understood
        How the folder was understood.
    """

    frames: tuple[FrameInfo, ...]
    problems: tuple[Problem, ...]
    reading: Reading = field(default_factory=Reading)
    understood: Understood = field(default_factory=Understood)

    def to_json(self) -> dict[str, Any]:
        """Return counts, shares, sizes, areas and problems as plain values."""
        return {
            **_summarise(self.frames, self.problems),
            "luminance": bool(self.reading.luminance),
            "reading": self.reading.to_json(),
            "understood": self.understood.to_json() | self._of_pixels(),
        }

    def _of_pixels(self) -> dict[str, Any]:
        """Return what only the pixels say of how the folder is understood."""
        depths = Counter(info.dtype for info in self.frames if info.dtype is not None)
        turned = Counter(
            str(info.orientation) for info in self.frames if info.orientation != 1
        )
        return {
            "depth": dict(depths),
            "grey_range": self.reading.grey_range,
            "orientation": dict(turned),
            "inverted": bool(self.reading.invert_masks),
        }

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
        if damage := cache.damage():
            message(on_event, damage, "warning")
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
    shapes = {record.info.id: record.info.shape for record in ordered}
    problems.extend(remarks.on_pages(dataset, shapes))
    problems.extend(remarks.on_folder(dataset, [record.info for record in ordered]))
    return Scan(
        tuple(record.info for record in ordered),
        tuple(remarks.once(problems)),
        dataset.reading,
        dataset.understood,
    )


def _look(dataset: DataSet, entry: FrameEntry) -> Record:
    """Read one frame and its mask; a fault of one does not hide the other's."""
    found: list[Problem] = []
    shape = digest = area = dtype = None
    orientation, bad_mask = 1, False
    try:
        raw = read_raw(entry.path, entry.page)
        orientation, image = raw.orientation, shown(raw)
        shape, dtype = (int(image.shape[0]), int(image.shape[1])), str(image.dtype)
        greys = dataset.grey_range
        frame = strict_grey(image, entry.path, dataset.luminance, greys)
        digest = pixel_digest(frame)
        found += remarks.on_frame(dataset, entry, image, frame)
    except BadFile as error:
        found.append(error.problem(dataset.root, entry.id))
    try:
        area, doubts = _area(dataset, entry, shape, orientation)
        found += doubts
    except BadFile as error:
        bad_mask = True
        found.append(error.problem(dataset.root, entry.id))
        if shape is not None:
            found += remarks.on_orientation(dataset, entry, orientation)
    has_mask = entry.mask_path is not None
    info = FrameInfo(
        entry.id,
        entry.subject,
        shape,
        area,
        digest,
        has_mask,
        bad_mask,
        dtype,
        orientation,
    )
    return Record(info, tuple(found))


def _area(
    dataset: DataSet,
    entry: FrameEntry,
    shape: tuple[int, int] | None,
    orientation: int,
) -> tuple[int | None, list[Problem]]:
    if entry.mask_path is None:
        return None, []
    if shape is None:  # the frame cannot be read: at least say so of its mask
        if dataset.run_length(entry.id) is None:
            read_mask(entry.mask_path, entry.mask_page, dataset.nerve_label)
        return None, []
    found = dataset.look_at_mask(entry.id, shape)
    if found is None:
        return None, []
    mask, read, turned = found
    doubts = remarks.on_orientation(dataset, entry, orientation, turned)
    doubts += remarks.on_mask(dataset, entry, mask, read)
    return int(np.count_nonzero(mask)), doubts


def _summarise(
    frames: Sequence[FrameInfo], problems: Sequence[Problem]
) -> dict[str, Any]:
    """Return a scan as plain values that JSON can carry.

    Areas are in pixels and taken over the frames with a nerve; ``mean_share`` is
    the mean share of the frame. Shares of nothing are None.
    """
    by_subject: dict[str | None, list[FrameInfo]] = {}
    for info in frames:
        by_subject.setdefault(info.subject, []).append(info)
    names = sorted(by_subject, key=lambda name: (name is None, natural_key(name or "")))
    return {
        **_counts(frames),
        "n_subjects": sum(name is not None for name in names),
        "subjects": [{"subject": name, **_counts(by_subject[name])} for name in names],
        "sizes": _sizes(frames),
        "area": _areas(frames),
        "n_problems": len(problems),
        "problems": [asdict(problem) for problem in problems],
    }


def _counts(frames: Sequence[FrameInfo]) -> dict[str, Any]:
    areas = [info.area for info in frames if info.area is not None]
    n_nerve = sum(area > 0 for area in areas)
    return {
        "n_frames": len(frames),
        "n_readable": sum(info.sha256 is not None for info in frames),
        "n_with_mask": len(areas),
        "n_missing_mask": sum(not info.has_mask for info in frames),
        "n_bad_mask": sum(info.bad_mask for info in frames),
        "n_nerve": n_nerve,
        "n_empty": len(areas) - n_nerve,
        "share_nerve": n_nerve / len(areas) if areas else None,
    }


def _sizes(frames: Sequence[FrameInfo]) -> list[dict[str, int]]:
    counted = Counter(info.shape for info in frames if info.shape is not None)
    return [
        {"height": shape[0], "width": shape[1], "n_frames": n}
        for shape, n in sorted(counted.items())
    ]


def _areas(frames: Sequence[FrameInfo]) -> dict[str, float | None]:
    seen = [(info.area, info.shape) for info in frames if info.area and info.shape]
    names = ("min", "quartile_1", "median", "quartile_3", "max")
    if not seen:
        return dict.fromkeys((*names, "mean", "mean_share"))
    areas = np.array([area for area, _ in seen], float)
    pixels = np.array([shape[0] * shape[1] for _, shape in seen], float)
    quartiles = np.percentile(areas, [0, 25, 50, 75, 100]).tolist()
    return {
        **dict(zip(names, quartiles, strict=True)),
        "mean": float(areas.mean()),
        "mean_share": float((areas / pixels).mean()),
    }
