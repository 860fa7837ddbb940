"""Prints score panels: the same for ``train``, ``crossval``, ``evaluate``, ``demo``."""

from __future__ import annotations

from typing import Any

from ..report.panel import panels
from ..report.panel_text import panel_lines
from .console import out


def print_panels(result: dict[str, Any], margin: str = "") -> None:
    """Print every score of a result, with what each one means.

    Parameters
    ----------
    result
        See `training.report.panel.panels`.
    margin
        What each line begins with.
    """
    found = panels(result)
    for panel in found:
        if len(found) > 1:
            out(f"{margin}{panel.title}:")
        for line in panel_lines(panel):
            out(f"{margin}{'  ' * (len(found) > 1)}{line}")
