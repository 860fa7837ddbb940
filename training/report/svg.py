"""Charts as SVG text: lines, bars, histograms and heat maps, without a library.

Colours are classes and variables of ``templates/style.css``, so that a chart follows
the reader's light or dark theme. Every mark carries a ``<title>``, which browsers show
as a tooltip and screen readers read. A chart is `Markup`: its words are escaped.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from .svg_axes import LEFT, Axes, line, number, points, text

#: How many colours a page has; further series begin again.
N_COLOURS = 7

#: Steps of a colour scale that the colour-blind read as well: cividis.
_CIVIDIS = np.array(
    [
        (0, 34, 78),
        (53, 69, 108),
        (102, 105, 112),
        (148, 142, 119),
        (200, 180, 102),
        (255, 233, 69),
    ],
    float,
)


def line_chart(
    series: Mapping[str, Sequence[tuple[float, float | None]]],
    *,
    x_label: str,
    y_label: str,
    bands: Mapping[str, Sequence[tuple[float, float, float]]] | None = None,
    y: tuple[float, float] | None = None,
    width: int = 640,
    height: int = 280,
) -> Markup:
    """Draw one line a series.

    Parameters
    ----------
    series
        By name, points (x, y); a line breaks where y is None or no number.
    x_label, y_label
        What is on the axes, with units.
    bands
        By a series' name, points (x, low, high) that are shaded behind its line.
    y
        The first and last value of the y axis; None takes what there is.
    width, height
        In pixels.
    """
    bands = bands or {}
    points = [p for line in series.values() for p in line]
    edges = [
        (x, value) for band in bands.values() for x, *both in band for value in both
    ]
    found = [(a, b) for a, b in [*points, *edges] if b is not None and _is_finite(b)]
    if not found:
        return _nothing()
    xs, ys = [a for a, _ in found], [b for _, b in found]
    axes = Axes(
        _padded(min(xs), max(xs), 0),
        y or _padded(min(ys), max(ys), 0.05),
        x_label,
        y_label,
        width,
        height,
    )
    names = list(series)
    marks = [
        _band(axes, band, names.index(name) if name in names else 0)
        for name, band in bands.items()
    ]
    marks += [_polyline(axes, line, k, name) for k, (name, line) in _each(series)]
    return axes.draw(marks) + legend(names)


def histogram(
    counts: Mapping[str, Sequence[float]],
    *,
    first: float,
    last: float,
    x_label: str,
    y_label: str,
    width: int = 640,
    height: int = 280,
) -> Markup:
    """Draw counts of evenly wide bins, one outline a series.

    Parameters
    ----------
    counts
        By name, a number a bin; shares compare series of unlike size.
    first, last
        Where the first bin begins and the last one ends.
    x_label, y_label, width, height
        As in `line_chart`.
    """
    most = max((max(line, default=0) for line in counts.values()), default=0)
    if most <= 0:
        return _nothing()
    axes = Axes((first, last), (0, most * 1.05), x_label, y_label, width, height)
    marks = []
    for k, (name, bins) in _each(counts):
        edges = np.linspace(first, last, len(bins) + 1)
        steps = [axes.at(first, 0)]
        for value, begin, end in zip(bins, edges, edges[1:], strict=False):
            steps += [axes.at(begin, value), axes.at(end, value)]
        steps.append(axes.at(last, 0))
        title = f"<title>{escape(name)}</title>"
        marks.append(
            f'<polygon class="area c{k}" points="{points(steps)}">{title}</polygon>'
        )
    return axes.draw(marks) + legend(list(counts))


def bars(
    values: Mapping[str, float | None],
    *,
    y_label: str,
    x_label: str = "",
    intervals: Mapping[str, tuple[float, float]] | None = None,
    details: Mapping[str, str] | None = None,
    below: Mapping[str, str] | None = None,
    most: float = 0.0,
    width: int = 640,
    height: int = 280,
) -> Markup:
    """Draw one bar a name.

    Parameters
    ----------
    values
        By name; None leaves the place empty.
    x_label, y_label
        What is on the axes, with units.
    intervals
        By name, low and high, drawn as a whisker.
    details
        By name, what a tooltip says beside the value.
    below
        By name, what stands under it, a few letters.
    most
        Where the y axis ends at the earliest.
    width, height
        In pixels.
    """
    intervals, details, below = intervals or {}, details or {}, below or {}
    known = [v for v in values.values() if v is not None]
    known += [end for both in intervals.values() for end in both]
    if not known:
        return _nothing()
    span = (min(0, *known), max(most, max(0, *known) * 1.05) or 1.0)
    axes = Axes((0, len(values)), span, x_label, y_label, width, height)
    every = max(1, math.ceil(len(values) / ((width - LEFT) / 26)))
    marks = []
    for place, (name, value) in enumerate(values.items()):
        if value is not None:
            title = " ".join([f"{name}: {number(value)}", details.get(name, "")])
            marks.append(_bar(axes, place, value, title.strip()))
        if name in intervals:
            x = axes.at(place + 0.5, 0)[0]
            low, high = (axes.at(0, end)[1] for end in intervals[name])
            marks.append(line("whisker", x, low, x, high))
        if place % every == 0:
            x, bottom = axes.at(place + 0.5, span[0])
            marks.append(text("tick middle", x, bottom + 13, name))
            if name in below:
                marks.append(text("tick middle", x, bottom + 25, below[name]))
    return axes.draw(marks, x_ticks=False)


def heat_map(
    values: NDArray[np.floating],
    *,
    label: str,
    scale: float = 3.0,
    most: float | None = None,
) -> Markup:
    """Draw a (H, W) array as a picture with a scale from 0 to its largest value.

    Parameters
    ----------
    values
        From 0 up.
    label
        What the numbers are.
    scale
        Pixels a cell.
    most
        The end of the scale; None is the largest value.
    """
    end = float(values.max()) if most is None else most
    height, width = (round(n * scale) for n in values.shape)
    ramp = np.linspace(0, 1, 128)[None]
    key_y = height + 8
    parts = [
        _image(values / (end or 1), 0, 0, width, height),
        _image(ramp, 0, key_y, width, 10),
        text("tick", 0, key_y + 24, "0"),
        text("tick end", width, key_y + 24, number(end)),
        text("label middle", width / 2, key_y + 24, label),
    ]
    whole = key_y + 30
    return Markup(
        f'<svg class="chart" viewBox="0 0 {width} {whole}" role="img" '
        f'width="{width}" height="{whole}"><title>{escape(label)}</title>'
        f"{''.join(parts)}</svg>"
    )


def legend(names: Sequence[str]) -> Markup:
    """Return the names of series with their colours; nothing for a single one."""
    if len(names) < 2:
        return Markup()
    keys = "".join(
        f'<span class="key"><i class="c{k}"></i>{escape(name)}</span>'
        for k, name in ((i % N_COLOURS, name) for i, name in enumerate(names))
    )
    return Markup(f'<div class="legend">{keys}</div>')


def _each(series: Mapping[str, Sequence[object]]) -> list[tuple[int, tuple[str, Any]]]:
    return [(k % N_COLOURS, item) for k, item in enumerate(series.items())]


def _padded(low: float, high: float, share: float) -> tuple[float, float]:
    room = (high - low) * share or (abs(high) * 0.1 or 1.0) * (high == low)
    return low - room, high + room


def _is_finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _polyline(
    axes: Axes, line: Sequence[tuple[float, float | None]], colour: int, name: str
) -> str:
    """Return a line in as many pieces as there are gaps."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in line:
        if y is not None and math.isfinite(y):
            pieces[-1].append(axes.at(x, y))
        elif pieces[-1]:
            pieces.append([])
    title = f"<title>{escape(name)}</title>"
    return "".join(
        f'<polyline class="line c{colour}" points="{points(piece)}">{title}</polyline>'
        for piece in pieces
        if piece
    )


