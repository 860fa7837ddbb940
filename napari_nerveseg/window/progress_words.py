"""Progress in words, the same on every panel."""

from __future__ import annotations

from typing import Any


def progress_words(event: dict[str, Any]) -> str:
    """Return a progress event in words: stage, count, rate, time left."""
    words = str(event.get("stage", "Working"))
    done, total = event.get("done"), event.get("total")
    if total:
        words += f": {done:,} of {total:,}"
    if event.get("rate"):
        words += f" · {_rate(event['rate'])}"
    left = event.get("seconds_left")
    if left is not None and done:
        words += f" · {duration(left)} left"
    return words


def duration(seconds: float) -> str:
    """Return a time span as people say it: ``40 s``, ``12 min``, ``1 h 5 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _rate(per_second: float) -> str:
    if per_second >= 1:
        return f"{per_second:,.0f} per second"
    return f"{per_second * 60:.1f} per minute"
