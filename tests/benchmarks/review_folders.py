"""Folders as large as wanted for the benchmarks of the window, and no disk for them."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np

from training.data import open_dataset
from training.data.phantom import make_phantom
from training.predict.layout import COLUMNS, TABLE, mask_name
from training.predict.output import encode_png

#: Frames of one subject, as the published set has them.
PER_SUBJECT = 120


def write_folder(folder: Path, n: int) -> Path:
    """Write ``n`` frames, links to 24 phantoms, with masks; return their folder.

    Beside them, in ``predictions``, lies what `open_predictions` takes: the masks moved
    by twelve pixels.
    """
    make_phantom(folder / "phantom", subjects=2, frames=12, seed=0)
    source = open_dataset(folder / "phantom" / "train")
    data, predictions = folder / "data", folder / "predictions"
    data.mkdir()
    predictions.mkdir()
    rows = []
    for index in range(n):
        entry = source.entries[index % len(source.entries)]
        name = f"{1 + index // PER_SUBJECT}_{1 + index % PER_SUBJECT}"
        os.link(entry.path, data / f"{name}.tif")
        mask = entry.path.with_name(f"{entry.path.stem}_mask.tif")
        os.link(mask, data / f"{name}_mask.tif")
        os.link(_predicted(source, entry.id, folder), predictions / mask_name(name))
        rows.append({"frame": name, "presence": 0.9, "area": 1, "threshold": 0.5})
    with (predictions / TABLE).open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    return data


def _predicted(source: object, frame: str, folder: Path) -> Path:
    path = folder / mask_name(frame)
    if not path.exists():
        mask = source.mask(frame)  # type: ignore[attr-defined]
        path.write_bytes(encode_png(np.roll(mask, 12, axis=1)))
    return path
