"""The score panel as lines of text, for a terminal."""

from __future__ import annotations

from .panel import Panel, Row


def panel_lines(panel: Panel) -> list[str]:
    """Return a panel as lines of text, for a terminal."""
    lines = [
        f"{row.name:22} {row.shown + _ends(row):26} {_words(row)}".rstrip()
        for row in panel.rows
    ]
    if panel.confusion is not None:
        one = panel.confusion
        lines.append(
            f"{'empty or not':22} nerve: {one.found:,} found, {one.missed:,} missed; "
            f"empty: {one.left_empty:,} left empty, {one.marked:,} marked"
        )
    lines.append(
        f"{'frames':22} {panel.n_frames:,}, {panel.n_nerve_frames:,} with a nerve"
    )
    if panel.subjects:
        each = (
            f"{one.subject}: {_value(one.competition_dice)} ({one.n_frames:,})"
            for one in panel.subjects
        )
        lines.append(f"{'by subject':22} {', '.join(each)}")
    lines += [f"{'note':22} {text}" for text in panel.notes]
    return [*lines, *(f"{'not comparable':22} {one.text}" for one in panel.unfit)]


def _ends(row: Row) -> str:
    return "" if row.interval is None else " [{:.4f}, {:.4f}]".format(*row.interval)


def _words(row: Row) -> str:
    return "; ".join(part for part in (row.meaning, row.warning) if part)


def _value(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
