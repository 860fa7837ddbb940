"""How long the duplicate search takes, and scikit-image on a sample of its pairs.

    python tests/benchmarks/bench_duplicates.py --frames 1000

Without ``--data`` the frames are made here: smooth textures that drift slowly, with
returns, under fresh noise. scikit-image's time is that of a random sample of pairs,
times the number of pairs; the search is timed after one warm-up that compiles.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from training.data import load_frames, open_dataset
from training.data.parallel import n_threads
from training.duplicates import SimilarPairs, find_similar_pairs
from training.duplicates.window import WINDOWS, Frame
from training.files import dump_json, write_json

mean_ssim = WINDOWS["uniform7"].mean_ssim

#: Frames of one subject, as in the published data.
PER_SUBJECT = 120


def make_frames(n: int, shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    """Return (n, H, W) uint8: a slow walk between textures for each subject."""
    rng = np.random.default_rng(seed)
    frames = np.empty((n, *shape), np.uint8)
    for start in range(0, n, PER_SUBJECT):
        keys = [gaussian_filter(rng.normal(size=shape), 3) for _ in range(4)]
        places = np.abs(np.cumsum(rng.normal(0, 0.05, min(PER_SUBJECT, n - start))))
        for k, place in enumerate(places % 3):
            left, part = int(place), place % 1
            picture = (1 - part) * keys[left] + part * keys[left + 1]
            grey = 128 + 45 * picture / picture.std() + rng.normal(0, 1, shape)
            frames[start + k] = np.clip(grey, 0, 255)
    return frames


def sample_pairs(labels: np.ndarray, n: int) -> list[tuple[int, int]]:
    """Return ``n`` random pairs of frames of equal label."""
    rng = np.random.default_rng(1)
    pairs = []
    while len(pairs) < n:
        i = int(rng.integers(labels.size))
        j = int(rng.choice(np.flatnonzero(labels == labels[i])))
        if i != j:
            pairs.append((min(i, j), max(i, j)))
    return pairs


def time_reference(
    frames: Sequence[Frame], found: SimilarPairs, labels: np.ndarray, n: int
) -> tuple[float, int]:
    """Return scikit-image's seconds a pair, and in how many pairs it disagrees.

    Half of the sample is random, half from the pairs found.
    """
    pairs = list(zip(found.i.tolist(), found.j.tolist(), strict=True))
    sample = sample_pairs(labels, n)
    if pairs:
        sample += [
            pairs[k] for k in np.random.default_rng(2).integers(0, len(pairs), n)
        ]
    known, wrong = set(pairs), 0
    mean_ssim(frames[0], frames[1])
    started = time.perf_counter()
    for i, j in sample:
        wrong += (mean_ssim(frames[i], frames[j]) > 0.99) != ((i, j) in known)
    return (time.perf_counter() - started) / len(sample), wrong


def run(
    frames: Sequence[Frame], subjects: Sequence[Any], sample: int
) -> dict[str, Any]:
    """Time both scopes and the reference; return one line of the table for each."""
    started = time.perf_counter()
    find_similar_pairs([np.roll(frames[0], k, 1) for k in range(40)])
    result: dict[str, Any] = {
        "frames": len(frames),
        "shape": list(frames[0].shape),
        "threads": n_threads(),
        "warm_up_seconds": time.perf_counter() - started,
        "scopes": {},
    }
    for scope, labels in (("subject", subjects), ("all", [0] * len(frames))):
        before = resource.getrusage(resource.RUSAGE_SELF)
        started = time.perf_counter()
        found = find_similar_pairs(frames, within=labels)
        seconds = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_SELF)
        per_pair, wrong = time_reference(frames, found, np.array(labels), sample)
        result["scopes"][scope] = {
            "pairs_compared": found.n_compared,
            "pairs_found": len(found),
            "seconds": seconds,
            "processor_seconds": after.ru_utime - before.ru_utime,
            "scikit_image_ms_a_pair": 1000 * per_pair,
            "scikit_image_hours_extrapolated": per_pair * found.n_compared / 3600,
            "ratio": per_pair * found.n_compared / seconds,
            "disagreements_in_sample": wrong,
        }
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    result["peak_memory_gb_with_frames"] = peak / 1e9
    return result


def table(result: dict[str, Any]) -> str:
    """Return the figures as lines of a Markdown table."""
    lines = [
        "| scope | compared | found | seconds | processor s | scikit-image | ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    for scope, r in result["scopes"].items():
        lines.append(
            f"| {scope} | {r['pairs_compared']:,} | {r['pairs_found']:,}"
            f" | {r['seconds']:.2f} | {r['processor_seconds']:.2f}"
            f" | {r['scikit_image_ms_a_pair']:.2f} ms a pair,"
            f" {r['scikit_image_hours_extrapolated']:.2f} h | {r['ratio']:,.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--data", type=Path, help="a data folder instead of noise")
    parser.add_argument("--sample", type=int, default=100, help="pairs of each kind")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.data is None:
        frames: Sequence[Frame] = make_frames(given.frames, (420, 580))
        subjects: list[Any] = [k // PER_SUBJECT for k in range(given.frames)]
    else:
        dataset = open_dataset(given.data)
        loaded = load_frames(dataset, dataset.ids[: given.frames])
        frames = loaded.frames
        subjects = [dataset.entry(name).subject for name in loaded.ids]
    result = run(frames, subjects, given.sample)
    print(table(result))
    print(dump_json({k: v for k, v in result.items() if k != "scopes"}, indent=None))
    if given.json:
        write_json(given.json, result)


if __name__ == "__main__":
    main()
