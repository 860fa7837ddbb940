"""``train`` and ``stop``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .console import (
    INTERRUPTED,
    asked_to_stop,
    check_json,
    clock,
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
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Say what it would take, from a few steps; write nothing."
        ),
    ] = False,
    *,
    settings: dict[str, Any],
) -> int:
    """Train a network; validation subjects serve early stop and the decision rule.

    Example: nerveseg train train --epochs 20 --test-subjects 25-32
    """
    from ..worker import commands
    from ..worker.estimate import estimate

    check_json(json)
    given: dict[str, Any] = {
        "data": data,
        "config": settings,
        "project": project,
        "nerve_label": nerve_label,
        "masks_csv": masks,
        "luminance": luminance,
        "snapshot": snapshot,
    }
    with reporting() as reporter, asked_to_stop() as should_stop:
        if dry_run:
            result = estimate(reporter, should_stop, **given)
        else:
            result = commands.train(reporter, should_stop, out=out_folder, **given)
    conclude(result, reporter, json, _print_estimate if dry_run else _print_result)
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


def _print_estimate(result: dict[str, Any]) -> None:
    frames, seconds, memory = (result[k] for k in ("frames", "seconds", "memory_gb"))
    arithmetic = "bfloat16" if result["bfloat16"] else "float32"
    gpu = f", {memory['gpu']:.2f} GB on the GPU" if memory["gpu"] is not None else ""
    rows = (
        ("network", f"{result['network']}, {result['parameters']:,} weights"),
        ("device", f"{result['device']}, {result['threads']} threads, {arithmetic}"),
        ("frames", ", ".join(f"{n:,} {part}" for part, n in frames.items())),
        ("speed", f"{result['images_per_second']:.1f} frames a second"),
        ("reading", clock(seconds["reading"])),
        ("an epoch", clock(seconds["epoch"] + seconds["validation"])),
        ("scoring", clock(seconds["scoring"])),
        ("in all", f"{clock(seconds['total'])} for {result['epochs']} epochs"),
        ("memory", f"{memory['process']:.2f} GB{gpu}"),
    )
    for name, value in rows:
        out(f"{name:10} {value}")
    out(result["text"])


def stop(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
) -> None:
    """Ask a running training to stop; its best checkpoint is kept.

    Example: nerveseg stop train.nerveseg/runs/20260101-120000
    """
    from ..learn.running import request_stop

    request_stop(run)
    out(f"{run} was asked to stop.")
