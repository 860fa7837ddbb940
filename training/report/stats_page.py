"""The statistics of a data set as one HTML file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from . import svg
from .page import folded, page, paragraph, row, section, table
from .stats import Statistics
from .stats_figures import GroupFigures, Spread


def stats_page(found: Statistics, title: str) -> str:
    """Draw statistics as an HTML document.

    Parameters
    ----------
    found
        What `training.report.stats.statistics` counted.
    title
        What is counted, such as the folder's name.
    """
    return page(
        title,
        [
            _overview(found),
            _presence(found),
            _area(found),
            _place(found),
            _grey(found),
            _sizes(found),
            _left_out(found),
        ],
    )


def _overview(found: Statistics) -> str:
    whole = found.overall
    n_missing = len(whole.ids) - len(whole.nerve_ids) - len(whole.empty_ids)
    n_subjects = sum(group.subject is not None for group in found.subjects)
    return table(
        ["Frames", "subjects", "with nerve", "empty mask", "no mask", "share"],
        [
            [
                f"{len(whole.ids):,}",
                f"{n_subjects:,}",
                f"{len(whole.nerve_ids):,}",
                f"{len(whole.empty_ids):,}",
                f"{n_missing:,}",
                _percent(whole.share_nerve),
            ]
        ],
    )


def _presence(found: Statistics) -> str:
    shares = {
        _name(group): None if (s := group.share_nerve) is None else 100 * s
        for group in found.subjects
    }
    details = {
        _name(group): f"% of {len(group.nerve_ids) + len(group.empty_ids)} frames"
        for group in found.subjects
    }
    drawn = svg.bars(
        shares,
        x_label="subject",
        y_label="frames with nerve, %",
        details=details,
        width=960,
    )
    return section("How often there is a nerve", drawn, _by_subject(found.subjects))


def _by_subject(groups: Sequence[GroupFigures]) -> str:
    rows = [
        [
            _name(group),
            f"{len(group.ids):,}",
            f"{len(group.nerve_ids):,}",
            _percent(group.share_nerve),
            *_spread(group.area_share),
        ]
        for group in groups
    ]
    headings = ["Subject", "frames", "with nerve", "share", *_SPREAD]
    return folded("By subject, in numbers", table(headings, rows))


_SPREAD = ["area: mean", "5 %", "25 %", "median", "75 %", "95 %"]


def _spread(area: Spread | None) -> list[str]:
    if area is None:
        return ["–"] * len(_SPREAD)
    values = (area.mean, area.q05, area.q25, area.median, area.q75, area.q95)
    return [_percent(value) for value in values]


def _area(found: Statistics) -> str:
    whole = found.overall
    shares = [100 * f.share for f in found.frames if f.area and f.share is not None]
    if not shares or whole.area is None:
        return section("How large it is", *map(paragraph, found.words()))
    last = max(shares) * 1.001
    counts, _ = np.histogram(shares, bins=40, range=(0, last))
    drawn = svg.histogram(
        {"frames": counts.tolist()},
        first=0,
        last=last,
        x_label="area of the nerve, % of the frame",
        y_label="frames",
        width=480,
    )
    means, ranges = {}, {}
    for group in found.subjects:
        if (area := group.area_share) is not None:
            means[_name(group)] = 100 * area.mean
            ranges[_name(group)] = (100 * area.q25, 100 * area.q75)
    by_subject = svg.bars(
        means,
        intervals=ranges,
        x_label="subject; the whisker is the middle half of its frames",
        y_label="mean area, %",
        width=480,
    )
    pixels = (
        f"In pixels: mean {whole.area.mean:,.0f}, median {whole.area.median:,.0f}, "
        f"from {whole.area.min:,.0f} to {whole.area.max:,.0f}."
    )
    return section(
        "How large it is",
        row(drawn, by_subject),
        *map(paragraph, found.words()),
        paragraph(pixels, "note"),
    )


def _place(found: Statistics) -> str:
    if not found.overall.nerve_ids:
        return ""
    drawn = svg.heat_map(100 * found.heat, label="% of nerve frames", scale=4)
    words = (
        "How many of the frames with a nerve have it at each place, places taken as "
        "shares of height and width."
    )
    return section("Where it lies", drawn, paragraph(words, "note"))


def _grey(found: Statistics) -> str:
    levels = found.levels
    series = {"background": levels.background, "nerve": levels.nerve}
    if not levels.nerve.any():
        series = {"all pixels": levels.all}
    drawn = _levels({name: _shares(counts) for name, counts in series.items()})
    each = "".join(
        f"<h3>{_name(group)}</h3>"
        + _levels({_name(group): _shares(levels.by_subject[group.subject])}, 480, 160)
        for group in found.subjects
    )
    words = "Shares of the pixels that are not black; margins would dwarf all else."
    return section(
        "How bright it is", drawn, paragraph(words, "note"), folded("By subject", each)
    )


def _levels(series: dict[str, list[float]], width: int = 960, height: int = 280) -> str:
    return svg.histogram(
        series,
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


def _sizes(found: Statistics) -> str:
    rows = [
        [f"{height} x {width}", f"{len(ids):,}"]
        for (height, width), ids in found.sizes().items()
    ]
    return section("Sizes", table(["Height x width", "frames"], rows))


def _left_out(found: Statistics) -> str:
    if not found.left_out:
        return ""
    lines = [paragraph(text) for text in found.left_out.values()]
    words = f"{len(lines):,} frames or masks could not be counted"
    return section("Left out", folded(words, *lines))


def _name(group: GroupFigures) -> str:
    return "no subject" if group.subject is None else group.subject


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f} %"
