"""From frames to a network's input, and from its logits to probabilities.

Training's validation and every prediction go through these functions, so that the
same frame and checkpoint give the same probability everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor, nn

Frame = NDArray[np.uint8]
Mask = NDArray[np.bool_]

#: Mean and standard deviation that grey levels are brought to zero and one with,
#: roughly those of ultrasound frames. Fixed, so that a frame's input depends on
#: nothing but the frame.
GREY_MEAN, GREY_SPREAD = 100.0, 60.0


def resize_frame(frame: Frame, size: tuple[int, int]) -> Frame:
    """Bring a frame of any size to a network's input size.

    Each new pixel averages the pixels it covers (bilinear with antialiasing);
    height and width are scaled independently.

    Parameters
    ----------
    frame
        (H, W) uint8.
    size
        Height and width wanted, in pixels.

    Returns
    -------
    ndarray
        ``size`` uint8.
    """
    if frame.shape == tuple(size):
        return np.ascontiguousarray(frame)
    return _resample(frame, size)


def resize_mask(mask: Mask, size: tuple[int, int]) -> Frame:
    """Bring a mask to the input size as the share of nerve in each new pixel.

    Parameters
    ----------
    mask
        (H, W) bool.
    size
        Height and width wanted, in pixels.

    Returns
    -------
    ndarray
        ``size`` uint8, 0 for no nerve to 255 for all nerve.
    """
    full = mask.astype(np.uint8) * np.uint8(255)
    return full if mask.shape == tuple(size) else _resample(full, size)


def _resample(image: Frame, size: tuple[int, int]) -> Frame:
    import torch
    from torch.nn.functional import interpolate

    grey = torch.from_numpy(np.ascontiguousarray(image)).float()[None, None]
    scaled = interpolate(grey, tuple(size), mode="bilinear", antialias=True)
    array: Frame = scaled[0, 0].round().clamp(0, 255).byte().numpy()
    return array


def stack_frames(frames: Sequence[Frame], size: tuple[int, int]) -> Tensor:
    """Resize frames of any sizes and stack them.

    Returns
    -------
    Tensor
        (B, 1, H, W) uint8 on the processor, with (H, W) = ``size``.
    """
    import torch

    resized = np.stack([resize_frame(frame, size) for frame in frames])
    return torch.from_numpy(resized)[:, None]


def normalise(grey: Tensor) -> Tensor:
    """Turn grey levels 0 to 255 (any dtype) into the network's float32 input."""
    return (grey.float() - GREY_MEAN) / GREY_SPREAD


def infer(network: nn.Module, frames: Tensor) -> tuple[Tensor, Tensor]:
    """Run a network on stacked frames, in float32 and without gradients.

    Not in mixed precision, so that a checkpoint gives the same masks on processors
    with and without bfloat16.

    Parameters
    ----------
    network
        In evaluation mode, on any device.
    frames
        (B, 1, H, W) uint8; moved to the network's device.

    Returns
    -------
    tuple of Tensor
        Pixel logits (B, 1, H, W) and presence logits (B,), float32, on the
        network's device.
    """
    import torch

    device = next(network.parameters()).device
    with torch.inference_mode():
        inputs = normalise(frames.to(device))
        logits, presence = network(inputs.contiguous(memory_format=torch.channels_last))
        return logits.float(), presence.float()


def probability_map(logits: Tensor, shape: tuple[int, int]) -> Frame:
    """Bring one frame's pixel logits to the frame's own size, and quantise.

    Parameters
    ----------
    logits
        (h, w) or (1, h, w) float, on any device.
    shape
        The frame's own height and width.

    Returns
    -------
    ndarray
        ``shape`` uint8: the probability of nerve times 255, rounded. Every
        threshold is applied to this array, so that a stored map and a fresh one give
        the same mask.
    """
    import torch

    with torch.inference_mode():
        return quantise(to_frame_size(logits, shape).sigmoid())


def to_frame_size(values: Tensor, shape: tuple[int, int]) -> Tensor:
    """Bring one frame's (h, w) or (1, h, w) values to its own (H, W)."""
    from torch.nn.functional import interpolate

    image = values.reshape(1, 1, *values.shape[-2:])
    if image.shape[-2:] != tuple(shape):
        image = interpolate(image, tuple(shape), mode="bilinear", antialias=True)
    return image[0, 0]


def quantise(values: Tensor) -> Frame:
    """Turn values from 0 to 1 on any device into uint8, 0 to 255, rounded."""
    levels: Frame = (values * 255).round().byte().cpu().numpy()
    return levels
