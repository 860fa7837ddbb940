"""A scan in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from .frame_ids import natural_key
from .problems import Problem
from .scan_record import FrameInfo


def summarise(
    frames: Sequence[FrameInfo], problems: Sequence[Problem]
) -> dict[str, Any]:
    """Return a scan as plain values that JSON can carry.

    Areas are in pixels and taken over the frames with a nerve; ``mean_share`` is
    the mean share of the frame. Shares of nothing are None.
    """
    by_subject: dict[str | None, list[FrameInfo]] = {}
    for info in frames:
        by_subject.setdefault(info.subject, []).append(info)
    names = sorted(by_subject, key=lambda name: (name is None, natural_key(name or "")))
    return {
        **_counts(frames),
        "n_subjects": sum(name is not None for name in names),
        "subjects": [{"subject": name, **_counts(by_subject[name])} for name in names],
        "sizes": _sizes(frames),
        "area": _areas(frames),
        "n_problems": len(problems),
        "problems": [asdict(problem) for problem in problems],
    }


def _counts(frames: Sequence[FrameInfo]) -> dict[str, Any]:
    areas = [info.area for info in frames if info.area is not None]
    n_nerve = sum(area > 0 for area in areas)
    return {
        "n_frames": len(frames),
        "n_readable": sum(info.sha256 is not None for info in frames),
        "n_with_mask": len(areas),
        "n_missing_mask": sum(not info.has_mask for info in frames),
        "n_bad_mask": sum(info.bad_mask for info in frames),
        "n_nerve": n_nerve,
        "n_empty": len(areas) - n_nerve,
        "share_nerve": n_nerve / len(areas) if areas else None,
    }


def _sizes(frames: Sequence[FrameInfo]) -> list[dict[str, int]]:
    counted = Counter(info.shape for info in frames if info.shape is not None)
    return [
        {"height": shape[0], "width": shape[1], "n_frames": n}
        for shape, n in sorted(counted.items())
    ]


def _areas(frames: Sequence[FrameInfo]) -> dict[str, float | None]:
    seen = [(info.area, info.shape) for info in frames if info.area and info.shape]
    names = ("min", "quartile_1", "median", "quartile_3", "max")
    if not seen:
        return dict.fromkeys((*names, "mean", "mean_share"))
    areas = np.array([area for area, _ in seen], float)
    pixels = np.array([shape[0] * shape[1] for _, shape in seen], float)
    quartiles = np.percentile(areas, [0, 25, 50, 75, 100]).tolist()
    return {
        **dict(zip(names, quartiles, strict=True)),
        "mean": float(areas.mean()),
        "mean_share": float((areas / pixels).mean()),
    }
