"""The current masks as files, under the source's names, for any other program.

The folder gets the masks, ``status.csv`` (a line for each frame) and
``snapshot.json`` (which labels these are). It is made beside its place under a
temporary name, read back, compared, and only then put there.
"""

from __future__ import annotations

import contextlib
import csv
import io
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import __version__
from ..data import rle
from ..data.dataset import DataSet, FrameEntry
from ..data.labels import SOURCE, Labels
from ..data.masks import read_mask
from ..data.store.packing import pack, runs_of, unpack
from ..data.store.records import Mask
from ..data.store.rows import now
from ..errors import InputError
from ..events import OnEvent, Progress, ShouldStop
from ..files import write_json, write_whole

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


@dataclass(frozen=True)
class _Packed:
    """A mask in a few hundred bytes, so that 5,635 of them fit in memory."""

    runs: bytes
    shape: tuple[int, int]

    @classmethod
    def of(cls, mask: Mask) -> _Packed:
        height, width = mask.shape
        return cls(pack(runs_of(mask)), (height, width))

    def mask(self) -> Mask:
        return unpack(self.runs, self.shape)


class _Masks(Mapping[str, Mask]):
    """FrameId to mask, unpacked when asked for."""

    def __init__(self) -> None:
        self.packed: dict[str, _Packed] = {}

    def __getitem__(self, frame: str) -> Mask:
        return self.packed[frame].mask()

    def __iter__(self) -> Iterator[str]:
        return iter(self.packed)

    def __len__(self) -> int:
        return len(self.packed)


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
    RuntimeError
        If what was read back is not what was written. Nothing stays.
    Cancelled
        If ``should_stop`` said so. Nothing stays.
    """
    if format not in FORMATS:
        raise InputError(
            f"Masks are not written as '{format}'; take one of {', '.join(FORMATS)}."
        )
    out = _checked(out, dataset)
    labels = labels.frozen()
    masks, warnings = _collect(
        dataset, labels, Progress("Reading masks", len(dataset), on_event, should_stop)
    )
    n_missing = len(dataset) - len(masks) - len(warnings)
    summary = {
        "format": format,
        "snapshot": labels.snapshot_id,
        "n_frames": len(dataset),
        "n_masks": len(masks),
        "n_missing": n_missing,
        "n_unreadable": len(warnings),
        "warnings": warnings,
    }
    names = {frame: mask_name(dataset, dataset.entry(frame), format) for frame in masks}
    with _new_folder(out) as folder:
        progress = Progress("Writing masks", 2 * len(masks), on_event, should_stop)
        if format == "rle":
            _write_rle(folder / RLE_NAME, masks, progress)
        else:
            _write_files(folder, masks, names, progress)
        write_whole(folder / "status.csv", status_table(dataset, labels, masks))
        write_json(folder / "snapshot.json", _description(dataset, labels, summary))
    return {"out": str(out)} | summary


def _checked(out: Path, dataset: DataSet) -> Path:
    out = out.expanduser().resolve()
    root = dataset.root.resolve()
    # A single file is not the whole folder that it happens to lie in.
    inside = dataset.layout != "file" and out.is_relative_to(root)
    if inside or out == root:
        raise InputError(
            f"{out} lies in the data folder, which is only read; name a folder outside."
        )
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; name a folder for the masks.")
    if out.is_dir() and any(out.iterdir()):
        raise InputError(f"{out} is not empty; name a new or empty folder.")
    return out


def _collect(
    dataset: DataSet, labels: Labels, progress: Progress
) -> tuple[_Masks, list[str]]:
    masks, warnings = _Masks(), []
    for frame in progress.over(dataset.ids):
        try:
            mask = labels.mask(frame)
        except InputError as error:
            warnings.append(str(error))
            continue
        if mask is not None:
            masks.packed[frame] = _Packed.of(mask)
    if not masks and warnings:
        raise InputError(f"No mask of {dataset.root} can be read; first: {warnings[0]}")
    if not masks:
        raise InputError(
            f"{dataset.root} has no mask yet, neither in the folder nor drawn; draw or "
            "accept one before you export."
        )
    return masks, warnings


def mask_name(dataset: DataSet, entry: FrameEntry, suffix: str) -> str:
    """Return the file name of a frame's mask: the source's, with our suffix.

    A page of a stack, a run-length mask and a mask that the source lacks are named
    as the layout names masks, after the FrameId.
    """
    path = entry.mask_path
    own_file = path is not None and dataset.run_length(entry.id) is None
    if path is not None and own_file and entry.mask_page is None:
        return f"{path.stem}.{suffix}"
    if dataset.layout == "images-masks":
        return f"{entry.id}.{suffix}"
    return f"{entry.id}_mask.{suffix}"


def _write_files(
    folder: Path, masks: _Masks, names: Mapping[str, str], progress: Progress
) -> None:
    for frame in progress.over(masks):
        path = folder / names[frame]
        encode = _tif if path.suffix == ".tif" else _png
        write_whole(path, encode(masks[frame]))
    for frame in progress.over(masks):
        _compare(frame, read_mask(folder / names[frame]), masks[frame])


def _write_rle(path: Path, masks: _Masks, progress: Progress) -> None:
    rle.write_csv(path, masks)
    progress.step(len(masks))
    written = rle.read_csv(path)
    for frame in progress.over(masks):
        shape = masks.packed[frame].shape
        _compare(frame, rle.decode(written[frame], shape), masks[frame])


def _compare(frame: str, found: Mask, meant: Mask) -> None:
    if found.shape != meant.shape or (found != meant).any():
        raise RuntimeError(
            f"The mask of frame {frame} came back from the disk changed; "
            "nothing was exported."
        )


def _tif(mask: Mask) -> bytes:
    import tifffile

    buffer = io.BytesIO()
    pixels = mask.view("uint8") * 255
    tifffile.imwrite(buffer, pixels, compression="lzw", metadata=None)
    return buffer.getvalue()


def _png(mask: Mask) -> bytes:
    from ..predict.output import encode_png

    return encode_png(mask)


def status_table(dataset: DataSet, labels: Labels, masks: Mapping[str, Mask]) -> str:
    """Return ``status.csv``: a line for each frame, in the data set's order.

    ``area`` (pixels) and ``source`` are empty where there is no mask.
    """
    excluded, ambiguous = labels.excluded, labels.ambiguous
    buffer = io.StringIO()
    table = csv.DictWriter(buffer, STATUS_COLUMNS, lineterminator="\n")
    table.writeheader()
    for entry in dataset.entries:
        mask = masks.get(entry.id)
        area = None if mask is None else int(mask.sum())
        status = labels.status(entry.id)
        marks = {
            "verified_empty": status == "approved" and area == 0,
            "excluded": entry.id in excluded,
            "ambiguous": entry.id in ambiguous,
        }
        table.writerow(
            {"frame": entry.id, "subject": entry.subject, "status": status}
            | {name: str(value).lower() for name, value in marks.items()}
            | {"area": area}
            | (_provenance(labels, entry.id) if mask is not None else {})
        )
    return buffer.getvalue()


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


@contextlib.contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """Give a temporary folder that becomes ``out`` when the block ends well."""
    temporary = out.with_name(f".{out.name}-{secrets.token_hex(4)}")
    try:
        temporary.mkdir(parents=True)
    except OSError as error:
        raise InputError(
            f"{out} cannot be made ({error.strerror}); name another folder."
        ) from error
    try:
        yield temporary
        if out.exists():
            out.rmdir()  # it is empty
        temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
