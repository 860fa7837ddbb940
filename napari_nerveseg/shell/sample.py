"""napari's sample data: synthetic frames with a nerve, no download."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _engine
from ..canvas.colours import GROUND_TRUTH, mask_colormap
from ..canvas.kinds import TRUTH


def phantom_frames() -> list[tuple[Any, dict[str, Any], str]]:
    """Return a stack of synthetic frames and the masks of their nerves.

    Returns
    -------
    list
        napari layer tuples: frames (12, H, W) uint8, masks (12, H, W) uint8.
    """
    frames, masks = _engine.sample_stack(n=12, seed=0)
    truth = {
        "name": TRUTH,
        "colormap": mask_colormap(GROUND_TRUTH),
        "opacity": 1.0,
    }
    return [
        (frames, {"name": "synthetic frames", "contrast_limits": (0, 255)}, "image"),
        (masks.astype(np.uint8), truth, "labels"),
    ]
