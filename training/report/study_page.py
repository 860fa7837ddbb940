"""A tuning as one HTML file: what mattered, how scores rose, the trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import svg
from .page import render

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
    trials, importance = result["trials"], result["importance"]
    whole = [one for one in trials if one["score"] is not None]
    each = [(one["trial"], one["score"]) for one in whole]
    best = [
        (number, max(score for _, score in each[: place + 1]))
        for place, (number, _) in enumerate(each)
    ]
    series = {"each trial": each, "best so far": best}
    shown = sorted(whole, key=lambda one: -one["score"])[:_SHOWN]
    names = list(shown[0]["values"]) if shown else []
    rows = [
        [one["trial"], f"{one['score']:.4f}", f"{one['seconds']:.0f}"]
        + [_shown(one["values"][name]) for name in names]
        for one in shown
    ]
    states = [one["state"] for one in trials]
    return render(
        "study.html",
        title=title,
        text=result["text"],
        importance=importance,
        longest=max(importance.values(), default=0) or 1.0,
        chart=svg.line_chart(series, x_label="trial", y_label="competition Dice"),
        names=names,
        rows=rows,
        pruned=states.count("pruned"),
        failed=states.count("failed"),
    )


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "-".join(map(str, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)
