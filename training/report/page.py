"""HTML files that need nothing else: no script, no network, light and dark."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..colours import GROUND_TRUTH_COLOUR, PREDICTION_COLOUR
from .svg import N_COLOURS


@cache
def environment() -> Environment:
    """Return what renders the templates; all text but `Markup` is escaped."""
    found = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(
        n_colours=N_COLOURS,
        ground_truth=GROUND_TRUTH_COLOUR,
        prediction=PREDICTION_COLOUR,
    )
    return found


def render(template: str, **values: Any) -> str:
    """Return an HTML document.

    Parameters
    ----------
    template
        Its name in the folder ``templates``.
    values
        What the template shows: plain text and numbers, and charts as `Markup`.
    """
    return environment().get_template(template).render(values)
