"""Frames with the outlines of their masks, side by side, inside an HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from . import svg
from .run_frames import Seen


def tiles(frames: Sequence[Seen]) -> str:
    """Draw frames with two outlines each: the truth's and the prediction's.

    Pointing at a picture, or stepping to it by Tab, shows it without them.
    """
    key = (
        '<p class="row"><span class="key"><i class="truth"></i>ground truth</span>'
        '<span class="key"><i class="said"></i>prediction (dashed)</span></p>'
    )
    return f'{key}<div class="tiles">{"".join(map(_tile, frames))}</div>\n'


def _tile(seen: Seen) -> str:
    scores = seen.scores
    height, width = seen.frame.shape
    words = caption(seen)
    return (
        f'<figure tabindex="0"><svg viewBox="0 0 {width} {height}" role="img">'
        f"<title>{escape(f'Frame {scores.frame}: {words}')}</title>"
        f"{svg.image(seen.frame, 0, 0, width, height)}"
        f"{_outline('truth', seen.truth)}{_outline('said', seen.predicted)}</svg>"
        f"<figcaption><b>{escape(scores.frame)}</b> {escape(words)}</figcaption>"
        "</figure>"
    )


def caption(seen: Seen) -> str:
    """Say what is wrong with a frame's prediction."""
    scores = seen.scores
    if not scores.has_nerve:
        said = f"no nerve, {scores.predicted_area:,} px marked"
    elif not scores.predicted_area:
        said = "nerve missed"
    else:
        said = f"HD95 {scores.hd95:.0f} px, centres {scores.centroid:.0f} px apart"
    presence = "" if scores.presence is None else f", presence {scores.presence:.2f}"
    return f"Dice {scores.dice:.2f}: {said}{presence}"


def _outline(kind: str, mask: NDArray[np.bool_]) -> str:
    """Return the borders of a (H, W) mask, half-way between its pixels, as a path."""
    if not mask.any():
        return ""
    from skimage.measure import find_contours

    # Padded, so that what touches an edge is closed there.
    lines = find_contours(np.pad(mask, 1).astype(np.uint8), 0.5)  # type: ignore[no-untyped-call]
    parts = [
        "M" + "L".join(f"{x - 0.5:g} {y - 0.5:g}" for y, x in line) for line in lines
    ]
    return f'<path class="outline {kind}" d="{"".join(parts)}"/>'
