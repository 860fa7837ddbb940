"""``phantom`` and ``export``: folders that the program writes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..data.reading import Reading
from ..errors import InputError
from ..events import never
from .console import conclude, out, reporting
from .options import Data, Json, ProjectDir


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(phantom)
    app.command()(export)


def phantom(
    out_folder: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder.")],
    subjects: Annotated[int, typer.Option(help="How many subjects.")] = 6,
    frames: Annotated[int, typer.Option(help="Frames of each subject.")] = 40,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 0,
    test_frames: Annotated[int, typer.Option(help="Frames without masks.")] = 0,
    twin_rate: Annotated[
        float | None, typer.Option(help="Share of frames that revisit a place.")
    ] = None,
) -> None:
    """Write a synthetic data set with planted conflicts, listed in truth.json.

    Example: nerveseg phantom phantom --subjects 6 --frames 40 --seed 0
    """
    from ..data.phantom import make_phantom

    settings: dict[str, Any] = {} if twin_rate is None else {"twin_rate": twin_rate}
    with reporting() as reporter:
        truth = make_phantom(
            out_folder,
            subjects=subjects,
            frames=frames,
            seed=seed,
            test_frames=test_frames,
            on_event=reporter,
            **settings,
        )
    out(
        f"{subjects * frames:,} frames and {len(truth['conflicts']):,} planted"
        f" conflicts in {out_folder}"
    )


def export(
    data: Data,
    out_folder: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="A new folder.")
    ],
    kind: Annotated[str, typer.Option("--format", help="tif, png or rle.")] = "tif",
    snapshot: Annotated[
        str | None, typer.Option(help="The labels of this snapshot.")
    ] = None,
    project: ProjectDir = None,
    json: Json = None,
    *,
    reading: Reading,
) -> None:
    """Write the current masks under the source's names, read back and compared.

    Example: nerveseg export train --out mended --format tif
    """
    from ..worker import commands

    if kind not in {"tif", "png", "rle"}:
        raise InputError(f"--format {kind}: take tif, png or rle.")
    with reporting() as reporter:
        result = commands.export(
            reporter,
            never,
            data=data,
            out=out_folder,
            project=project,
            reading=reading,
            format=kind,
            snapshot=snapshot,
        )
    conclude(result, reporter, json, _print_export)


def _print_export(result: dict[str, Any]) -> None:
    out(f"{result['n_masks']:,} masks written to {result['out']} and read back.")
