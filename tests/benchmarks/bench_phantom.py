"""Set the phantom beside real frames: the tables and pictures of docs/phantom.md.

Run in the repository's root::

    NERVESEG_DATA=... python -m tests.benchmarks.bench_phantom [--pictures DIR]

Without NERVESEG_DATA the phantom's own columns are measured. Pictures show the
phantom only.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data.images import read_image
from training.data.phantom.make import draw_mask, true_mask
from training.data.phantom.subject import Subject
from training.data.phantom.sweep import TWIN_RATE, plan_sweep
from training.data.rle import read_csv

Frames = list[NDArray[np.uint8]]


def phantom_frames(subjects: range, each: int) -> tuple[Frames, list[int]]:
    """Take ``each`` frames of every subject; and the drawn nerve areas, pixels."""
    frames: Frames = []
    areas = []
    for number in subjects:
        subject = Subject(0, number)
        positions = plan_sweep(subject, 120, TWIN_RATE).positions
        for index, z in enumerate(positions):
            if index < each:
                frames.append(subject.frame(z))
            if z > 0:
                areas.append(int(draw_mask(subject, z, index, None).drawn.sum()))
    return frames, areas


def histogram(frames: Frames) -> NDArray[np.float64]:
    """Share of each grey level, every frame counting the same: (256,)."""
    inside = [frame[:, 1:].ravel() for frame in frames]
    each = [np.bincount(grey, minlength=256) / grey.size for grey in inside]
    return np.mean(each, axis=0)


def distances(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[float, float]:
    """Earth mover's distance in grey levels, and total variation (0 to 1).

    The second is taken over bins of 8 levels: a scanner's table leaves gaps.
    """
    mover = float(np.abs(np.cumsum(a - b)).sum())
    binned = (a - b).reshape(32, 8).sum(axis=1)
    return mover, float(np.abs(binned).sum() / 2)


def calm_patches(frames: Frames, side: int = 40) -> Iterator[NDArray[np.float64]]:
    """Yield each frame's patches with least contrast: speckle, little anatomy."""
    for frame in frames:
        inner = frame[24:, 24:-24].astype(float)
        rows, columns = inner.shape[0] // side, inner.shape[1] // side
        grid = inner[: rows * side, : columns * side].reshape(rows, side, columns, side)
        patches = grid.transpose(0, 2, 1, 3).reshape(-1, side, side)
        mean, spread = patches.mean((1, 2)), patches.std((1, 2))
        lit = np.flatnonzero((mean > 35) & (mean < 200))
        for index in lit[np.argsort(spread[lit] / mean[lit])][:6]:
            yield patches[index] - mean[index]


def correlation_length(
    patches: list[NDArray[np.float64]], axis: int, level: float = 0.5
) -> float:
    """Shift at which the patches' autocorrelation falls to ``level``, pixels."""
    reach = min(patches[0].shape) // 2
    curve = np.zeros(reach)
    for patch in patches:
        moved = np.moveaxis(patch, axis, 0)
        products = [(moved[: len(moved) - k] * moved[k:]).mean() for k in range(reach)]
        curve += np.array(products) / products[0]
    curve /= len(patches)
    below = int(np.argmax(curve < level))
    step = (curve[below - 1] - level) / (curve[below - 1] - curve[below])
    return float(below - 1 + step)


def whole(frames: Frames) -> list[NDArray[np.float64]]:
    """Frames without what varies over more than about 12 pixels."""
    from scipy.ndimage import gaussian_filter

    floats = [frame[:, 1:].astype(float) for frame in frames]
    return [frame - gaussian_filter(frame, 12) for frame in floats]


def lengths(frames: Frames) -> list[str]:
    """Four correlation lengths as text: calm and whole, axial and lateral."""
    sets = (list(calm_patches(frames)), whole(frames))
    return [f"{correlation_length(s, axis):.1f}" for s in sets for axis in (0, 1)]


def quartiles(areas: list[int]) -> list[str]:
    """Minimum, quartiles and maximum as text."""
    return [f"{value:,.0f}" for value in np.percentile(areas, (0, 25, 50, 75, 100))]


def real_originals(root: Path) -> Frames:
    """Read the full-size frames: every test frame, every eighth of subject 1."""
    tested = sorted((root / "kaggle_original" / "test").glob("*.tif"))
    train = sorted((root / "kaggle_original" / "train").glob("*.tif"))
    train = [path for path in train if "mask" not in path.stem]
    return [read_image(path) for path in [*tested, *train[::8]]]


