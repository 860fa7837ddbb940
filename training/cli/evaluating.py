"""``predict`` and ``evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from .console import check_json, out, reporting, say, write_result
from .options import Data, Device, Json, MasksCsv, NerveLabel, ProjectDir, open_data

if TYPE_CHECKING:
    from ..metrics import Scores


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(predict)
    app.command()(evaluate)


def predict(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="CHECKPOINT", help="Checkpoint or run folder.")
    ],
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="A file or folder of frames.")
    ],
    out_folder: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Where the masks go; default: predictions/RUN in the project folder.",
        ),
    ] = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Also write probability maps.")
    ] = False,
    device: Device = "auto",
    project: ProjectDir = None,
    json: Json = None,
) -> None:
    """Predict a mask for every frame, at the frame's own size.

    Example: nerveseg predict RUN test --out predictions
    """
    from ..data import find_project
    from ..predict import predict_folder

    check_json(json)
    if out_folder is None:
        run = checkpoint if checkpoint.is_dir() else checkpoint.absolute().parent
        out_folder = find_project(source, project).predictions / run.resolve().name
        say(f"Predictions: {out_folder}")
    with reporting() as reporter:
        result = predict_folder(
            checkpoint,
            source,
            out_folder,
            probabilities=probabilities,
            device=device,
            on_event=reporter,
        )
    if str(json) != "-":
        out(
            f"{result['n_predicted']:,} of {result['n_frames']:,} frames predicted"
            f" into {out_folder}"
        )
    write_result(result, json)


def evaluate(
    predictions: Annotated[
        Path,
        typer.Argument(
            metavar="PREDICTIONS", help="Folder from predict, or a submission CSV."
        ),
    ],
    data: Data,
    labels: Annotated[
        str, typer.Option(help="'source' masks, or the 'current' ones of the project.")
    ] = "source",
    project: ProjectDir = None,
    nerve_label: NerveLabel = None,
    masks: MasksCsv = None,
    json: Json = None,
) -> None:
    """Score predicted masks, as written, against the masks people drew.

    Example: nerveseg evaluate predictions train --json scores.json
    """
    from ..data import open_labels
    from ..report import evaluate as evaluate_masks

    check_json(json)
    if labels not in {"source", "current"}:
        raise InputError(f"--labels {labels}: take 'source' or 'current'.")
    dataset, found = open_data(data, project, nerve_label, masks)
    with (
        reporting() as reporter,
        open_labels(dataset, found, source_only=labels == "source") as truth,
    ):
        scores = evaluate_masks(predictions, dataset, truth, on_event=reporter)
    if str(json) != "-":
        print_scores(scores)
    write_result(scores.to_json(), json)


def print_scores(scores: Scores) -> None:
    """Print the scores with what each one means."""
    result = scores.to_json()
    rows = (
        ("competition Dice", "competition_dice", "both empty counts 1"),
        ("blank baseline", "blank_baseline", "what an empty mask everywhere scores"),
        ("Dice, nerve frames", "dice_nerve_frames", ""),
        ("IoU, nerve frames", "iou_nerve_frames", ""),
        ("HD95, nerve frames", "hd95_nerve_frames", "pixels"),
        ("sensitivity", "sensitivity", "nerve frames in which one is found"),
        ("specificity", "specificity", "empty frames left empty"),
        ("pixel accuracy", "pixel_accuracy", _accuracy_note(result)),
    )
    for name, key, note in rows:
        value = result[key]
        shown = "undefined" if value is None else f"{value:.4f}"
        low_high = result["competition_dice_ci"]
        if key == "competition_dice" and low_high and None not in low_high:
            shown += f" [{low_high[0]:.4f}, {low_high[1]:.4f}]"
        out(f"{name:20} {shown}" + (f"  ({note})" if note else ""))
    out(f"{'frames':20} {result['n_frames']:,}")
    for text in result["warnings"]:
        say(f"Warning: {text}")


def _accuracy_note(result: dict[str, float | None]) -> str:
    blank = result.get("pixel_accuracy_blank")
    return "" if blank is None else f"misleads: a blank mask has {blank:.3f}"
