"""``stats``: a data set in numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..data.reading import Reading
from ..events import never
from .console import conclude, out, reporting
from .options import Data, Json, ProjectDir
from .outputs import Output


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(stats)


def stats(
    data: Data,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write charts, in one HTML file."),
        Output(),
    ] = None,
    project: ProjectDir = None,
    json: Json = None,
    *,
    reading: Reading,
) -> None:
    """Count nerves, areas, places and grey levels, over all frames and by subject.

    Example: nerveseg stats train --html stats.html
    """
    from ..worker import commands

    with reporting() as reporter:
        result = commands.stats(
            reporter,
            never,
            data=data,
            html=html,
            project=project,
            reading=reading,
        )
    conclude(result, reporter, json, _print_stats)


def _print_stats(result: dict[str, Any]) -> None:
    share = result["share_nerve"]
    shown = "" if share is None else f" ({100 * share:.1f} % of those with a mask)"
    out(
        f"{result['n_frames']:,} frames of {result['n_subjects']:,} subjects:"
        f" {result['n_nerve']:,} with a nerve{shown}, {result['n_empty']:,} empty,"
        f" {result['n_without_mask']:,} without a mask."
    )
    if result["area"] is not None:
        area = result["area"]
        out(
            f"Area of a nerve: median {area['median']:,.0f} px,"
            f" from {area['min']:,.0f} to {area['max']:,.0f}."
        )
    for sentence in result["area_words"]:
        out(sentence)
    if result["html"] is not None:
        out(f"Charts: {result['html']}")
