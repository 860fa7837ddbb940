"""MONAI's FlexibleUNet on an EfficientNet, with a presence head.

Source: M. Tan, Q. V. Le, "EfficientNet", ICML 2019, arXiv:1905.11946; M. J. Cardoso et
al., "MONAI", 2022, arXiv:2211.02701.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .frames import GREY_MEAN, GREY_SPREAD
from .monai_parts import FLEXUNET_BACKBONE
from .monai_parts import FlexibleUNet as MonaiFlexibleUNet
from .network import Network, PresenceHead, pad_to_multiple

#: Mean and standard deviation of red, green and blue on ImageNet, from 0 to 1.
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_SPREAD = (0.229, 0.224, 0.225)

#: How often the encoder halves the size, in all.
_MULTIPLE = 32


class FlexibleUNet(Network):
    """An EfficientNet of ImageNet's kind, and MONAI's decoder.

    Parameters
    ----------
    widths
        The decoder's channels, from the lowest to full resolution; five.
    backbone
        ``efficientnet-b0`` and so on.

    Attributes
    ----------
    backbone
        As given.
    """

    scale: Tensor
    shift: Tensor

    def __init__(
        self, widths: Sequence[int], backbone: str = "efficientnet-b0"
    ) -> None:
        super().__init__()
        built = MonaiFlexibleUNet(
            in_channels=3,
            out_channels=1,
            backbone=backbone,
            pretrained=False,
            decoder_channels=tuple(widths),
        )
        self.backbone = backbone
        self.encoder = _without_classifier(built.encoder)
        self.decoder, self.pixel_head = built.decoder, built.segmentation_head
        lowest = FLEXUNET_BACKBONE.register_dict[backbone]["feature_channel"][-1]
        self.presence_head = PresenceHead(lowest)
        self._skips = built.skip_connect
        for name, values in _grey_to_imagenet().items():
            self.register_buffer(name, values)

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
        # The grey level three times: MONAI's stem for one channel would be random.
        colours = pad_to_multiple(frames, _MULTIPLE) * self.scale + self.shift
        features = self.encoder(colours)
        logits: Tensor = self.pixel_head(self.decoder(features, self._skips))
        return logits[..., :height, :width], self.presence_head(features[-1])

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Return the parameters that ImageNet knows something about."""
        return list(self.encoder.parameters())


def _without_classifier(encoder: nn.Module) -> nn.Module:
    """Leave out what classifies, what is random, and what cannot be converted."""
    for name in ("_conv_head", "_bn1", "_fc"):
        setattr(encoder, name, nn.Identity())
    for module in encoder.modules():
        if hasattr(module, "drop_connect_rate"):
            # Drawn from torch's global state, which an exact resume does not have.
            module.drop_connect_rate = 0.0  # type: ignore[assignment]
        if hasattr(module, "_swish"):
            module._swish = nn.SiLU()
    return encoder


def _grey_to_imagenet() -> dict[str, Tensor]:
    """Return the factor and the sum that turn our grey into ImageNet's colours."""
    mean, spread = torch.tensor(_IMAGENET_MEAN), torch.tensor(_IMAGENET_SPREAD)
    scale = GREY_SPREAD / 255 / spread
    shift = (GREY_MEAN / 255 - mean) / spread
    return {"scale": scale[:, None, None], "shift": shift[:, None, None]}
