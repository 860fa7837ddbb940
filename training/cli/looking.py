"""``scan`` and ``duplicates``: what is in the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .console import check_json, out, reporting, say, write_result
from .options import Data, Json, MasksCsv, NerveLabel, ProjectDir, open_data

if TYPE_CHECKING:
    from ..duplicates import DuplicateReport

#: How many problems or pairs are printed; the JSON holds all of them.
SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(scan)
    app.command()(duplicates)


def scan(
    data: Data,
    project: ProjectDir = None,
    nerve_label: NerveLabel = None,
    masks: MasksCsv = None,
    json: Json = None,
) -> None:
    """Read every frame and mask, count them, and name every problem.

    Example: nerveseg scan train --json scan.json
    """
    from ..data import scan as scan_dataset

    check_json(json)
    dataset, found = open_data(data, project, nerve_label, masks)
    with reporting() as reporter:
        result = scan_dataset(dataset, found, on_event=reporter).to_json()
    for problem in result["problems"][:SHOWN]:
        say(problem["text"])
    if len(result["problems"]) > SHOWN:
        say(f"… and {len(result['problems']) - SHOWN:,} more; --json lists them all.")
    if not result["n_readable"]:
        raise InputError(
            f"{data}: none of its {result['n_frames']:,} frames can be read;"
            " see the problems above."
        )
    if str(json) != "-":
        _print_scan(result)
    write_result(result, json)


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


def duplicates(
    data: Data,
    threshold: Annotated[
        float, typer.Option(help="Pairs above this SSIM (7x7 window) are duplicates.")
    ] = 0.99,
    scope: Annotated[
        str, typer.Option(help="Compare within each 'subject', or 'all' frames.")
    ] = "subject",
    shape_dice: Annotated[
        float, typer.Option(help="Nerves of one group below this Dice disagree.")
    ] = 0.70,
    project: ProjectDir = None,
    nerve_label: NerveLabel = None,
    masks: MasksCsv = None,
    json: Json = None,
) -> None:
    """Find near-duplicate frames and those whose masks disagree.

    Example: nerveseg duplicates train --json duplicates.json
    """
    from ..data import open_labels
    from ..duplicates import find_duplicates

    check_json(json)
    dataset, found = open_data(data, project, nerve_label, masks)
    with reporting() as reporter, open_labels(dataset, found) as labels:
        report = find_duplicates(
            dataset,
            labels,
            threshold=threshold,
            scope=scope,
            shape_dice=shape_dice,
            project=found,
            on_event=reporter,
        )
    if str(json) != "-":
        _print_duplicates(report)
    write_result(report.to_json(), json)


def _print_duplicates(report: DuplicateReport) -> None:
    conflicts = [group for group in report.groups if group.conflict]
    out(
        f"{len(report.pairs):,} pairs above SSIM {report.threshold:g} among"
        f" {report.n_frames:,} frames, in {len(report.groups):,} groups;"
        f" {len(conflicts):,} groups with masks that disagree."
    )
    disagreeing = [pair for pair in report.pairs if pair.conflict]
    for pair in disagreeing[:SHOWN]:
        out(
            f"  {pair.a}  {pair.b}  SSIM {pair.ssim:.4f}  {pair.conflict}"
            f"  Dice {pair.dice:.2f}"
        )
    if len(disagreeing) > SHOWN:
        out(f"  … and {len(disagreeing) - SHOWN:,} more; --json lists them all.")