def _band(axes: Axes, band: Sequence[tuple[float, float, float]], colour: int) -> str:
    upper = [axes.at(x, high) for x, _, high in band]
    lower = [axes.at(x, low) for x, low, _ in reversed(band)]
    place = points([*upper, *lower])
    return f'<polygon class="band c{colour % N_COLOURS}" points="{place}"/>'


def _bar(axes: Axes, place: int, value: float, title: str) -> str:
    x, y = axes.at(place + 0.12, max(value, 0))
    right, bottom = axes.at(place + 0.88, min(value, 0))
    return (
        f'<rect class="bar c0" x="{x:.1f}" y="{y:.1f}" width="{right - x:.1f}" '
        f'height="{bottom - y:.1f}"><title>{escape(title)}</title></rect>'
    )


def _image(
    shares: NDArray[np.floating], x: float, y: float, width: int, height: int
) -> str:
    """Return an ``<image>`` of (H, W) numbers from 0 to 1, in colours."""
    places = np.clip(shares, 0, 1) * (len(_CIVIDIS) - 1)
    steps = np.arange(len(_CIVIDIS))
    colours = [np.interp(places, steps, channel) for channel in _CIVIDIS.T]
    pixels = np.stack(colours, axis=-1).round().astype(np.uint8)
    return image(pixels, x, y, width, height)


def image(
    pixels: NDArray[np.uint8], x: float, y: float, width: int, height: int
) -> Markup:
    """Return an ``<image>`` element that holds its picture.

    Parameters
    ----------
    pixels
        (H, W) grey or (H, W, 3) red, green, blue.
    x, y, width, height
        Where it goes.
    """
    import imagecodecs

    png = imagecodecs.png_encode(np.ascontiguousarray(pixels))
    return Markup(
        f'<image x="{x:.0f}" y="{y:.0f}" width="{width}" height="{height}" '
        'preserveAspectRatio="none" href="data:image/png;base64,'
        f'{base64.b64encode(png).decode()}"/>'
    )


def _nothing() -> Markup:
    return Markup('<p class="empty">There is nothing to draw.</p>')
