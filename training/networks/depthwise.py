"""Convolving each channel alone, trained on a processor without its slow paths.

oneDNN, which does PyTorch's convolutions on processors, has two gradients of
depthwise convolutions that take 10 to 40 times as long as their neighbours (measured
with torch 2.13 on an AMD EPYC, bfloat16 and float32): that of the weights for kernels
larger than 3 x 3, and that of the input for a stride of 2 in bfloat16. Most of an
EfficientNet's training was spent in them. The functions here compute the same
numbers from its fast parts.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

#: The largest kernel whose weights have a fast gradient.
_FAST = 3


def depthwise_same(x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Convolve each channel with its own kernel, padded as TensorFlow's "SAME".

    Parameters
    ----------
    x
        (B, C, H, W) float, H and W multiples of ``stride``.
    weight
        (C, 1, k, k) float, k 3 or 5.
    stride
        1 or 2.

    Returns
    -------
    Tensor
        (B, C, H / stride, W / stride).
    """
    if x.device.type == "cpu" and torch.is_grad_enabled() and weight.requires_grad:
        every: Tensor = _Depthwise.apply(x, weight.to(x.dtype))  # type: ignore[no-untyped-call]
        # Padding unevenly puts the kernels' centres on odd rows and columns.
        return every if stride == 1 else every[..., 1::2, 1::2]
    return conv_same(x, weight, stride, groups=len(weight))


def conv_same(x: Tensor, weight: Tensor, stride: int = 1, groups: int = 1) -> Tensor:
    """Convolve with TensorFlow's "SAME" padding of sizes that are multiples.

    (kernel - stride) pixels of zeros in all, the odd one below and on the right.
    """
    missing = weight.shape[-1] - stride
    before, after = missing // 2, missing - missing // 2
    if before == after:
        return functional.conv2d(x, weight, None, stride, before, groups=groups)
    padded = functional.pad(x, (before, after, before, after))
    return functional.conv2d(padded, weight, None, stride, groups=groups)


class _Depthwise(torch.autograd.Function):
    """A depthwise convolution of stride 1 with gradients of our own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        with torch.autocast(x.device.type, enabled=False):
            return conv_same(x, weight, groups=len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        grad = grad.contiguous(memory_format=torch.channels_last)
        needs_x, needs_weight = ctx.needs_input_grad
        half = weight.shape[-1] // 2
        return (
            _gradients(grad, x, weight, half, of_input=True)[0] if needs_x else None,
            _weight_gradient(grad, x, weight) if needs_weight else None,
        )


def _weight_gradient(grad: Tensor, x: Tensor, weight: Tensor) -> Tensor:
    """Put the gradient together from 3 x 3 kernels on shifted inputs."""
    size = weight.shape[-1]
    if size <= _FAST:
        return _gradients(grad, x, weight, size // 2)[1]
    height, width = (length + _FAST - 1 for length in x.shape[-2:])
    padded = functional.pad(x, (size // 2,) * 4)
    found = torch.empty_like(weight)
    # Where two parts overlap, both compute the same.
    starts = sorted({*range(0, size - _FAST, _FAST), size - _FAST})
    for row, column in product(starts, starts):
        part = (..., slice(row, row + _FAST), slice(column, column + _FAST))
        shifted = padded[..., row : row + height, column : column + width]
        found[part] = _gradients(grad, shifted, weight[part], 0)[1]
    return found


def _gradients(
    grad: Tensor, x: Tensor, weight: Tensor, padding: int, of_input: bool = False
) -> tuple[Tensor, Tensor]:
    """Return the gradients of the input, if asked, or else of the weights."""
    found: tuple[Tensor, Tensor, Tensor] = torch.ops.aten.convolution_backward(
        grad,
        x,
        weight,
        None,
        [1, 1],
        [padding, padding],
        [1, 1],
        False,
        [0, 0],
        len(weight),
        [of_input, not of_input, False],
    )
    return found[:2]
