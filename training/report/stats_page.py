"""The statistics of a data set as one HTML file."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from . import svg
from .page import render
from .stats import Statistics
from .stats_figures import GroupFigures


def stats_page(found: Statistics, title: str) -> str:
    """Draw statistics as an HTML document.

    Parameters
    ----------
    found
        What `training.report.stats.statistics` counted.
    title
        What is counted, such as the folder's name.
    """
    whole = found.overall
    n_missing = len(whole.ids) - len(whole.nerve_ids) - len(whole.empty_ids)
    n_subjects = sum(group.subject is not None for group in found.subjects)
    counts = (whole.ids, whole.nerve_ids, whole.empty_ids)
    n_frames, n_nerve, n_empty = (f"{len(ids):,}" for ids in counts)
    return render(
        "stats.html",
        title=title,
        overview=[
            n_frames,
            f"{n_subjects:,}",
            n_nerve,
            n_empty,
            f"{n_missing:,}",
            _percent(whole.share_nerve),
        ],
        presence=_presence(found),
        by_subject=[_figures(group) for group in found.subjects],
        areas=_areas(found) if whole.area else (),
        area=whole.area,
        area_words=found.words(),
        place=svg.heat_map(100 * found.heat, label="% of nerve frames", scale=4)
        if whole.nerve_ids
        else None,
        levels=_levels(found),
        levels_by_subject=[
            (name, _histogram({name: found.levels.by_subject[subject]}, 480, 160))
            for name, subject in ((_name(one), one.subject) for one in found.subjects)
        ],
        sizes=[
            [f"{height} x {width}", f"{len(ids):,}"]
            for (height, width), ids in found.sizes().items()
        ],
        left_out=found.left_out,
    )


def _presence(found: Statistics) -> Markup:
    shares = {
        _name(group): None if (s := group.share_nerve) is None else 100 * s
        for group in found.subjects
    }
    details = {
        _name(group): f"% of {len(group.nerve_ids) + len(group.empty_ids)} frames"
        for group in found.subjects
    }
    return svg.bars(
        shares,
        x_label="subject",
        y_label="frames with nerve, %",
        details=details,
        width=960,
    )


def _figures(group: GroupFigures) -> list[str]:
    area = group.area_share
    spread = (
        (None,) * 6
        if area is None
        else (area.mean, area.q05, area.q25, area.median, area.q75, area.q95)
    )
    return [
        _name(group),
        f"{len(group.ids):,}",
        f"{len(group.nerve_ids):,}",
        *map(_percent, (group.share_nerve, *spread)),
    ]


def _areas(found: Statistics) -> tuple[Markup, Markup]:
    """Draw how large the nerve is: in all frames, and by subject."""
    shares = [100 * f.share for f in found.frames if f.area and f.share is not None]
    last = max(shares) * 1.001
    counts, _ = np.histogram(shares, bins=40, range=(0, last))
    means, ranges = {}, {}
    for group in found.subjects:
        if (area := group.area_share) is not None:
            means[_name(group)] = 100 * area.mean
            ranges[_name(group)] = (100 * area.q25, 100 * area.q75)
    return (
        svg.histogram(
            {"frames": counts.tolist()},
            first=0,
            last=last,
            x_label="area of the nerve, % of the frame",
            y_label="frames",
            width=480,
        ),
        svg.bars(
            means,
            intervals=ranges,
            x_label="subject; the whisker is the middle half of its frames",
            y_label="mean area, %",
            width=480,
        ),
    )


def _levels(found: Statistics) -> Markup:
    levels = found.levels
    if not levels.nerve.any():
        return _histogram({"all pixels": levels.all})
    return _histogram({"background": levels.background, "nerve": levels.nerve})


def _histogram(
    series: dict[str, NDArray[np.int64]], width: int = 960, height: int = 280
) -> Markup:
    return svg.histogram(
        {name: _shares(counts) for name, counts in series.items()},
        first=0,
        last=256,
        x_label="grey level",
        y_label="% of pixels",
        width=width,
        height=height,
    )


def _shares(counts: NDArray[np.int64]) -> list[float]:
    """Return counts in per cent, black left out."""
    bright = counts.astype(float)
    bright[0] = 0
    total = bright.sum()
    shares: list[float] = (100 * bright / total if total else bright).tolist()
    return shares


def _name(group: GroupFigures) -> str:
    return "no subject" if group.subject is None else group.subject


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f} %"
