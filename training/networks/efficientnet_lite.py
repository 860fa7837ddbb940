"""EfficientNet-Lite0 as an encoder of grey frames.

Source: M. Tan, Q. V. Le, "EfficientNet: Rethinking Model Scaling for Convolutional
Neural Networks", ICML 2019, arXiv:1905.11946; its Lite variants (R. Liu, 2020,
github.com/tensorflow/tpu, models/official/efficientnet/lite) have no squeeze and
excitation and ReLU6 for swish, which suits processors. The blocks are those of
M. Sandler et al., "MobileNetV2", CVPR 2018, doi:10.1109/CVPR.2018.00474.

Details that its ImageNet weights depend on: convolutions of stride 2 pad as
TensorFlow's "SAME" does, one pixel more below and on the right; batch normalisation
adds 1e-3 to the variance; grey levels come in as (level - 127) / 128.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional

from .depthwise import conv_same, depthwise_same
from .frames import GREY_MEAN, GREY_SPREAD

#: How the ImageNet training brought grey levels to about -1 to 1.
_IMAGENET_MEAN, _IMAGENET_SPREAD = 127.0, 128.0

#: What batch normalisation adds to the variance.
_EPSILON = 1e-3

_STEM = 32


class _Stage(NamedTuple):
    """Blocks of one kind; the first of them has the stage's stride."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


_STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)

#: Blocks after which the features are handed on, the last at each resolution.
_HANDED_ON = (0, 2, 4, 10, 15)

#: Channels of the features handed on, at a half to a thirty-second of the size.
CHANNELS = (16, 24, 40, 112, 320)


class EfficientNetLite0(nn.Module):
    """The network without its classifier, for frames normalised as ours are."""

    def __init__(self) -> None:
        super().__init__()
        # One grey channel for three equal ones; `pretrained` adds their weights up.
        self.stem = _Convolution(1, _STEM, kernel=3, stride=2)
        self.blocks = nn.ModuleList()
        n_in = _STEM
        for stage in _STAGES:
            for repeat in range(stage.repeats):
                stride = 1 if repeat else stage.stride
                self.blocks.append(_InvertedResidual(n_in, stage, stride))
                n_in = stage.channels

    def forward(self, frames: Tensor) -> list[Tensor]:
        """Give features at five resolutions.

        Parameters
        ----------
        frames
            (B, 1, H, W) float as `training.networks.frames.normalise` gives them; H
            and W multiples of 32.

        Returns
        -------
        list of Tensor
            (B, C, H / s, W / s) for s of 2, 4, 8, 16, 32 and C of `CHANNELS`.
        """
        # Not folded into the stem's weights: its padding is of zeros after this.
        scale = GREY_SPREAD / _IMAGENET_SPREAD
        shift = (GREY_MEAN - _IMAGENET_MEAN) / _IMAGENET_SPREAD
        x = self.stem(frames * scale + shift)
        features = []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in _HANDED_ON:
                features.append(x)
        return features


class _InvertedResidual(nn.Module):
    """Widen, convolve each channel alone, narrow; add the input if it fits."""

    def __init__(self, n_in: int, stage: _Stage, stride: int) -> None:
        super().__init__()
        wide = n_in * stage.expansion
        self.expand = _Convolution(n_in, wide) if stage.expansion > 1 else None
        self.depthwise = _Convolution(wide, wide, stage.kernel, stride, depthwise=True)
        self.project = _Convolution(wide, stage.channels, rectify=False)
        self.adds = stride == 1 and n_in == stage.channels

    def forward(self, x: Tensor) -> Tensor:
        wide = x if self.expand is None else self.expand(x)
        narrow: Tensor = self.project(self.depthwise(wide))
        return x + narrow if self.adds else narrow


class _Convolution(nn.Module):
    """Convolution padded as TensorFlow does, normalisation, perhaps ReLU6."""

    def __init__(
        self,
        n_in: int,
        n_out: int,
        kernel: int = 1,
        stride: int = 1,
        depthwise: bool = False,
        rectify: bool = True,
    ) -> None:
        super().__init__()
        groups = n_in if depthwise else 1
        self.conv = nn.Conv2d(n_in, n_out, kernel, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(n_out, eps=_EPSILON)
        self.stride, self.depthwise, self.rectify = stride, depthwise, rectify

    def forward(self, x: Tensor) -> Tensor:
        convolve = depthwise_same if self.depthwise else conv_same
        x = self.norm(convolve(x, self.conv.weight, self.stride))
        return functional.relu6(x, inplace=True) if self.rectify else x
