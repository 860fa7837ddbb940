"""The frame of a chart: from values to pixels, with grid, ticks and labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

#: Pixels around the plot for its labels: left, right, top, bottom.
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 12, 46


@dataclass(frozen=True)
class Axes:
    """The frame of a chart.

    Attributes
    ----------
    x, y
        The first and the last value of each axis.
    x_label, y_label
        What is on them, with units.
    width, height
        Of the whole chart, in pixels.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    x_label: str = ""
    y_label: str = ""
    width: int = 640
    height: int = 280

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a value lies, in pixels from the top left."""
        return (
            LEFT + _share(x, self.x) * (self.width - LEFT - RIGHT),
            self.height - BOTTOM - _share(y, self.y) * (self.height - TOP - BOTTOM),
        )

    def draw(self, marks: Sequence[str], *, x_ticks: bool = True) -> Markup:
        """Return the chart with its marks, grid, ticks and labels."""
        parts = [*self._grid(x_ticks), *marks, *self._labels()]
        return Markup(
            f'<svg class="chart" viewBox="0 0 {self.width} {self.height}" role="img" '
            f'width="{self.width}" height="{self.height}">{"".join(parts)}</svg>'
        )

    def _grid(self, x_ticks: bool) -> list[str]:
        parts = []
        left, bottom = self.at(self.x[0], self.y[0])
        right, top = self.at(self.x[1], self.y[1])
        for value in ticks(*self.y):
            y = self.at(self.x[0], value)[1]
            parts.append(line("grid", left, y, right, y))
            parts.append(text("tick end", left - 6, y + 4, number(value)))
        for value in ticks(*self.x) if x_ticks else ():
            x = self.at(value, self.y[0])[0]
            parts.append(line("grid", x, top, x, bottom))
            parts.append(text("tick middle", x, bottom + 16, number(value)))
        parts.append(line("axis", left, bottom, right, bottom))
        return parts

    def _labels(self) -> list[str]:
        middle = (TOP + self.height - BOTTOM) / 2
        turned = f'transform="rotate(-90 14 {middle:.0f})"'
        return [
            text("label middle", self.width / 2, self.height - 6, self.x_label),
            text("label middle", 14, middle, self.y_label, turned),
        ]


def ticks(first: float, last: float, about: int = 5) -> list[float]:
    """Return round numbers between two values: steps of 1, 2 or 5 times ten to n."""
    if not (math.isfinite(first) and math.isfinite(last)) or last <= first:
        return [first]
    raw = (last - first) / about
    power = 10 ** math.floor(math.log10(raw))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= raw * 0.999)
    begin, end = math.ceil(first / step - 1e-9), math.floor(last / step + 1e-9)
    return [n * step for n in range(begin, end + 1)]


def line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    """Return a line of a class, from one place in pixels to another."""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line class="{kind}" {ends}/>'


def text(kind: str, x: float, y: float, words: str, more: str = "") -> str:
    """Return plain text of a class at a place in pixels."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" {more}>{escape(words)}</text>'


def points(points: Sequence[tuple[float, float]]) -> str:
    """Return places in pixels as SVG lists them."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def number(value: float) -> str:
    """Return a number as people read it, four digits at most."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _share(value: float, span: tuple[float, float]) -> float:
    return (value - span[0]) / ((span[1] - span[0]) or 1)
