"""``tune``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..data.reading import Reading
from ..errors import InputError
from .console import INTERRUPTED, asked_to_stop, conclude, out, reporting
from .flags import with_settings
from .options import Data, Json, ProjectDir
from .reading import Read

#: Trials that are printed; ``trials.csv`` has all.
_SHOWN = 10


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(tune)


@with_settings
def tune(
    data: Data,
    trials: Annotated[
        int, typer.Option(help="In all, those of earlier calls included.")
    ] = 30,
    minutes: Annotated[
        float | None, typer.Option(help="Begin no trial after so many.")
    ] = None,
    folds: Annotated[int, typer.Option(help="Of every trial.")] = 3,
    space: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What to tune, as JSON (docs/crossval.md)."),
        Read.FILE,
    ] = None,
    study: Annotated[
        str, typer.Option(help="Its name; one of this name is gone on with.")
    ] = "study",
    out_folder: Annotated[
        Path | None,
        typer.Option("--out", metavar="STUDY", help="Its folder, in place of a name."),
    ] = None,
    snapshot: Annotated[
        str | None, typer.Option(help="Train on the labels of this snapshot.")
    ] = None,
    project: ProjectDir = None,
    json: Json = None,
    *,
    settings: dict[str, Any],
    reading: Reading,
) -> int:
    """Search for the settings with the best cross-validated score, by Optuna.

    Example: nerveseg tune train --trials 40 --epochs 10 --test-subjects 25-32
    """
    from ..worker.tuning import tune as tune_settings

    if trials < 1:
        raise InputError(f"--trials is {trials}: give 1 or more.")
    if Path(study).name != study:
        raise InputError(f"--study {study} is no name: use --out for a folder.")
    with reporting() as reporter, asked_to_stop() as should_stop:
        result = tune_settings(
            reporter,
            should_stop,
            data=data,
            config=settings,
            trials=trials,
            minutes=minutes,
            folds=folds,
            space=space,
            study=study,
            out=out_folder,
            project=project,
            reading=reading,
            snapshot=snapshot,
        )
    conclude(result, reporter, json, _print_result)
    return INTERRUPTED if result["stopped"] == "asked" else 0


def _print_result(result: dict[str, Any]) -> None:
    whole = [one for one in result["trials"] if one["score"] is not None]
    for one in sorted(whole, key=lambda one: -one["score"])[:_SHOWN]:
        values = ", ".join(f"{k} {_shown(v)}" for k, v in one["values"].items())
        out(f"trial {one['trial']:>3}  Dice {one['score']:.4f}  {values}")
    for name, share in result["importance"].items():
        out(f"{name:26} {100 * share:3.0f} % of what mattered")
    out(f"table and plot: {result['page']}")
    if result["config"]:
        out(f"best settings: {result['config']}")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "-".join(map(str, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)
