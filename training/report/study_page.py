"""A tuning as one HTML file: what mattered, how scores rose, the trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from . import svg
from .page import page, paragraph, section, table

#: Trials that the table shows, the best ones.
_SHOWN = 20

#: Pixels: a bar with the room around it, the names before it, the longest bar.
_LINE, _NAMES, _LONGEST = 24, 190, 400


def study_page(result: Mapping[str, Any], title: str) -> str:
    """Draw a tuning as an HTML document.

    Parameters
    ----------
    result
        What `training.learn.tune` returned.
    title
        What the document is called.
    """
    trials = result["trials"]
    return page(
        title,
        [
            paragraph(result["text"]),
            section("What mattered", _importance(result["importance"])),
            section("Scores, trial by trial", _scores(trials)),
            section("The best trials", _table(trials)),
        ],
    )


def _importance(importance: Mapping[str, float]) -> str:
    if not importance:
        return paragraph(
            "Too few whole trials to tell, or all scored the same.", "note"
        )
    note = (
        "Share of the differences between scores that each setting explains, by fANOVA."
    )
    return _lying_bars(importance) + paragraph(note, "note")


def _lying_bars(shares: Mapping[str, float]) -> str:
    """Draw bars from left to right, as the names of settings are long."""
    longest, marks = max(shares.values()) or 1.0, []
    for place, (name, share) in enumerate(shares.items()):
        y, long = _LINE * place, _LONGEST * share / longest
        marks.append(
            f'<text class="end label" x="{_NAMES - 8}" y="{y + 16}">{escape(name)}'
            f'</text><rect class="bar c0" x="{_NAMES}" y="{y + 4}" height="{_LINE - 8}"'
            f' width="{long:.1f}"/><text x="{_NAMES + long + 6:.1f}" y="{y + 16}">'
            f"{100 * share:.0f} %</text>"
        )
    size = f"{_NAMES + _LONGEST + 60} {_LINE * len(shares)}"
    width, height = size.split()
    return (
        f'<svg class="chart" viewBox="0 0 {size}" width="{width}" height="{height}" '
        f'role="img" aria-label="What mattered">{"".join(marks)}</svg>'
    )


def _scores(trials: Sequence[Mapping[str, Any]]) -> str:
    each = [(one["trial"], one["score"]) for one in trials if one["score"] is not None]
    best = [
        (number, max(score for _, score in each[: place + 1]))
        for place, (number, _) in enumerate(each)
    ]
    names = {"each trial": each, "best so far": best}
    return svg.line_chart(names, x_label="trial", y_label="competition Dice")


def _table(trials: Sequence[Mapping[str, Any]]) -> str:
    whole = [one for one in trials if one["score"] is not None]
    best = sorted(whole, key=lambda one: -one["score"])[:_SHOWN]
    names = list(best[0]["values"]) if best else []
    rows = [
        [str(one["trial"]), f"{one['score']:.4f}", f"{one['seconds']:.0f}"]
        + [_shown(one["values"][name]) for name in names]
        for one in best
    ]
    pruned = sum(one["state"] == "pruned" for one in trials)
    failed = sum(one["state"] == "failed" for one in trials)
    note = f"{pruned} more trials were ended early, and {failed} failed."
    heads = ["trial", "Dice", "seconds", *names]
    return table(heads, rows) + paragraph(note, "note")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "-".join(map(str, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)
