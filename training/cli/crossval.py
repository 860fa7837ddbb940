"""``crossval``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..data.reading import Reading
from ..errors import InputError
from .console import INTERRUPTED, asked_to_stop, conclude, out, reporting
from .flags import with_settings
from .options import Data, Json, ProjectDir
from .panels import print_panels
from .reading import Read


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(crossval)


@with_settings
def crossval(
    data: Data,
    folds: Annotated[int, typer.Option(help="How many; each is a training.")] = 5,
    out_folder: Annotated[
        Path | None,
        typer.Option("--out", metavar="RUN", help="Its folder; default: in PROJECT."),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN", help="Go on with this one; its settings and folds hold."
        ),
        Read.RUN,
    ] = None,
    devices: Annotated[
        str,
        typer.Option(
            help="One fold at a time on each, e.g. cuda:0,cuda:1; default: all GPUs."
        ),
    ] = "",
    parallel: Annotated[
        int, typer.Option(help="Folds that share the processor at a time.")
    ] = 1,
    snapshot: Annotated[
        str | None, typer.Option(help="Train on the labels of this snapshot.")
    ] = None,
    project: ProjectDir = None,
    json: Json = None,
    *,
    settings: dict[str, Any],
    reading: Reading,
) -> int:
    """Score every frame by a network that never saw its subject; keep the ensemble.

    Example: nerveseg crossval train --folds 5 --test-subjects 25-32
    """
    from ..worker.crossval import crossval as cross_validate

    _check_resume(resume, out_folder, settings)
    with reporting() as reporter, asked_to_stop() as should_stop:
        result = cross_validate(
            reporter,
            should_stop,
            data=data,
            config=settings,
            folds=folds,
            out=resume or out_folder,
            resume=resume is not None,
            devices=devices,
            parallel=parallel,
            project=project,
            reading=reading,
            snapshot=snapshot,
        )
    conclude(result, reporter, json, _print_result)
    return INTERRUPTED if result.get("stopped") == "asked" else 0


def _check_resume(
    resume: Path | None, out_folder: Path | None, settings: dict[str, Any]
) -> None:
    if resume is None:
        return
    if out_folder is not None:
        raise InputError("--resume names the folder: leave out --out.")
    if settings:
        first = min(settings)
        own = settings[first]
        if first == "augmentation" and isinstance(own, dict) and own:
            first = min(own)  # whose settings have the flags
        flag = first.replace("_", "-")
        raise InputError(
            f"--resume takes every setting from {resume}: leave out --{flag}, or start "
            "a new cross-validation."
        )


def _print_result(result: dict[str, Any]) -> None:
    if result["stopped"]:
        return
    for one in result["folds"]:
        scores = one["nested"]
        dice = _shown(scores["competition_dice"])
        blank = _shown(scores["blank_baseline"])
        out(
            f"fold {one['fold']}: competition Dice {dice} (blank {blank}),"
            f" {scores['n_frames']:,} frames"
        )
    print_panels(result)
    out(f"ensemble: {result['ensemble']}")


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"
