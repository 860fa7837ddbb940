"""``scan``, ``stats`` and ``duplicates``: what is in the data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from ..data.reading import Reading
from ..data.store.words import SHAPE_DICE, SSIM_THRESHOLD
from ..events import OnEvent, ShouldStop
from ..files import real_path, write_whole
from .opening import (
    CountedMasks,
    keep,
    open_data,
    opened_labels,
    with_greys,
    writing_to,
)
from .options import (
    AS_WRITTEN,
    CommandLine,
    Data,
    HowRead,
    Options,
    ProjectDir,
    ShapeDice,
    SsimThreshold,
    SsimWindow,
)
from .outputs import Output


class Scan(Options):
    """Read every frame and mask, count them, name every problem, and say how.

    Example: nerveseg scan train --json scan.json
    """

    keeps_reading = True

    data: Data
    strict: bool = False
    """End with exit code 2 on any problem."""
    project: ProjectDir = None
    reading: HowRead = Reading()


def scan(options: Scan, on_event: OnEvent, should_stop: ShouldStop) -> dict[str, Any]:
    """Open every file of a data set; return the summary and the problems.

    ``digest`` is the same as long as every file is what it was.
    """
    from ..data.scan import scan as scan_dataset

    dataset, where = open_data(on_event, *options.named, tells=False)
    found = scan_dataset(dataset, where, on_event, should_stop)
    summary = found.to_json()
    if summary["n_readable"]:
        keep(on_event, where, with_greys(dataset, options.reading))
    return {
        **summary,
        "digest": found.digest,
        "warnings": [one.text for one in found.problems],
    }


class Stats(Options):
    """Count nerves, areas, places and grey levels, over all frames and by subject.

    Example: nerveseg stats train --html stats.html
    """

    data: Data
    html: Annotated[Path | None, AS_WRITTEN, Output(), CommandLine("FILE")] = None
    """Write charts, in one HTML file."""
    project: ProjectDir = None
    reading: HowRead = Reading()


def stats(options: Stats, on_event: OnEvent, should_stop: ShouldStop) -> dict[str, Any]:
    """Count a data set under its current labels; see `training.report.stats`."""
    from ..data.scan import scan as scan_dataset
    from ..report.stats import statistics
    from ..report.stats_page import stats_page

    dataset, where = open_data(on_event, *options.named)
    with opened_labels(on_event, dataset, where) as labels:
        found = statistics(
            dataset,
            labels,
            scan_dataset(dataset, where, on_event, should_stop),
            where,
            on_event=on_event,
            should_stop=should_stop,
        )
    path = None if options.html is None else real_path(options.html)
    if path is not None:
        write_whole(path, stats_page(found, f"Statistics of {dataset.root}"))
    return {
        **found.to_json(),
        "html": path,
        "warnings": list(found.left_out.values()),
    }


class Duplicates(Options):
    """Find near-duplicate frames and those whose masks disagree.

    Example: nerveseg duplicates train --json duplicates.json
    """

    keeps_reading = True

    data: Data
    threshold: SsimThreshold = SSIM_THRESHOLD
    scope: str = "subject"
    """Compare within each 'subject', or 'all' frames."""
    shape_dice: ShapeDice = SHAPE_DICE
    window: SsimWindow = "uniform7"
    roi: Annotated[str | None, CommandLine("TOP,BOTTOM,LEFT,RIGHT")] = None
    """Compare only this part of every frame, in pixels."""
    device: str = "cpu"
    """cpu, or one of torch's that has float64: cuda, cuda:1."""
    project: ProjectDir = None
    reading: HowRead = Reading()


def duplicates(
    options: Duplicates, on_event: OnEvent, should_stop: ShouldStop
) -> dict[str, Any]:
    """Search duplicates, keep all pairs in the project, return the report.

    Pairs that a reviewer parted are not reported, and a frame that one excluded is
    in no conflict; the pairs that are kept know nothing of verdicts.
    """
    from ..duplicates import find_duplicates
    from ..duplicates.frames import parse_roi

    part = None if options.roi is None else parse_roi(options.roi)
    dataset, where = open_data(on_event, *options.named)
    with writing_to(where), opened_labels(on_event, dataset, where) as labels:
        report = find_duplicates(
            dataset,
            CountedMasks(labels),
            threshold=options.threshold,
            scope=options.scope,
            shape_dice=options.shape_dice,
            window=options.window,
            roi=part,
            device=options.device,
            project=where,
            not_duplicates=labels.not_duplicates,
            on_event=on_event,
            should_stop=should_stop,
        )
        keep(on_event, where, options.reading)
    return {**report.to_json(), "path": where.duplicates}
