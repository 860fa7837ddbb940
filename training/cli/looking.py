"""``scan`` and ``duplicates``: what is in the data."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..data.problems import Problem, in_brief
from ..data.reading import Reading
from ..data.understood import page
from ..errors import InputError
from ..events import never
from .console import SHOWN, conclude, out, reporting
from .options import Data, Json, ProjectDir, Window


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(scan)
    app.command()(duplicates)


def scan(
    data: Data,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with exit code 2 on any problem.")
    ] = False,
    project: ProjectDir = None,
    json: Json = None,
    *,
    reading: Reading,
) -> int:
    """Read every frame and mask, count them, name every problem, and say how.

    Example: nerveseg scan train --json scan.json
    """
    from ..worker import commands

    with reporting() as reporter:
        result = commands.scan(
            reporter,
            never,
            data=data,
            project=project,
            reading=reading,
        )
        if not result["n_readable"]:
            raise InputError(
                f"{data}: none of its {result['n_frames']:,} frames can be read;"
                f" the first problem: {result['warnings'][0]}"
            )
    brief = in_brief([Problem(**one) for one in result["problems"]])
    conclude(result, reporter, json, _print_scan, brief)
    return 2 if strict and result["problems"] else 0


def _print_scan(result: dict[str, Any]) -> None:
    share = result["share_nerve"]
    with_nerve = "" if share is None else f" ({share:.1%} of the masks)"
    sizes = ", ".join(
        f"{size['width']} wide x {size['height']} high ({size['n_frames']:,})"
        for size in result["sizes"]
    )
    out(f"frames        {result['n_frames']:,}")
    out(f"subjects      {result['n_subjects']:,}")
    out(f"with nerve    {result['n_nerve']:,}{with_nerve}")
    out(f"empty masks   {result['n_empty']:,}")
    out(f"missing masks {result['n_missing_mask']:,}")
    out(f"bad masks     {result['n_bad_mask']:,}")
    out(f"sizes         {sizes}")
    out(f"problems      {len(result['problems']):,}")
    out("How the folder is read:")
    for title, text in page(result):
        out(f"  {title:13} {text}")


def duplicates(
    data: Data,
    threshold: Annotated[
        float, typer.Option(help="Pairs above this SSIM are duplicates.")
    ] = 0.99,
    scope: Annotated[
        str, typer.Option(help="Compare within each 'subject', or 'all' frames.")
    ] = "subject",
    shape_dice: Annotated[
        float, typer.Option(help="Nerves of one group below this Dice disagree.")
    ] = 0.70,
    window: Window = "uniform7",
    roi: Annotated[
        str | None,
        typer.Option(
            metavar="TOP,BOTTOM,LEFT,RIGHT",
            help="Compare only this part of every frame, in pixels.",
        ),
    ] = None,
    device: Annotated[
        str, typer.Option(help="cpu, or one of torch's that has float64: cuda, cuda:1.")
    ] = "cpu",
    project: ProjectDir = None,
    json: Json = None,
    *,
    reading: Reading,
) -> None:
    """Find near-duplicate frames and those whose masks disagree.

    Example: nerveseg duplicates train --json duplicates.json
    """
    from ..worker import commands

    with reporting() as reporter:
        result = commands.duplicates(
            reporter,
            never,
            data=data,
            project=project,
            reading=reading,
            threshold=threshold,
            scope=scope,
            shape_dice=shape_dice,
            window=window,
            roi=roi,
            device=device,
        )
    conclude(result, reporter, json, _print_duplicates)


def _print_duplicates(result: dict[str, Any]) -> None:
    disagreeing = [group for group in result["groups"] if group["conflict"]]
    out(
        f"{len(result['pairs']):,} pairs above SSIM {result['threshold']:g} among"
        f" {result['n_frames']:,} frames, in {len(result['groups']):,} groups;"
        f" {len(disagreeing):,} groups with masks that disagree."
    )
    pairs = [pair for pair in result["pairs"] if pair["conflict"]]
    for pair in pairs[:SHOWN]:
        out(
            f"  {pair['a']}  {pair['b']}  SSIM {pair['ssim']:.4f}"
            f"  {pair['conflict']}  Dice {pair['dice']:.2f}"
        )
    if len(pairs) > SHOWN:
        out(f"  … and {len(pairs) - SHOWN:,} more; --json lists them all.")
