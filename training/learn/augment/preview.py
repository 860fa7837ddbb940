"""A picture of what augmentation does: frames in rows, changed in several ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from ...errors import InputError
from ...events import OnEvent, message
from ...networks import resize_frame, resize_mask
from ..settings.augmentation import Augmentation
from .batch import augment

if TYPE_CHECKING:
    from ...data import DataSet
    from ..preloaded import TrainingLabels

Picture = NDArray[np.uint8]

#: The contour of a mask, red, green and blue: amber, which the colour-blind see too.
CONTOUR = (255, 176, 0)

#: Pixels between two pictures, and their grey level.
_GAP, _GAP_GREY = 4, 96

#: Frames looked at for each row, in the search of ones that show a nerve.
_PATIENCE = 12


def preview_grid(
    dataset: DataSet,
    labels: TrainingLabels,
    strengths: Augmentation,
    *,
    size: tuple[int, int] = (192, 256),
    frames: int = 4,
    variants: int = 5,
    seed: int = 0,
    on_event: OnEvent | None = None,
) -> Picture:
    """Draw some frames as they are and, beside each, as training would see them.

    Parameters
    ----------
    dataset, labels
        Where frames and masks come from. Frames that show a nerve are preferred.
    strengths
        What is done to them.
    size
        Height and width of each picture, best those of the network's input: blur and
        speckle are measured in its pixels.
    frames, variants
        Rows, and columns beside the first, which shows the frame as it is.
    seed
        Which frames are taken, and how they are changed: column k is what epoch k of
        a training with this seed may give.
    on_event
        Is told which of the frames that it tried cannot be read.

    Returns
    -------
    ndarray
        (H, W, 3) uint8: the pictures with the contours of their masks.

    Raises
    ------
    InputError
        If a number is below one, or no frame with a mask can be read.
    """
    if min(frames, variants) < 1:
        raise InputError("A preview has at least one frame and one variant of it.")
    pairs = _choose(dataset, labels, size, frames, seed, on_event)
    if not pairs:
        raise InputError(
            f"{dataset.root} has no frame with a mask that can be read: augmentation "
            "is shown on both."
        )
    grey = torch.from_numpy(np.stack([frame for frame, _ in pairs]))[:, None]
    mask = torch.from_numpy(np.stack([mask for _, mask in pairs]))[:, None]
    columns = [_draw(grey.float(), mask.float() / 255)]
    for epoch in range(1, variants + 1):
        indices = torch.arange(len(pairs))
        columns.append(_draw(*augment(grey, mask, seed, epoch, indices, strengths)))
    return _tile(np.stack(columns, axis=1))


def _choose(
    dataset: DataSet,
    labels: TrainingLabels,
    size: tuple[int, int],
    wanted: int,
    seed: int,
    on_event: OnEvent | None,
) -> list[tuple[Picture, Picture]]:
    """Return frames and masks at the network's size, those with a nerve first."""
    order = np.random.default_rng(seed).permutation(len(dataset))
    with_nerve: list[tuple[Picture, Picture]] = []
    others: list[tuple[Picture, Picture]] = []
    excluded = labels.excluded
    for index in order[: wanted * _PATIENCE]:
        frame_id = dataset.ids[index]
        if frame_id in excluded or len(with_nerve) == wanted:
            continue
        try:
            mask, frame = labels.mask(frame_id), dataset.frame(frame_id)
        except InputError as error:
            message(on_event, f"Left out: {error}", "warning")
            continue
        if mask is not None and mask.shape == frame.shape:
            pair = resize_frame(frame, size), resize_mask(mask, size)
            (with_nerve if mask.any() else others).append(pair)
    return (with_nerve + others)[:wanted]


def _draw(grey: torch.Tensor, masks: torch.Tensor) -> NDArray[np.uint8]:
    """Return (B, H, W, 3) uint8: frames with the contours of their masks."""
    levels = grey[:, 0].round().byte().numpy()
    pictures = np.repeat(levels[..., None], 3, axis=-1)
    pictures[_rim((masks[:, 0] >= 0.5).numpy())] = CONTOUR
    return pictures


def _rim(masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels of (B, H, W) masks that touch the outside or an edge."""
    padded = np.pad(masks, ((0, 0), (1, 1), (1, 1)))
    above, below = padded[:, :-2, 1:-1], padded[:, 2:, 1:-1]
    left, right = padded[:, 1:-1, :-2], padded[:, 1:-1, 2:]
    rim: NDArray[np.bool_] = masks & ~(above & below & left & right)
    return rim


def _tile(pictures: NDArray[np.uint8]) -> Picture:
    """Join (rows, columns, H, W, 3) to one picture with gaps around each."""
    sides = ((0, 0), (0, 0), (_GAP, 0), (_GAP, 0), (0, 0))
    framed = np.pad(pictures, sides, constant_values=_GAP_GREY)
    rows, columns, height, width, _ = framed.shape
    joined = framed.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, 3)
    last = ((0, _GAP), (0, _GAP), (0, 0))
    return np.pad(joined, last, constant_values=_GAP_GREY)
