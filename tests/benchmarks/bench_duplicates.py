"""How long the duplicate search takes, beside scikit-image and perceptual hashes.

    python tests/benchmarks/bench_duplicates.py --frames 1000 --hashes --growth

Without ``--data`` the frames are made here: smooth textures that drift slowly, with
returns, under fresh noise. scikit-image's time is that of a random sample of pairs,
times the number of pairs, in the same run; the search is timed after one warm-up that
compiles. Everything is measured on frames that are decoded already.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from training.data import load_frames, open_dataset
from training.data.phantom import make_phantom
from training.duplicates import SimilarPairs, find_similar_pairs
from training.duplicates.ssim_constants import Frame
from training.duplicates.threads import n_threads
from training.duplicates.window import WINDOWS
from training.files import dump_json, write_json

#: Frames of one subject, as in the published data.
PER_SUBJECT = 120
#: Bits by which two perceptual hashes may differ.
RADII = (0, 2, 4, 6, 8, 10)


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


class Memory(threading.Thread):
    """Watches this process's own memory (Linux: without mapped files), in GB."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.start_gb = self.peak_gb = self._now()
        self._over = threading.Event()
        self.start()

    @staticmethod
    def _now() -> float:
        if sys.platform == "linux":
            for line in Path("/proc/self/status").read_text().splitlines():
                if line.startswith("RssAnon"):
                    return int(line.split()[1]) * 1024 / 1e9
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9

    def run(self) -> None:
        while not self._over.wait(0.01):
            self.peak_gb = max(self.peak_gb, self._now())

    def above_start(self) -> float:
        """Stop watching; return the peak above what was there at the start."""
        self._over.set()
        self.join()
        return self.peak_gb - self.start_gb


def measure(frames: Sequence[Frame], **settings: Any) -> tuple[SimilarPairs, dict]:
    """Search once; return the pairs and what it took."""
    memory, started, cpu = Memory(), time.perf_counter(), time.process_time()
    found = find_similar_pairs(frames, **settings)
    return found, {
        "pairs_compared": found.n_compared,
        "pairs_found": len(found),
        "seconds": time.perf_counter() - started,
        "processor_seconds": time.process_time() - cpu,
        "memory_gb_above_frames": memory.above_start(),
        "load": os.getloadavg()[0],
    }


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
    frames: Sequence[Frame], found: SimilarPairs, labels: np.ndarray, n: int, name: str
) -> tuple[float, int]:
    """Return scikit-image's seconds a pair, and in how many pairs it disagrees.

    Half of the sample is random, half from the pairs found.
    """
    judge = WINDOWS[name].mean_ssim
    pairs = list(zip(found.i.tolist(), found.j.tolist(), strict=True))
    sample = sample_pairs(labels, n)
    if pairs:
        sample += [
            pairs[k] for k in np.random.default_rng(2).integers(0, len(pairs), n)
        ]
    known, wrong = set(pairs), 0
    judge(frames[0], frames[1])
    started = time.perf_counter()
    for i, j in sample:
        wrong += (judge(frames[i], frames[j]) > 0.99) != ((i, j) in known)
    return (time.perf_counter() - started) / len(sample), wrong


def search_lines(
    frames: Sequence[Frame], subjects: Sequence[Any], sample: int
) -> list[dict[str, Any]]:
    """Time both windows over all pairs, and the default over subjects; twice each."""
    cases = [("all", "uniform7"), ("all", "gaussian"), ("subject", "uniform7")]
    lines = []
    for scope, window in cases * 2:
        labels = [0] * len(frames) if scope == "all" else subjects
        found, line = measure(frames, within=labels, window=window)
        line |= {"frames": len(frames), "scope": scope, "window": window}
        line |= beside_reference(frames, found, labels, sample, window, line)
        lines.append(line)
    return lines


def beside_reference(
    frames: Sequence[Frame],
    found: SimilarPairs,
    labels: Sequence[Any],
    sample: int,
    window: str,
    line: dict[str, Any],
) -> dict[str, Any]:
    """Return scikit-image's columns of a line: sampled, and extrapolated."""
    each, wrong = time_reference(frames, found, np.array(labels), sample, window)
    return {
        "scikit_image_ms_a_pair": 1000 * each,
        "scikit_image_hours_extrapolated": each * found.n_compared / 3600,
        "ratio": each * found.n_compared / line["seconds"],
        "disagreements_in_sample": wrong,
    }


