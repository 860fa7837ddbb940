"""How long a data set of the full size takes to list, scan and load.

    python -P -m tests.benchmarks.bench_listing [--pixels]

makes 5,635 frames and their masks (11,270 files) in a temporary folder and lists
them three times, in Kaggle's names, in other names, in a folder a patient, and
beside 20,000 files that are none of its own. With ``--pixels`` the frames have
their real size of 420 x 580, and scan and cache are measured too.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile

from tests.toys import disc, smooth_frame
from training.data import FrameCache, Project, open_dataset, scan

N_FRAMES = 5635
FRAMES_PER_SUBJECT = 120


def make_folder(folder: Path, prefix: str, shape: tuple[int, int]) -> Path:
    """Write frames and masks; their pixels do not matter, their number does."""
    folder.mkdir(parents=True)
    pixels = smooth_frame(0, shape)
    shown = disc(shape, (shape[0] / 2, shape[1] / 2), 47).astype(np.uint8) * 255
    frame, mask = folder / "frame", folder / "mask"
    tifffile.imwrite(frame, pixels, compression="lzw")
    tifffile.imwrite(mask, shown, compression="lzw")
    contents = frame.read_bytes(), mask.read_bytes()
    frame.unlink()
    mask.unlink()
    for k in range(N_FRAMES):
        stem = f"{prefix}{k // FRAMES_PER_SUBJECT + 1}_{k % FRAMES_PER_SUBJECT + 1}"
        (folder / f"{stem}.tif").write_bytes(contents[0])
        (folder / f"{stem}_mask.tif").write_bytes(contents[1])
    return folder


def in_patients(flat: Path, folder: Path) -> Path:
    """Lay the same files out in a folder a patient, under images/ and masks/."""
    for path in flat.iterdir():
        stem = path.stem.removesuffix("_mask")
        kind = "images" if stem == path.stem else "masks"
        patient, _, name = stem.partition("_")
        place = folder / kind / patient
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{name}.tif").hardlink_to(path)
    return folder


def among_others(flat: Path, folder: Path) -> Path:
    """Lay the same files out beside folders full of something else."""
    folder.mkdir()
    for path in flat.iterdir():
        (folder / path.name).hardlink_to(path)
    for k in range(20_000):
        place = folder / f"notes{k // 1000}"
        place.mkdir(exist_ok=True)
        (place / f"{k}.txt").touch()
    return folder


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Return the median wall time of some runs."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def measure(root: Path, pixels: bool) -> list[tuple[str, float]]:
    """Return what was measured, and its seconds."""
    shape = (420, 580) if pixels else (8, 8)
    kaggle = make_folder(root / "kaggle", "", shape)
    other = make_folder(root / "other", "frame", (8, 8))
    patients = in_patients(other, root / "patients")
    among = among_others(kaggle, root / "among")
    rows = [
        ("list, Kaggle's names (median of 3)", seconds(lambda: open_dataset(kaggle))),
        ("list, other names (median of 3)", seconds(lambda: open_dataset(other))),
        ("list, a folder a patient", seconds(lambda: open_dataset(patients))),
        ("list, among 20,000 others", seconds(lambda: open_dataset(among))),
    ]
    if pixels:
        dataset, project = open_dataset(kaggle), Project(root / "project")
        rows += [
            ("scan, first", seconds(lambda: scan(dataset, project), 1)),
            ("scan, again (median of 3)", seconds(lambda: scan(dataset, project))),
            ("cache, first", seconds(FrameCache(dataset, project).fill, 1)),
            (
                "cache, again (median of 3)",
                seconds(lambda: FrameCache(dataset, project).fill()),
            ),
        ]
    return rows


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pixels", action="store_true")
    pixels = parser.parse_args().pixels
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), pixels)
    sys.stdout.write(f"{N_FRAMES} frames, {2 * N_FRAMES} files\n")
    for what, took in rows:
        sys.stdout.write(f"{what:<36}{took:8.2f} s\n")


if __name__ == "__main__":
    main()
