"""A tuning as one HTML file: what mattered, how scores rose, the trials."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from . import svg
from .page import page, paragraph, section, table

#: Trials that the table shows, the best ones.
_SHOWN = 20


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
    drawn = svg.bars(importance, y_label="share of the scores' differences")
    note = "By fANOVA; settings that were tried together share what they did."
    return drawn + paragraph(note, "note")


def _scores(trials: Sequence[Mapping[str, Any]]) -> str:
    each = [(one["trial"], one["score"]) for one in trials if one["score"] is not None]
    best = [
        (number, max(score for _, score in each[: place + 1]))
        for place, (number, _) in enumerate(each)
    ]
    names = {"each trial": each, "best so far": best}
    drawn = svg.line_chart(names, x_label="trial", y_label="competition Dice")
    return drawn + svg.legend(list(names))


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
    return f"{value:.3g}" if isinstance(value, float) else json.dumps(value)