def growth_lines(frames: Sequence[Frame]) -> list[dict[str, Any]]:
    """Time parts of the frames, and other thresholds."""
    n = len(frames)
    cases = [(k, 0.99) for k in (n // 8, n // 4, n // 2, n)]
    cases += [(n, t) for t in (0.9, 0.95, 0.999)]
    return [
        {"frames": k, "threshold": t, **measure(frames[:k], threshold=t)[1]}
        for k, t in cases
    ]


def twin_lines(n: int, rates: Sequence[float], sample: int) -> list[dict[str, Any]]:
    """Time phantoms with these shares of frames that revisit a place; both windows."""
    lines = []
    for rate in rates:
        with tempfile.TemporaryDirectory() as folder:
            phantom = Path(folder) / "phantom"
            subjects = -(-n // PER_SUBJECT)
            make_phantom(
                phantom, subjects=subjects, frames=PER_SUBJECT, seed=0, twin_rate=rate
            )
            dataset = open_dataset(phantom / "train")
            frames = load_frames(dataset, dataset.ids[:n]).frames
        for window in WINDOWS:
            found, line = measure(frames, window=window)
            line |= {"frames": n, "twin_rate": rate, "window": window}
            line |= beside_reference(frames, found, [0] * n, sample, window, line)
            lines.append(line)
    return lines


def mapped_lines(most: int) -> list[dict[str, Any]]:
    """Time ever more small frames that are mapped from a file, and their memory."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frames.npy"
        np.save(path, make_frames(most, (64, 80)))
        frames = np.load(path, mmap_mode="r")
        for n in (most // 8, most // 4, most // 2, most):
            line = measure(frames[:n])[1]
            lines.append({"frames": n, "shape": "64 x 80, mapped"} | line)
        del frames
    for smaller, line in pairwise(lines):
        seconds = line["processor_seconds"] / smaller["processor_seconds"]
        line["grows_with_frames_to_the"] = np.log2(seconds)
    lines[0]["grows_with_frames_to_the"] = ""
    return lines


def hash_lines(frames: Sequence[Frame], found: SimilarPairs) -> list[dict[str, Any]]:
    """Compare perceptual hashes with the exact set: recall, precision, time."""
    try:
        import imagehash
        from PIL import Image
    except ImportError:
        sys.exit("--hashes needs the package imagehash: pip install imagehash.")
    exact = set((found.i * len(frames) + found.j).tolist())
    lines = []
    for name in ("phash", "dhash"):
        started = time.perf_counter()
        compute = getattr(imagehash, name)
        bits = [compute(Image.fromarray(np.asarray(f))).hash.ravel() for f in frames]
        words = np.packbits(np.stack(bits), axis=1).view(np.uint64)[:, 0]
        hashed = time.perf_counter() - started
        for radius in RADII:
            started = time.perf_counter()
            near = near_hashes(words, radius)
            seconds = time.perf_counter() - started
            right = len(exact & set(near.tolist()))
            lines.append(
                {
                    "hash": name,
                    "radius": radius,
                    "recall": right / len(exact) if exact else 1.0,
                    "precision": right / len(near) if len(near) else 1.0,
                    "pairs_found": len(near),
                    "seconds": hashed + seconds,
                }
            )
    return lines


def near_hashes(words: np.ndarray, radius: int) -> np.ndarray:
    """Return ``i * n + j`` of the pairs of 64-bit words that differ in few bits."""
    found = []
    for i in range(words.size - 1):
        apart = np.bitwise_count(words[i + 1 :] ^ words[i])
        found.append(i * words.size + i + 1 + np.flatnonzero(apart <= radius))
    return np.concatenate(found)


def still_lines() -> list[dict[str, Any]]:
    """Time clips of a still picture, with and without noise; and many small frames."""
    rng = np.random.default_rng(0)
    base = make_frames(1, (420, 580))[0]
    base = np.clip(base, 1, 254)
    noisy = [base + rng.integers(0, 2, base.shape, np.uint8) for _ in range(600)]
    small = make_frames(20_000, (64, 80))
    cases: list[tuple[str, Sequence[Frame], int]] = [
        ("20,000 times the same 420 x 580 picture", [base] * 20_000, 5_000_000),
        ("600 of one picture, fresh noise, all pairs", noisy, 5_000_000),
        ("600 of one picture, fresh noise, 10,000 at most", noisy, 10_000),
        ("20,000 frames of 64 x 80", small, 5_000_000),
    ]
    return [
        {"clip": name, **measure(clip, max_pairs=most)[1]} for name, clip, most in cases
    ]


def table(lines: Sequence[dict[str, Any]]) -> str:
    """Return figures as lines of a Markdown table, all columns that there are."""
    columns = list(lines[0])
    rows = [" | ".join(columns), "|".join("---" for _ in columns)]
    rows += [" | ".join(_shown(line[name]) for name in columns) for line in lines]
    return "\n".join(f"| {row} |" for row in rows)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def read_frames(given: argparse.Namespace) -> tuple[Sequence[Frame], list[Any]]:
    """Return the frames and their subjects."""
    if given.data is None:
        frames = make_frames(given.frames, (420, 580))
        return frames, [k // PER_SUBJECT for k in range(given.frames)]
    dataset = open_dataset(given.data)
    loaded = load_frames(dataset, dataset.ids[: given.frames])
    return loaded.frames, [dataset.entry(name).subject for name in loaded.ids]


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--data", type=Path, help="a data folder instead of noise")
    parser.add_argument("--sample", type=int, default=100, help="pairs of each kind")
    parser.add_argument("--hashes", action="store_true", help="imagehash beside it")
    parser.add_argument(
        "--growth", action="store_true", help="fewer frames, thresholds"
    )
    parser.add_argument("--still", action="store_true", help="clips of a still picture")
    parser.add_argument(
        "--twin-rate",
        type=float,
        nargs="+",
        metavar="R",
        help="phantoms with these shares of frames that revisit a place",
    )
    parser.add_argument(
        "--mapped", type=int, metavar="N", help="up to N small frames from a file"
    )
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    frames, subjects = read_frames(given)
    for window in WINDOWS:  # compile
        find_similar_pairs([np.roll(frames[0], k, 1) for k in range(40)], window=window)
    result = {"search": search_lines(frames, subjects, given.sample)}
    if given.growth:
        result["growth"] = growth_lines(frames)
    if given.twin_rate:
        result["twins"] = twin_lines(len(frames), given.twin_rate, given.sample)
    if given.mapped:
        result["mapped"] = mapped_lines(given.mapped)
    if given.hashes:
        result["hashes"] = hash_lines(frames, find_similar_pairs(frames))
    if given.still:
        result["still"] = still_lines()
    for name, lines in result.items():
        print(f"{name}, {n_threads()} threads\n\n{table(lines)}\n")
    if given.json:
        write_json(given.json, result)
    else:
        print(dump_json({"frames": len(frames), "shape": frames[0].shape}, indent=None))


if __name__ == "__main__":
    main()