def real_halves(root: Path) -> tuple[Frames, Frames]:
    """Read reduced frames of subjects 1-16 and of 17-32, four each."""
    folder = root / "kaggle_positive_256" / "train"
    halves: tuple[Frames, Frames] = ([], [])
    for number in range(1, 33):
        paths = [
            p for p in sorted(folder.glob(f"{number}_*.png")) if "mask" not in p.stem
        ]
        halves[number > 16].extend(read_image(p) for p in paths[:: len(paths) // 4 + 1])
    return halves


def real_areas(root: Path) -> list[int]:
    """Read nerve areas, pixels, from the published run-length masks."""
    texts = read_csv(root / "kaggle_rle" / "train_masks.csv").values()
    return [sum(map(int, text.split()[1::2])) for text in texts if text]


def report(root: Path | None) -> None:
    """Print the tables, as Markdown."""
    frames, areas = phantom_frames(range(1, 48), 2)
    table("Correlation length, pixels", "calm axial,calm lateral,axial,lateral")
    row("phantom", lengths(frames))
    if root:
        row("real", lengths(real_originals(root)))
    table("Nerve area, pixels", "min,25 %,median,75 %,max")
    row("phantom", quartiles(areas))
    if root:
        row("real", quartiles(real_areas(root)))
        report_grey(frames, root)
    print(
        f"\nA frame takes {speed():.1f} ms of one core (median of 40, after the first)."
    )


def report_grey(frames: Frames, root: Path) -> None:
    """Print the distances of grey-level histograms."""
    originals = real_originals(root)
    halves = real_halves(root)
    table("Grey-level histograms", "earth mover's (grey levels),total variation")
    pairs = {
        "phantom / real, full size": (frames, originals),
        "phantom / real, reduced, 32 subjects": (frames, [*halves[0], *halves[1]]),
        "real, reduced: subjects 1-16 / 17-32": halves,
        "real, full size: subject 1 / test frames": (originals[25:], originals[:25]),
    }
    for name, (a, b) in pairs.items():
        mover, variation = distances(histogram(a), histogram(b))
        row(name, [f"{mover:.1f}", f"{variation:.3f}"])


def table(title: str, columns: str) -> None:
    """Print a table's head."""
    names = columns.split(",")
    print(f"\n| {title} | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")


def row(name: str, cells: list[str]) -> None:
    """Print a table's row."""
    print(f"| {name} | " + " | ".join(cells) + " |")


def speed() -> float:
    """Time one frame of 420 x 580 pixels on one core, milliseconds."""
    subject = Subject(0, 1)
    subject.frame(1.0)
    times = []
    for step in range(40):
        start = time.process_time()
        subject.frame(1.0 + 0.3 * step)
        times.append(time.process_time() - start)
    return float(np.median(times)) * 1e3


def outlined(subject: Subject, z: float) -> NDArray[np.uint8]:
    """Take a frame, RGB, with the nerve's true boundary drawn in."""
    from skimage.segmentation import find_boundaries

    picture = np.repeat(subject.frame(z)[..., None], 3, axis=2)
    edge: Callable[..., NDArray[np.bool_]] = find_boundaries
    picture[edge(true_mask(subject, z), mode="inner")] = (230, 159, 0)
    return picture


def mosaic(pictures: list[NDArray[np.uint8]], columns: int) -> NDArray[np.uint8]:
    """Set pictures of one size side by side, in rows."""
    rows = [
        np.concatenate(pictures[i : i + columns], axis=1)
        for i in range(0, len(pictures), columns)
    ]
    return np.concatenate(rows)


def write_pictures(folder: Path) -> None:
    """Write phantom-*.png: six subjects, and a slow move of the probe."""
    from skimage.io import imsave
    from skimage.transform import resize

    folder.mkdir(parents=True, exist_ok=True)
    subjects = [(n, 2.5 + n if n % 3 else -3.0 - n) for n in range(1, 7)]
    frames = [outlined(Subject(0, n), z) for n, z in subjects]
    sweep = [outlined(Subject(0, 2), z) for z in (-1.0, 0.7, 0.75, 1.2, 3.0, 8.0)]
    for name, pictures in (("subjects", frames), ("sweep", sweep)):
        small = [
            (resize(p, (210, 290), anti_aliasing=True) * 255).round().astype(np.uint8)
            for p in pictures
        ]
        imsave(folder / f"phantom-{name}.png", mosaic(small, 3), check_contrast=False)


def main() -> None:
    """Measure, and write the pictures if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, help="folder for phantom-*.png")
    options = parser.parse_args()
    where = os.environ.get("NERVESEG_DATA")
    report(Path(where) if where else None)
    if options.pictures:
        write_pictures(options.pictures)


if __name__ == "__main__":
    main()
