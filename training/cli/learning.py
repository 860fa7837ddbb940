"""``train``, ``stop``, ``pause`` and ``unpause``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..data.reading import Reading
from ..errors import InputError
from .console import INTERRUPTED, asked_to_stop, clock, conclude, out, reporting
from .flags import with_settings
from .options import Json, ProjectDir
from .panels import print_panels
from .reading import Read


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(train)
    for command in (stop, pause, unpause):
        app.command()(command)


Run = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder."), Read.RUN]


@with_settings
def train(
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="DATA",
            help="Folder of frames with masks; --resume knows its own.",
        ),
        Read.DATA,
    ] = None,
    out_folder: Annotated[
        Path | None,
        typer.Option("--out", metavar="RUN", help="Run folder; default: in PROJECT."),
    ] = None,
    snapshot: Annotated[
        str | None, typer.Option(help="Train on the labels of this snapshot.")
    ] = None,
    project: ProjectDir = None,
    json: Json = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Say what it would take, from a few steps; write nothing."
        ),
    ] = False,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Go on with this run, with its settings."),
        Read.RUN,
    ] = None,
    ignore_fingerprint: Annotated[
        bool,
        typer.Option(
            "--ignore-fingerprint", help="Resume though frames or labels have changed."
        ),
    ] = False,
    *,
    settings: dict[str, Any],
    reading: Reading,
) -> int:
    """Train a network; validation subjects serve early stop and the decision rule.

    Examples: nerveseg train train --epochs 20 --test-subjects 25-32;
    nerveseg train --resume train.nerveseg/runs/20260101-120000
    """
    from ..worker import commands
    from ..worker.estimate import estimate
    from ..worker.resuming import resume as go_on

    given: dict[str, Any] = {
        "data": data,
        "config": settings,
        "project": project,
        "reading": reading,
    }
    fresh = {"out": out_folder, "snapshot": snapshot, "dry_run": dry_run or None}
    _check_sense(data, resume, ignore_fingerprint, fresh)
    with reporting() as reporter, asked_to_stop() as should_stop:
        if dry_run:
            result = estimate(reporter, should_stop, snapshot=snapshot, **given)
        elif resume:
            given |= {"run": resume, "ignore_fingerprint": ignore_fingerprint}
            result = go_on(reporter, should_stop, **given)
        else:
            given |= {"out": out_folder, "snapshot": snapshot}
            result = commands.train(reporter, should_stop, **given)
    conclude(result, reporter, json, _print_estimate if dry_run else _print_result)
    return INTERRUPTED if result.get("stopped") == "asked" else 0


def _check_sense(
    data: Path | None,
    resume: Path | None,
    ignore_fingerprint: bool,
    fresh: dict[str, Any],
) -> None:
    """Refuse options that mean nothing together."""
    if resume is None:
        if data is None:
            raise InputError("Name a data folder to train on, or a run by --resume.")
        if ignore_fingerprint:
            raise InputError("--ignore-fingerprint says something of --resume only.")
        return
    for name, value in fresh.items():
        if value is not None:
            flag = name.replace("_", "-")
            raise InputError(
                f"--resume goes on in its own folder with its own labels: leave out "
                f"--{flag}."
            )


def _print_result(result: dict[str, Any]) -> None:
    print_panels(result)
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


def stop(run: Run) -> None:
    """Ask a running training to stop; its best checkpoint is kept.

    Example: nerveseg stop train.nerveseg/runs/20260101-120000
    """
    from ..learn.folder.running import request_stop

    request_stop(run)
    out(f"{run} was asked to stop.")


def pause(run: Run) -> None:
    """Have a running training wait; it keeps its memory, and its time stands still.

    Example: nerveseg pause train.nerveseg/runs/20260101-120000
    """
    from ..learn.folder.running import request_pause

    request_pause(run)
    out(f"{run} was asked to wait; 'nerveseg unpause' lets it go on.")


def unpause(run: Run) -> None:
    """Let a training go on that waits.

    Example: nerveseg unpause train.nerveseg/runs/20260101-120000
    """
    from ..learn.folder.running import request_resume

    request_resume(run)
    out(f"{run} goes on.")
