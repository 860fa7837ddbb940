"""How a run went, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence

from . import svg
from .page import charts, folded, paragraph, table
from .run_files import Row, RunFiles

#: Of a chart, in pixels: two go side by side.
_WIDE, _HIGH = 480, 260

#: Distance of values that nobody sees.
_SAME = 1e-6

#: Columns of the table behind the curves.
_SHOWN = ("epoch", "train_loss", "val_loss", "val_dice", "val_dice_nerve", "seconds")

Points = list[tuple[float, float | None]]


def curves(run: RunFiles) -> str:
    """Draw loss, validation Dice and learning rate; of folds, each one's Dice."""
    if run.is_crossval:
        return _of_folds(run)
    rows = run.epochs
    if not rows:
        return paragraph("No epoch was finished.", "note")
    drawn = [
        svg.line_chart(
            {
                "training": points(rows, "train_loss"),
                "validation": points(rows, "val_loss"),
            },
            x_label="epoch",
            y_label="loss",
            width=_WIDE,
            height=_HIGH,
        ),
        _dice(rows),
        svg.line_chart(
            {"learning rate": _thousandths(points(rows, "learning_rate"))},
            x_label="epoch",
            y_label="learning rate x 1000",
            width=_WIDE,
            height=_HIGH,
        ),
    ]
    return charts(*drawn) + folded("The figures by epoch", _table(rows))


def _dice(rows: Sequence[Row]) -> str:
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
    drawn = svg.line_chart(
        series,
        x_label="epoch",
        y_label="Dice",
        bands={name: band} if band else None,
        width=_WIDE,
        height=_HIGH,
    )
    shaded = "Shaded: the middle half of the subjects. " if band else ""
    kept = [one["epoch"] for one in rows if one.get("best")]
    best = f"The last best epoch is {kept[-1]:g}." if kept and kept[-1] else ""
    return drawn + paragraph(shaded + best, "note")


def _of_folds(run: RunFiles) -> str:
    series = {
        fold.path.name: points(fold.epochs, "val_dice")
        for fold in run.folds
        if fold.epochs
    }
    if not series:
        return paragraph("No fold has finished an epoch.", "note")
    losses = {fold.path.name: points(fold.epochs, "train_loss") for fold in run.folds}
    return charts(
        svg.line_chart(
            series,
            x_label="epoch",
            y_label="validation Dice",
            width=_WIDE,
            height=_HIGH,
        ),
        svg.line_chart(
            losses, x_label="epoch", y_label="training loss", width=_WIDE, height=_HIGH
        ),
    )


def _thousandths(line: Points) -> Points:
    """Return values a thousand times as large, as learning rates are read."""
    return [(x, None if y is None else 1000 * y) for x, y in line]


def _alike(one: Points, other: Points) -> bool:
    """Say whether two lines would be drawn as one."""
    return all(
        a == b or (a is not None and b is not None and abs(a - b) < _SAME)
        for (_, a), (_, b) in zip(one, other, strict=True)
    )


def points(rows: Sequence[Row], column: str) -> Points:
    """Return a column against the epoch."""
    return [(one["epoch"] or 0.0, one.get(column)) for one in rows]


def _table(rows: Sequence[Row]) -> str:
    return table(
        [name.replace("_", " ") for name in _SHOWN],
        [[_figure(one.get(name)) for name in _SHOWN] for one in rows],
    )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
