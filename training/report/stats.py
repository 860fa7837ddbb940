"""A data set in numbers: how much nerve, how large, where, how bright, by subject.

Every number has the frames behind it, so that a click on it can select them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data.cache import FrameCache
from ..data.frame_ids import natural_key
from ..data.parallel import in_threads
from ..errors import InputError
from ..events import OnEvent, Progress, ShouldStop
from .stats_figures import AreaMeans, FrameFigures, GroupFigures, area_words
from .stats_pixels import HEAT_SHAPE, Counts, PixelStatistics, look_at

if TYPE_CHECKING:
    from ..data.dataset import DataSet
    from ..data.labels import Labels
    from ..data.project import Project
    from ..data.scan import Scan

__all__ = ["Statistics", "statistics"]


@dataclass(frozen=True)
class GreyLevels:
    """How many pixels have each grey level: (256,) int64 each.

    Attributes
    ----------
    all
        Of every frame that can be used.
    nerve, background
        Of the frames with a mask: inside the nerve, and everywhere else.
    by_subject
        Of each subject's frames.
    """

    all: Counts
    nerve: Counts
    background: Counts
    by_subject: Mapping[str | None, Counts]

    def to_json(self) -> dict[str, Any]:
        """Return the counts as lists."""
        return {
            "all": self.all.tolist(),
            "nerve": self.nerve.tolist(),
            "background": self.background.tolist(),
            "by_subject": [
                {"subject": subject, "levels": levels.tolist()}
                for subject, levels in self.by_subject.items()
            ],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> GreyLevels:
        """Return the counts that `to_json` wrote."""
        return cls(
            np.asarray(value["all"], np.int64),
            np.asarray(value["nerve"], np.int64),
            np.asarray(value["background"], np.int64),
            {
                row["subject"]: np.asarray(row["levels"], np.int64)
                for row in value["by_subject"]
            },
        )


@dataclass(frozen=True)
class Statistics:
    """What a data set holds.

    Attributes
    ----------
    frames
        Each frame in numbers, in natural order.
    overall
        All frames.
    subjects
        Each subject's; frames without a subject come last.
    area_means
        The nerve's mean share of the frame, in the ways it is published.
    heat
        (105, 145) float64: how many of the frames with a nerve have it at a place, as
        a share; places are relative to the frame. Zeros if there is no nerve.
    levels
        Grey-level histograms.
    left_out
        FrameId to why a frame, or its mask, could not be counted.
    """

    frames: tuple[FrameFigures, ...]
    overall: GroupFigures
    subjects: tuple[GroupFigures, ...]
    area_means: AreaMeans
    heat: NDArray[np.float64]
    levels: GreyLevels
    left_out: Mapping[str, str]

    def select(self, wanted: Callable[[FrameFigures], bool]) -> tuple[str, ...]:
        """Return the ids of the frames that are wanted, in natural order."""
        return tuple(frame.id for frame in self.frames if wanted(frame))

    def with_nerve_in(
        self, top: float, left: float, bottom: float, right: float
    ) -> tuple[str, ...]:
        """Return the frames whose nerve's bounding box reaches into a rectangle.

        Parameters
        ----------
        top, left, bottom, right
            As shares of the frame.
        """
        return self.select(
            lambda frame: (
                frame.box is not None
                and frame.box[0] < bottom
                and frame.box[1] < right
                and frame.box[2] > top
                and frame.box[3] > left
            )
        )

    def sizes(self) -> dict[tuple[int, int], tuple[str, ...]]:
        """Return each (H, W) with its frames, the most frequent first."""
        found: dict[tuple[int, int], list[str]] = {}
        for frame in self.frames:
            if frame.height is not None and frame.width is not None:
                found.setdefault((frame.height, frame.width), []).append(frame.id)
        ordered = sorted(found.items(), key=lambda item: -len(item[1]))
        return {size: tuple(ids) for size, ids in ordered}

    def words(self) -> list[str]:
        """Return what the means of the area say, in sentences."""
        return area_words(self.area_means)

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            **self.overall.to_json(),
            "n_subjects": sum(group.subject is not None for group in self.subjects),
            "subjects": [group.to_json() for group in self.subjects],
            "area_means": asdict(self.area_means),
            "area_words": self.words(),
            "sizes": [
                {"height": height, "width": width, "ids": list(ids)}
                for (height, width), ids in self.sizes().items()
            ],
            "heat": self.heat.round(5).tolist(),
            "grey_levels": self.levels.to_json(),
            "frames": [asdict(frame) for frame in self.frames],
            "left_out": dict(self.left_out),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Statistics:
        """Return the statistics that `to_json` wrote, as a window gets them."""
        frames = tuple(FrameFigures.from_json(row) for row in value["frames"])
        heat = np.asarray(value["heat"], float)
        levels = GreyLevels.from_json(value["grey_levels"])
        return _counted(frames, heat, levels, value["left_out"])


def statistics(
    dataset: DataSet,
    labels: Labels,
    scan: Scan,
    project: Project | None = None,
    *,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> Statistics:
    """Count a data set under its labels.

    Parameters
    ----------
    dataset
        Whose frames.
    labels
        Whose masks: the source's, or those that reviewers made of them.
    scan
        What is known of the frames; those that it could not read are not read again.
    project
        Where decoded frames may lie; None decodes them all.
    on_event, should_stop
        As everywhere.

    Raises
    ------
    Cancelled
        If ``should_stop`` says so.
    """
    cache = FrameCache(dataset, project)
    gathered = _Gathered()
    progress = Progress("Counting pixels", len(scan.frames), on_event, should_stop)
    left_out = _unreadable(scan)
    good = [info for info in scan.frames if info.id not in left_out]
    frames: dict[str, FrameFigures] = {}
    for info in scan.frames:
        height, width = info.shape or (None, None)
        frames[info.id] = FrameFigures(info.id, info.subject, height, width)
    progress.step(len(left_out))

    def look(frame_id: str) -> tuple[PixelStatistics | None, str | None]:
        return _look(cache, labels, frame_id)

    for frame_id, (seen, fault) in in_threads(look, [info.id for info in good]):
        if seen is not None:
            frames[frame_id] = gathered.add(frames[frame_id], seen)
        if fault is not None:
            left_out[frame_id] = fault
        progress.step()
    return gathered.done(tuple(frames.values()), left_out)


def _unreadable(scan: Scan) -> dict[str, str]:
    """Return the frames that cannot be used at all, and why."""
    bad = {info.id for info in scan.frames if info.sha256 is None}
    found: dict[str, str] = {}
    for problem in scan.problems:
        if problem.frame in bad:
            found.setdefault(problem.frame, problem.text)
    return found


def _look(
    cache: FrameCache, labels: Labels, frame_id: str
) -> tuple[PixelStatistics | None, str | None]:
    """Look at one frame; a mask that cannot be read or does not fit is missing."""
    frame = None
    try:
        frame = cache.frame(frame_id)
        mask = labels.mask(frame_id)
        if mask is not None and mask.shape != frame.shape:
            raise InputError(
                f"The mask of frame {frame_id} is not of its frame's size: mend it."
            )
    except InputError as error:
        return None if frame is None else look_at(frame, None), str(error)
    return look_at(frame, mask), None


class _Gathered:
    """The sums over frames."""

    def __init__(self) -> None:
        self._heat = np.zeros(HEAT_SHAPE)
        self._n_nerve = 0
        self._nerve, self._background = _none(), _none()
        self._by_subject: dict[str | None, Counts] = {}

    def add(self, frame: FrameFigures, seen: PixelStatistics) -> FrameFigures:
        """Count a frame; return its figures with what was seen."""
        own = self._by_subject.setdefault(frame.subject, _none())
        own += seen.levels
        if seen.area is not None:
            self._nerve += seen.nerve_levels
            self._background += seen.levels - seen.nerve_levels
        if seen.heat is not None:
            self._heat += seen.heat
            self._n_nerve += 1
        grey = float(seen.levels @ np.arange(256) / max(seen.levels.sum(), 1))
        return replace(
            frame,
            area=seen.area,
            box=seen.box,
            grey=round(grey, 3),
            shrunk_share=seen.shrunk_share,
        )

    def done(
        self, frames: tuple[FrameFigures, ...], left_out: Mapping[str, str]
    ) -> Statistics:
        """Return the statistics."""
        levels = GreyLevels(
            sum(self._by_subject.values(), _none()),
            self._nerve,
            self._background,
            {name: self._by_subject.get(name, _none()) for name in _by_subject(frames)},
        )
        heat = self._heat / max(self._n_nerve, 1)
        return _counted(frames, heat, levels, left_out)


def _counted(
    frames: tuple[FrameFigures, ...],
    heat: NDArray[np.float64],
    levels: GreyLevels,
    left_out: Mapping[str, str],
) -> Statistics:
    groups = _by_subject(frames)
    return Statistics(
        frames,
        GroupFigures.of(None, frames),
        tuple(GroupFigures.of(name, group) for name, group in groups.items()),
        AreaMeans.of(list(groups.values())),
        heat,
        levels,
        left_out,
    )


def _none() -> Counts:
    return np.zeros(256, np.int64)


def _by_subject(
    frames: Sequence[FrameFigures],
) -> dict[str | None, list[FrameFigures]]:
    found: dict[str | None, list[FrameFigures]] = {}
    for frame in frames:
        found.setdefault(frame.subject, []).append(frame)
    order = sorted(found, key=lambda name: (name is None, natural_key(name or "")))
    return {name: found[name] for name in order}
