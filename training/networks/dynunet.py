"""MONAI's DynUNet with residual blocks, deep supervision and a presence head.

Source: F. Isensee et al., "nnU-Net: a self-configuring method for deep learning-based
biomedical image segmentation", Nature Methods 18 (2021),
doi:10.1038/s41592-020-01008-z; M. J. Cardoso et al., "MONAI", 2022,
arXiv:2211.02701.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from .monai_parts import DynUNet as MonaiDynUNet
from .network import Network, PresenceHead, pad_to_multiple

#: Levels below the finest whose logits are supervised too, at most.
_MOST_SUPERVISED = 2


class DynUNet(Network):
    """A residual U-Net whose lower levels learn from the mask too.

    Parameters
    ----------
    widths
        Channels at each level, from full to lowest resolution; each level halves
        height and width. At least three.
    deep_supervision
        Whether `Network.deep_logits` are made in training.
    """

    def __init__(self, widths: Sequence[int], deep_supervision: bool = False) -> None:
        super().__init__()
        strides = [1] + [2] * (len(widths) - 1)
        built = MonaiDynUNet(
            spatial_dims=2,
            in_channels=1,
            out_channels=1,
            kernel_size=[3] * len(widths),
            strides=strides,
            upsample_kernel_size=strides[1:],
            filters=list(widths),
            res_block=True,
        )
        # Its parts, put together below: its own forward keeps the lowest features,
        # which tell of presence, to itself.
        self.down = nn.ModuleList([built.input_block, *built.downsamples])
        self.bottom = built.bottleneck
        self.up = built.upsamples
        self.pixel_head = built.output_block
        supervised = widths[1:-1][:_MOST_SUPERVISED] if deep_supervision else ()
        self.deep_heads = nn.ModuleList(nn.Conv2d(n, 1, 1) for n in supervised)
        self.presence_head = PresenceHead(widths[-1])
        self.multiple: int = 2 ** (len(widths) - 1)

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
        skips = []
        for block in self.down:
            x = block(x)
            skips.append(x)
        lowest = x = self.bottom(x)
        levels = []
        for block in self.up:
            x = block(x, skips.pop())
            levels.append(x)
        self.deep_logits = []
        if self.training:
            for step, head in enumerate(self.deep_heads, start=1):
                rows, columns = (-(-length >> step) for length in (height, width))
                self.deep_logits.append(head(levels[-1 - step])[..., :rows, :columns])
        logits: Tensor = self.pixel_head(x)
        return logits[..., :height, :width], self.presence_head(lowest)

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Return the parameters of the way down."""
        return [*self.down.parameters(), *self.bottom.parameters()]
