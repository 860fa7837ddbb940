"""The charts of a run's report: how it went, whom it fits, how sure it may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from . import svg
from .panel import SubjectRow
from .reliability import Reliability
from .run_files import Row, RunFiles

#: Of a chart, in pixels: two go side by side.
_WIDE, _HIGH = 480, 260

#: Distance of values that nobody sees.
_SAME = 1e-6

Points = list[tuple[float, float | None]]

#: A chart, and what is said below it.
Chart = tuple[Markup, str]


def curves(run: RunFiles) -> list[Chart]:
    """Draw loss, validation Dice and learning rate; of folds, each one's Dice."""
    if run.is_crossval:
        folds = [fold for fold in run.folds if fold.epochs]
        dice = {fold.path.name: points(fold.epochs, "val_dice") for fold in folds}
        losses = {fold.path.name: points(fold.epochs, "train_loss") for fold in folds}
        drawn = [_chart(dice, "validation Dice"), _chart(losses, "training loss")]
        return [(chart, "") for chart in drawn] if folds else []
    rows = run.epochs
    if not rows:
        return []
    losses = {
        "training": points(rows, "train_loss"),
        "validation": points(rows, "val_loss"),
    }
    # A thousand times as large, as learning rates are read.
    rates = [
        (x, None if y is None else 1000 * y) for x, y in points(rows, "learning_rate")
    ]
    return [
        (_chart(losses, "loss"), ""),
        _dice(rows),
        (_chart({"learning rate": rates}, "learning rate x 1000"), ""),
    ]


def _chart(
    series: Mapping[str, Points],
    y_label: str,
    bands: Mapping[str, Sequence[tuple[float, float, float]]] | None = None,
) -> Markup:
    return svg.line_chart(
        series,
        x_label="epoch",
        y_label=y_label,
        bands=bands,
        width=_WIDE,
        height=_HIGH,
    )


def _dice(rows: Sequence[Row]) -> Chart:
    """Draw the validation Dice with the middle half of its subjects."""
    name = "validation Dice"
    band = [
        (one["epoch"] or 0.0, low, high)
        for one in rows
        if (low := one.get("val_dice_low")) is not None
        and (high := one.get("val_dice_high")) is not None
    ]
    series = {name: points(rows, "val_dice")}
    nerve = points(rows, "val_dice_nerve")
    if not _alike(nerve, series[name]):
        series["on nerve frames"] = nerve
    blank = points(rows, "val_blank")
    if any(value for _, value in blank):
        series["blank masks"] = blank
    shaded = "Shaded: the middle half of the subjects. " if band else ""
    kept = [one["epoch"] for one in rows if one.get("best")]
    best = f"The last best epoch is {kept[-1]:g}." if kept and kept[-1] else ""
    return _chart(series, "Dice", {name: band} if band else None), shaded + best


def _alike(one: Points, other: Points) -> bool:
    """Say whether two lines would be drawn as one."""
    return all(
        a == b or (a is not None and b is not None and abs(a - b) < _SAME)
        for (_, a), (_, b) in zip(one, other, strict=True)
    )


def points(rows: Sequence[Row], column: str) -> Points:
    """Return a column against the epoch."""
    return [(one["epoch"] or 0.0, one.get(column)) for one in rows]


def subject_bars(subjects: Sequence[SubjectRow]) -> Markup:
    """Draw a bar a subject, with the number of its frames."""
    return svg.bars(
        {one.subject: one.competition_dice for one in subjects},
        y_label="competition Dice",
        x_label="subject (n frames)",
        details={
            one.subject: f"({one.n_frames:,} frames, {one.n_nerve_frames:,} with nerve)"
            for one in subjects
        },
        below={one.subject: f"n {one.n_frames}" for one in subjects},
        most=1.0,
        width=max(360, min(960, 90 + 46 * len(subjects))),
    )


def reliability_chart(lines: Mapping[str, Reliability]) -> Markup:
    """Draw what was found against what was predicted, and the diagonal."""
    ideal: Points = [(0.0, 0.0), (1.0, 1.0)]
    return svg.line_chart(
        {"as it should be": ideal, **{name: one.points for name, one in lines.items()}},
        x_label="predicted probability",
        y_label="share that is nerve",
        y=(0, 1),
        width=460,
        height=400,
    )


def outline(mask: NDArray[np.bool_]) -> str:
    """Return the borders of a (H, W) mask, half-way between its pixels, as a path."""
    from skimage.measure import find_contours

    # Padded, so that what touches an edge is closed there.
    lines = find_contours(np.pad(mask, 1).astype(np.uint8), 0.5)  # type: ignore[no-untyped-call]
    return "".join(
        "M" + "L".join(f"{x - 0.5:g} {y - 0.5:g}" for y, x in line) for line in lines
    )
