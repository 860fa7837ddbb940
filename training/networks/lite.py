"""A light U-Net on EfficientNet-Lite0, made for processors.

The decoder is narrow and ends at half the frame's size, where most of a U-Net's
arithmetic would begin; the logits are enlarged at the end.

Source: O. Ronneberger, P. Fischer, T. Brox, "U-Net", MICCAI 2015,
doi:10.1007/978-3-319-24574-4_28; for the encoder see
`training.networks.efficientnet_lite`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from .efficientnet_lite import CHANNELS, EfficientNetLite0
from .network import Network, PresenceHead, pad_to_multiple

#: How often the encoder halves the size, in all.
_MULTIPLE = 32


class LiteUNet(Network):
    """Encoder, narrow decoder with skip connections, pixel and presence head.

    Parameters
    ----------
    widths
        The decoder's channels at a half, a quarter, an eighth and a sixteenth of the
        frame's size.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.encoder = EfficientNetLite0()
        lower = [*widths[1:], CHANNELS[-1]]
        levels = zip(lower, CHANNELS[:-1], widths, strict=True)
        self.up = nn.ModuleList([_LiteUp(*level) for level in levels][::-1])
        self.pixel_head = nn.Conv2d(widths[0], 1, kernel_size=1)
        self.presence_head = PresenceHead(CHANNELS[-1])

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
        *skips, lowest = self.encoder(pad_to_multiple(frames, _MULTIPLE))
        x = lowest
        for up in self.up:
            x = up(x, skips.pop())
        logits = functional.interpolate(
            self.pixel_head(x), scale_factor=2.0, mode="bilinear"
        )
        return logits[..., :height, :width], self.presence_head(lowest)

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Return the parameters that ImageNet knows something about."""
        return list(self.encoder.parameters())


class _LiteUp(nn.Module):
    """Enlarge the lower level, join it to the skip connection, convolve."""

    def __init__(self, n_low: int, n_skip: int, n_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(n_low + n_skip, n_out, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(n_out)

    def forward(self, low: Tensor, skip: Tensor) -> Tensor:
        low = functional.interpolate(low, scale_factor=2.0, mode="nearest")
        x = self.norm(self.conv(torch.cat([low, skip], dim=1)))
        return functional.relu(x, inplace=True)
