"""A U-Net with a presence head.

Source: O. Ronneberger, P. Fischer, T. Brox, "U-Net: Convolutional Networks for
Biomedical Image Segmentation", MICCAI 2015, doi:10.1007/978-3-319-24574-4_28; with
GroupNorm (Y. Wu, K. He, ECCV 2018, doi:10.1007/978-3-030-01261-8_1), which does not
depend on the batch, and a second head that says whether there is a nerve at all.

Levels of few channels normalise each channel alone, which takes a frame's gain and
contrast out and learned much faster here; deeper levels normalise groups of eight,
which keeps how strong their channels are relative to each other, and costs less.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from .network import Network, PresenceHead, pad_to_multiple

#: Channels that share one mean and variance in GroupNorm, on levels of more channels
#: than `_ALONE`; on the others each has its own.
_GROUP, _ALONE = 8, 32


class UNet(Network):
    """Encoder, decoder with skip connections, pixel head and presence head.

    Parameters
    ----------
    widths
        Channels at each level, from full to lowest resolution; each level halves
        height and width.
    in_channels
        1: frames are grey.
    norm
        ``group`` or ``batch``.
    presence
        Whether there is a presence head. Without one the largest pixel logit stands
        in for it: a frame is as likely to show a nerve as its likeliest pixel.
    stem_stride
        2 works at half the input's resolution, a quarter of the arithmetic, and
        enlarges the logits at the end; 1 works at full resolution.
    """

    def __init__(
        self,
        widths: Sequence[int],
        in_channels: int = 1,
        norm: str = "group",
        presence: bool = True,
        stem_stride: int = 1,
    ) -> None:
        super().__init__()
        self.stem_stride = stem_stride
        self.multiple: int = stem_stride * 2 ** (len(widths) - 1)
        before = [in_channels, *widths[:-1]]
        strides = [stem_stride] + [1] * (len(widths) - 1)
        self.down = nn.ModuleList(
            _Block(n_in, n_out, norm, stride)
            for n_in, n_out, stride in zip(before, widths, strides, strict=True)
        )
        steps = list(pairwise(widths))[::-1]
        self.up = nn.ModuleList(_Up(low, high, norm) for high, low in steps)
        self.pixel_head = nn.Conv2d(widths[0], 1, kernel_size=1)
        self.presence_head = PresenceHead(widths[-1]) if presence else None

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Give pixel logits and presence logits.

        Parameters
        ----------
        frames
            (B, 1, H, W) float, of any height and width: padded inside.

        Returns
        -------
        tuple of Tensor
            Logits (B, 1, H, W) and (B,).
        """
        height, width = frames.shape[-2:]
        x = pad_to_multiple(frames, self.multiple)
        skips: list[Tensor] = []
        for level, block in enumerate(self.down):
            if level:
                x = functional.max_pool2d(x, 2)
            x = block(x)
            skips.append(x)
        lowest = skips.pop()
        for up in self.up:
            x = up(x, skips.pop())
        logits = self.pixel_head(x)
        if self.stem_stride > 1:
            logits = functional.interpolate(
                logits, scale_factor=self.stem_stride, mode="bilinear"
            )
        logits = logits[..., :height, :width]
        return logits, self._presence(lowest, logits)

    def _presence(self, lowest: Tensor, logits: Tensor) -> Tensor:
        if self.presence_head is None:
            return logits.amax(dim=(1, 2, 3))
        presence: Tensor = self.presence_head(lowest)
        return presence

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Return the parameters of the way down."""
        return list(self.down.parameters())


class _Block(nn.Sequential):
    """Twice: convolution, normalisation, rectifier."""

    def __init__(self, n_in: int, n_out: int, norm: str, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(n_in, n_out, 3, stride=stride, padding=1, bias=False),
            _norm(norm, n_out),
            nn.ReLU(inplace=True),
            nn.Conv2d(n_out, n_out, 3, padding=1, bias=False),
            _norm(norm, n_out),
            nn.ReLU(inplace=True),
        )


class _Up(nn.Module):
    """Enlarge the lower level, join it to the skip connection, convolve."""

    def __init__(self, n_low: int, n_high: int, norm: str) -> None:
        super().__init__()
        self.enlarge = nn.ConvTranspose2d(n_low, n_high, kernel_size=2, stride=2)
        self.block = _Block(2 * n_high, n_high, norm)

    def forward(self, low: Tensor, skip: Tensor) -> Tensor:
        joined: Tensor = self.block(torch.cat([self.enlarge(low), skip], dim=1))
        return joined


def _norm(norm: str, channels: int) -> nn.Module:
    if norm == "batch":
        return nn.BatchNorm2d(channels)
    if channels <= _ALONE:  # GroupNorm of one channel a group, at half the time
        return nn.InstanceNorm2d(channels, affine=True)
    groups = channels // _GROUP if channels % _GROUP == 0 else 1
    return nn.GroupNorm(groups, channels)
