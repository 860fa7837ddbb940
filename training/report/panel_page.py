"""The score panel as HTML."""

from __future__ import annotations

from html import escape

from . import svg
from .page import folded, paragraph, row, table
from .panel import Confusion, Panel, SubjectRow


def panel_html(panel: Panel) -> str:
    """Draw a panel: reservations first, then the measures and who they are of."""
    parts = [
        f"<h3>{escape(panel.title)}</h3>",
        paragraph(
            f"{panel.n_frames:,} frames, {panel.n_nerve_frames:,} of them with a nerve."
        ),
        *(
            f'<p class="warn"><span class="badge">Not comparable: {escape(one.kind)}'
            f"</span>{escape(one.text)}</p>"
            for one in panel.unfit
        ),
        *(paragraph(text, "note") for text in panel.notes),
        _measures(panel),
    ]
    if panel.subjects:
        parts.append(row(_bars(panel), _confusion(panel.confusion)))
        parts.append(folded("The figures by subject", _figures(panel)))
    else:
        parts.append(_confusion(panel.confusion))
    return "".join(parts)


def _measures(panel: Panel) -> str:
    rows = [
        [
            one.name,
            one.shown,
            "" if one.interval is None else "{:.4f} to {:.4f}".format(*one.interval),
            "; ".join(part for part in (one.meaning, one.warning) if part),
        ]
        for one in panel.rows
    ]
    return table(["measure", "value", "95 % interval", "what it says"], rows, {3})


def _confusion(counts: Confusion | None) -> str:
    if counts is None:
        return ""
    rows = [
        ["shows a nerve", f"{counts.found:,} found", f"{counts.missed:,} missed"],
        ["is empty", f"{counts.marked:,} marked", f"{counts.left_empty:,} left empty"],
    ]
    return table(["the frame", "mask with a pixel", "mask empty"], rows)


def _bars(panel: Panel) -> str:
    """Draw a bar a subject, with the number of its frames."""
    subjects = panel.subjects
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


def _figures(panel: Panel) -> str:
    heads = ["subject", "frames", "with nerve", "Dice", "blank", "Dice, nerve frames"]
    return table(heads, [_cells(one) for one in panel.subjects])


def _cells(one: SubjectRow) -> list[str]:
    return [
        one.subject,
        f"{one.n_frames:,}",
        f"{one.n_nerve_frames:,}",
        _shown(one.competition_dice),
        _shown(one.blank_baseline),
        _shown(one.dice_nerve_frames),
    ]


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"
