"""``train`` and ``stop``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .console import (
    INTERRUPTED,
    asked_to_stop,
    check_json,
    conclude,
    out,
    reporting,
)
from .flags import with_settings
from .options import Data, Json, Luminance, MasksCsv, NerveLabel, ProjectDir


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(train)
    app.command()(stop)


@with_settings
def train(
    data: Data,
    out_folder: Annotated[
        Path | None,
        typer.Option("--out", metavar="RUN", help="Run folder; default: in PROJECT."),
    ] = None,
    snapshot: Annotated[
        str | None, typer.Option(help="Train on the labels of this snapshot.")
    ] = None,
    project: ProjectDir = None,
    nerve_label: NerveLabel = None,
    masks: MasksCsv = None,
    luminance: Luminance = False,
    json: Json = None,
    *,
    settings: dict[str, Any],
) -> int:
    """Train a network; validation subjects serve early stop and the decision rule.

    Example: nerveseg train train --epochs 20 --test-subjects 25-32
    """
    from ..worker import commands

    check_json(json)
    with reporting() as reporter, asked_to_stop() as should_stop:
        result = commands.train(
            reporter,
            should_stop,
            data=data,
            config=settings,
            out=out_folder,
            project=project,
            nerve_label=nerve_label,
            masks_csv=masks,
            luminance=luminance,
            snapshot=snapshot,
        )
    conclude(result, reporter, json, _print_result)
    return INTERRUPTED if result.get("stopped") == "asked" else 0


def _print_result(result: dict[str, Any]) -> None:
    for name in ("validation", "test"):
        scores = result.get(name)
        if scores:
            out(
                f"{name}: competition Dice {scores['competition_dice']:.4f}"
                f" (blank {scores['blank_baseline']:.4f}),"
                f" {scores['n_frames']:,} frames"
            )
    if result.get("checkpoint"):
        out(f"checkpoint: {result['checkpoint']}")


def stop(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
) -> None:
    """Ask a running training to stop; its best checkpoint is kept.

    Example: nerveseg stop train.nerveseg/runs/20260101-120000
    """
    from ..learn.running import request_stop

    request_stop(run)
    out(f"{run} was asked to stop.")
