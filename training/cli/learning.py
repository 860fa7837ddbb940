"""``train`` and ``stop``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError
from .console import (
    INTERRUPTED,
    asked_to_stop,
    check_json,
    conclude,
    out,
    reporting,
)
from .options import Data, Device, Json, MasksCsv, NerveLabel, ProjectDir


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(train)
    app.command()(stop)


def train(
    data: Data,
    out_folder: Annotated[
        Path | None,
        typer.Option("--out", metavar="RUN", help="Run folder; default: in PROJECT."),
    ] = None,
    recipe: Annotated[str, typer.Option(help="unet or seed.")] = "unet",
    epochs: Annotated[int | None, typer.Option(help="How often all frames.")] = None,
    batch: Annotated[int | None, typer.Option(help="Frames in a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak rate.")] = None,
    max_minutes: Annotated[
        float | None, typer.Option(help="End within this time, schedule fitted to it.")
    ] = None,
    val_subjects: Annotated[
        str, typer.Option(help="e.g. 21-24,30; default: a seeded fifth.")
    ] = "",
    test_subjects: Annotated[
        str, typer.Option(help="Scored once, at the end; never read before.")
    ] = "",
    seed: Annotated[int, typer.Option(help="Of every random number.")] = 0,
    snapshot: Annotated[
        str | None, typer.Option(help="Train on the labels of this snapshot.")
    ] = None,
    device: Device = "auto",
    project: ProjectDir = None,
    nerve_label: NerveLabel = None,
    masks: MasksCsv = None,
    json: Json = None,
) -> int:
    """Train a U-Net; validation subjects serve early stop and the decision rule.

    Example: nerveseg train train --epochs 20 --test-subjects 25-32
    """
    from ..learn import RECIPES
    from ..worker import commands

    check_json(json)
    if recipe not in RECIPES:
        names = ", ".join(sorted(RECIPES))
        raise InputError(f"--recipe {recipe}: there is no such recipe; take {names}.")
    given = {
        "epochs": epochs,
        "batch": batch,
        "learning_rate": learning_rate,
        "max_minutes": max_minutes,
    }
    config = {
        "recipe": recipe,
        "val_subjects": val_subjects,
        "test_subjects": test_subjects,
        "seed": seed,
        "device": device,
        **{key: value for key, value in given.items() if value is not None},
    }
    with reporting() as reporter, asked_to_stop() as should_stop:
        result = commands.train(
            reporter,
            should_stop,
            data=data,
            config=config,
            out=out_folder,
            project=project,
            nerve_label=nerve_label,
            masks_csv=masks,
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
