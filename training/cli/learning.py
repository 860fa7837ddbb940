"""``train`` and ``stop``."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError
from .console import asked_to_stop, check_json, out, reporting, say, write_result
from .options import Data, Device, Json, MasksCsv, NerveLabel, ProjectDir, open_data


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
) -> int | None:
    """Train a U-Net; validation subjects serve early stop and the decision rule.

    Example: nerveseg train train --epochs 20 --test-subjects 25-32
    """
    from ..data import open_labels
    from ..learn import RECIPES, TrainConfig, known_groups
    from ..learn import train as train_network

    check_json(json)
    if recipe not in RECIPES:
        names = ", ".join(sorted(RECIPES))
        raise InputError(f"--recipe {recipe}: there is no such recipe; take {names}.")
    given: dict[str, Any] = {
        "epochs": epochs,
        "batch": batch,
        "learning_rate": learning_rate,
        "max_minutes": max_minutes,
    }
    config: TrainConfig = replace(
        RECIPES[recipe](),
        val_subjects=val_subjects,
        test_subjects=test_subjects,
        seed=seed,
        device=device,
        **{key: value for key, value in given.items() if value is not None},
    )
    if error := config.validation_error():
        raise InputError(error)
    dataset, found = open_data(data, project, nerve_label, masks)
    run = out_folder or found.runs / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    say(f"Run folder: {run}")
    with (
        open_labels(dataset, found, snapshot=snapshot) as labels,
        reporting() as reporter,
        asked_to_stop() as should_stop,
    ):
        groups = known_groups(dataset, found, on_event=reporter)
        result = train_network(
            dataset,
            labels,
            config,
            run,
            groups=groups,
            on_event=reporter,
            should_stop=should_stop,
        )
    _print_result(result, quiet=str(json) == "-")
    write_result(result, json)
    return 130 if result.get("stopped") == "asked" else None


def _print_result(result: dict[str, Any], quiet: bool) -> None:
    if quiet:
        return
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
    if not (run / "config.json").is_file():
        raise InputError(
            f"{run} is no run folder: it holds no config.json; name the folder that"
            " 'nerveseg train' printed."
        )
    (run / "stop").touch()
    out(f"{run} was asked to stop.")
