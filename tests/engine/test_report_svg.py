from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from training.report import svg
from training.report.page import environment, render
from training.report.svg_axes import Axes, ticks


def tree(chart: str) -> ElementTree.Element:
    """Parse a chart with its legend, which must be well-formed."""
    return ElementTree.fromstring(f"<div>{chart}</div>")


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0, 1.05, [0, 0.5, 1.0]),
        (0, 256, [0, 100, 200]),
        (-3, 12, [0, 5, 10]),
        (0.002, 0.0031, [0.002, 0.0025, 0.003]),
        (5, 5, [5]),
        (0, float("nan"), [0]),
    ],
)
def test_ticks_are_round_and_inside(first, last, expected):
    assert ticks(first, last) == pytest.approx(expected)


def test_axes_put_the_first_value_at_the_bottom_left():
    axes = Axes((0, 10), (0, 1), width=640, height=280)
    (x0, y0), (x1, y1) = axes.at(0, 0), axes.at(10, 1)
    assert 0 < x0 < x1 < 640
    assert 0 < y1 < y0 < 280
    assert axes.at(5, 0.5) == ((x0 + x1) / 2, (y0 + y1) / 2)


def test_a_line_breaks_where_nothing_was_measured():
    line = [(1, 0.2), (2, None), (3, float("nan")), (4, 0.4), (5, 0.5)]
    chart = svg.line_chart({"Dice": line}, x_label="epoch", y_label="Dice")
    pieces = [e.get("points").split() for e in tree(chart).iter("polyline")]
    assert [len(piece) for piece in pieces] == [1, 2]
    assert "legend" not in chart


def test_several_lines_have_a_legend_and_bands_lie_behind_them():
    chart = svg.line_chart(
        {"loss": [(1, 1.0), (2, 0.5)], "Dice": [(1, 0.2), (2, 0.6)]},
        bands={"Dice": [(1, 0.1, 0.3), (2, 0.5, 0.7)]},
        x_label="epoch",
        y_label="",
    )
    assert [e.get("class") for e in tree(chart).iter("polygon")] == ["band c1"]
    assert chart.index("polygon") < chart.index("polyline")
    assert re.findall(r'class="c(\d)"></i>(\w+)', chart) == [
        ("0", "loss"),
        ("1", "Dice"),
    ]


def test_bars_have_a_place_for_each_name_and_grow_from_zero():
    values = {"1": 3.0, "2": None, "3": -1.0}
    chart = tree(svg.bars(values, y_label="n", intervals={"1": (2.0, 4.0)}))
    (up, down) = chart.iter("rect")
    assert float(up.get("y")) + float(up.get("height")) == pytest.approx(
        float(down.get("y")), abs=0.2
    )
    assert float(up.get("height")) == pytest.approx(
        3 * float(down.get("height")), rel=0.01
    )
    assert [t.text for t in up.iter("title")] == ["1: 3"]
    labels = [t.text for t in chart.iter("text") if "middle" in t.get("class")]
    assert labels[:3] == ["1", "2", "3"]


def test_bars_can_have_a_word_below_and_a_fixed_end():
    low = tree(svg.bars({"1": 0.5}, y_label="Dice", below={"1": "n 7"}, most=1.0))
    (bar,) = low.iter("rect")
    assert [t.text for t in low.iter("text")].count("n 7") == 1
    assert "1" in [t.text for t in low.iter("text") if "end" in t.get("class")]
    high = tree(svg.bars({"1": 0.5}, y_label="Dice"))
    assert float(bar.get("height")) < float(next(high.iter("rect")).get("height"))


def test_many_bars_name_only_as_many_as_there_is_room_for():
    chart = svg.bars({str(n): 1.0 for n in range(200)}, y_label="n")
    assert chart.count("<rect") == 200
    assert chart.count('class="tick middle"') < 30


def test_a_histogram_is_an_outline_from_the_axis_and_back():
    chart = tree(svg.histogram({"a": [1, 3]}, first=0, last=2, x_label="x", y_label=""))
    (area,) = chart.iter("polygon")
    points = [tuple(map(float, p.split(","))) for p in area.get("points").split()]
    assert len(points) == 6
    assert points[0][1] == points[-1][1] == max(y for _, y in points)


def test_a_heat_map_is_a_picture_inside_the_file():
    chart = svg.heat_map(np.eye(3), label="share", scale=10)
    assert chart.count("data:image/png;base64,") == 2
    assert 'width="30"' in chart
    assert "http" not in chart


@pytest.mark.parametrize(
    "chart",
    [
        svg.line_chart({"a": [(1, None)]}, x_label="", y_label=""),
        svg.bars({}, y_label=""),
        svg.histogram({"a": [0, 0]}, first=0, last=1, x_label="", y_label=""),
    ],
)
def test_nothing_to_draw_is_said(chart):
    assert chart == '<p class="empty">There is nothing to draw.</p>'


def table(*values: object) -> str:
    """Draw a table of headings, rows, and which columns hold sentences."""
    return str(environment().get_template("parts.html").module.table(*values))


def test_words_of_users_are_never_markup():
    name = "<script>&\"'"
    drawn = [
        svg.line_chart({name: [(0, 1), (1, 2)], "b": []}, x_label=name, y_label=name),
        svg.bars({name: 1.0}, y_label=name),
        svg.heat_map(np.eye(3), label=name),
        svg.histogram({name: [1], "b": [1]}, first=0, last=1, x_label="", y_label=name),
        table([name], [[name]]),
    ]
    for part in drawn:
        assert "<script" not in part
        tree(part)


def test_a_table_keeps_sentences_to_the_left():
    drawn = table(["measure", "says"], [["Dice", "a < b"]], {1})
    assert '<td>Dice</td><td class="words">a &lt; b</td>' in drawn
    assert '<th class="words">says</th>' in drawn


def test_a_page_needs_no_network_and_follows_the_theme():
    whole = render("base.html", title="A <run>")
    assert whole.startswith("<!DOCTYPE html>")
    assert "<h1>A &lt;run&gt;</h1>" in whole
    assert "prefers-color-scheme: dark" in whole
    assert not re.search(r"https?:|<script|<link|@import|url\(", whole)
    for k in range(svg.N_COLOURS):
        assert f"--c{k}:" in whole
