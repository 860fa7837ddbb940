"""The current masks as files, under the source's names, for any other program.

The folder gets the masks, ``status.csv`` (a line for each frame) and
``snapshot.json`` (which labels these are). It is made beside its place under a
temporary name, read back, compared, and only then put there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import __version__
from ..data.csv_table import table_text
from ..data.dataset import DataSet
from ..data.labels import SOURCE, Labels
from ..data.project import check_out
from ..data.store.packing import PackedMask
from ..data.store.records import Mask
from ..data.store.rows import now
from ..errors import InputError
from ..events import OnEvent, Progress, ShouldStop
from ..files import whole_folder, write_json, write_whole
from .mask_files import PackedMasks, mask_names, write_files, write_rle

FORMATS = ("tif", "png", "rle")

#: The name of the file that holds all masks in the format ``rle``.
RLE_NAME = "train_masks.csv"

STATUS_COLUMNS = (
    "frame",
    "subject",
    "status",
    "verified_empty",
    "excluded",
    "ambiguous",
    "area",
    "source",
    "author",
    "time",
)


def export(
    dataset: DataSet,
    labels: Labels,
    out: Path,
    format: str = "tif",
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> dict[str, Any]:
    """Write the masks that hold, read them back and compare.

    A missing mask is not written (it is not an empty one). A mask that cannot be
    read is left out and told of in ``warnings``.

    Parameters
    ----------
    dataset
        The frames; their files are only read.
    labels
        The labels to write, as they are at the call.
    out
        A folder that is not there yet, or empty.
    format
        ``tif`` or ``png``: one file a mask, uint8 of 0 and 255. ``rle``: Kaggle's
        ``train_masks.csv``.
    on_event, should_stop
        As everywhere.

    Returns
    -------
    dict
        ``out``, ``format``, ``snapshot``, ``n_frames``, ``n_masks``, ``n_missing``,
        ``n_unreadable``, ``warnings``.

    Raises
    ------
    InputError
        If the format is none of these, ``out`` is a file, holds something or lies in
        the data folder, or there is no mask to write. Nothing is written.
    RuntimeError, Cancelled
        If what was read back is not what was written, or ``should_stop`` said so.
        Nothing stays.
    """
    if format not in FORMATS:
        raise InputError(
            f"Masks are not written as '{format}'; take one of {', '.join(FORMATS)}."
        )
    out = check_out(out, dataset, empty=True)
    labels = labels.frozen()
    with whole_folder(out) as folder:
        reading = Progress("Reading masks", len(dataset), on_event, should_stop)
        masks, warnings = _collect(dataset, labels, reading)
        summary = {
            "format": format,
            "snapshot": labels.snapshot_id,
            "n_frames": len(dataset),
            "n_masks": len(masks),
            "n_missing": len(dataset) - len(masks) - len(warnings),
            "n_unreadable": len(warnings),
            "warnings": [*warnings, *labels.warnings()],
        }
        progress = Progress("Writing masks", 2 * len(masks), on_event, should_stop)
        _write_masks(folder, dataset, masks, format, progress)
        write_whole(folder / "status.csv", status_table(dataset, labels, masks))
        write_json(folder / "snapshot.json", _description(dataset, labels, summary))
        labels.take_snapshot(f"export to {out}")
    return {"out": str(out)} | summary


def _collect(
    dataset: DataSet, labels: Labels, progress: Progress
) -> tuple[PackedMasks, list[str]]:
    masks, warnings = PackedMasks(), []
    for frame in progress.over(dataset.ids):
        try:
            mask = labels.mask(frame)
        except InputError as error:
            warnings.append(str(error))
            continue
        if mask is not None:
            masks.packed[frame] = PackedMask.of(mask)
    if not masks and warnings:
        raise InputError(f"No mask of {dataset.root} can be read; first: {warnings[0]}")
    if not masks:
        raise InputError(
            f"{dataset.root} has no mask yet, neither in the folder nor drawn; draw or "
            "accept one before you export."
        )
    return masks, warnings


def _write_masks(
    folder: Path, dataset: DataSet, masks: PackedMasks, format: str, progress: Progress
) -> None:
    if format == "rle":
        write_rle(folder / RLE_NAME, masks, progress)
        return
    entries = {frame: dataset.entry(frame) for frame in masks}
    write_files(folder, masks, mask_names(dataset, entries, format), progress)


def status_table(dataset: DataSet, labels: Labels, masks: Mapping[str, Mask]) -> str:
    """Return ``status.csv``: a line for each frame, in the data set's order.

    ``area`` (pixels) and ``source`` are empty where there is no mask.
    """
    excluded, ambiguous = labels.excluded, labels.ambiguous
    rows: list[dict[str, Any]] = []
    for entry in dataset.entries:
        mask = masks.get(entry.id)
        area = None if mask is None else int(mask.sum())
        status = labels.status(entry.id)
        marks = {
            "verified_empty": status == "approved" and area == 0,
            "excluded": entry.id in excluded,
            "ambiguous": entry.id in ambiguous,
        }
        rows.append(
            {
                "frame": entry.id,
                "subject": entry.subject,
                "status": status,
                **{name: str(value).lower() for name, value in marks.items()},
                "area": area,
                **(_provenance(labels, entry.id) if mask is not None else {}),
            }
        )
    return table_text(STATUS_COLUMNS, rows)


def _provenance(labels: Labels, frame: str) -> dict[str, str]:
    version = labels.provenance(frame)
    if version is None:
        return {"source": SOURCE}
    return {"source": version.source, "author": version.author, "time": version.time}


def _description(
    dataset: DataSet, labels: Labels, summary: dict[str, Any]
) -> dict[str, Any]:
    return summary | {
        "last_action": 0 if labels.view is None else labels.view.last_action,
        "time": now(),
        "data": dataset.root,
        "layout": dataset.layout,
        "version": __version__,
    }
