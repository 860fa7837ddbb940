"""Checkpoints: weights and what is needed to use them, in one file.

A checkpoint is a safetensors file whose header carries `CheckpointMeta` as JSON.
Reading one executes nothing that the file says: a pickle, whatever its name, is
refused before anything is unpacked.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..files import dump_json, write_whole
from .averaging import AVERAGINGS
from .build import build_network
from .device import channels_last
from .preprocess import PREPROCESSES
from .weights import replace_weights

if TYPE_CHECKING:
    from torch import Tensor, nn

    from .network import Network

#: Version of the header's layout. Version 1 had none of `_SINCE_2`.
VERSION = 2

#: What version 1 files mean by saying nothing of it.
_SINCE_2: Mapping[str, Any] = {
    "averaging": "none",
    "largest_component": False,
    "fill_holes": False,
}

#: The longest side, in pixels, that a header may ask to compute at.
_LONGEST = 1 << 12

#: Where in the safetensors header our JSON lies.
_KEY = "napari-nerveseg"

#: A run folder's best checkpoint.
BEST = "best.safetensors"


@dataclass(frozen=True)
class CheckpointMeta:
    """What a checkpoint says of itself.

    Parameters
    ----------
    network, network_args
        For `build_network`.
    input_size
        Height and width in pixels that frames are resized to.
    preprocess
        What is done to the grey levels before; see
        `training.networks.preprocess.preprocess_frame`.
    threshold
        Pixel probability (0 to 1) from which a pixel is nerve.
    presence_threshold
        Presence (0 to 1) from which a frame has a nerve at all.
    min_area_share
        Share of the frame (0 to 1) below which a mask is emptied.
    averaging
        What predictions are averaged over; see
        `training.networks.averaging.infer_averaged`.
    largest_component, fill_holes
        What is done to masks last; see `training.predict.decision.decide`.
    scores
        What the training found out, as JSON.
    provenance
        Where it came from: configuration, data, software, and which frames the
        decision rule was tuned on.
    version
        Of this header.
    """

    network: str
    network_args: Mapping[str, Any]
    input_size: tuple[int, int]
    preprocess: str = "none"
    threshold: float = 0.5
    presence_threshold: float = 0.5
    min_area_share: float = 0.0
    averaging: str = "none"
    largest_component: bool = False
    fill_holes: bool = False
    scores: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    version: int = VERSION

    def to_json(self) -> dict[str, Any]:
        """Return the header as plain values."""
        return asdict(self)


def save_checkpoint(path: Path, network: nn.Module, meta: CheckpointMeta) -> None:
    """Write weights and header, whole or not at all.

    Parameters
    ----------
    path
        A ``.safetensors`` file.
    network
        Its state is written as it is, from any device.
    meta
        Must describe ``network``.
    """
    from safetensors.torch import save

    tensors = {
        name: value.detach().cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    header = {"format": "pt", _KEY: dump_json(meta.to_json(), indent=None)}
    write_whole(Path(path), save(tensors, metadata=header))


def checkpoint_path(path: Path) -> Path:
    """Find the checkpoint file that a user means by a file or a run folder.

    Raises
    ------
    InputError
        If there is none.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(
            f"{path} does not exist: name a checkpoint file or a run folder."
        )
    if not path.is_dir():
        return path
    if not (path / BEST).is_file():
        raise InputError(
            f"{path} has no {BEST}: name a run folder whose training finished at least "
            "one epoch, or a checkpoint file."
        )
    return path / BEST


def read_meta(path: Path) -> CheckpointMeta:
    """Read what a checkpoint says of itself, and none of its weights.

    Parameters
    ----------
    path
        A checkpoint file, or a run folder with ``best.safetensors``.

    Raises
    ------
    InputError
        If the file is missing, no safetensors, not ours, or of another version.
    """
    from safetensors import SafetensorError, safe_open

    file = checkpoint_path(path)
    try:
        with safe_open(file, framework="numpy") as opened:
            header = opened.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise _unreadable(file) from error
    return _meta(file, _ours(file, header))


def load_checkpoint(path: Path) -> tuple[Network, CheckpointMeta]:
    """Read a checkpoint without executing anything from it.

    Parameters
    ----------
    path
        A checkpoint file, or a run folder with ``best.safetensors``.

    Returns
    -------
    tuple
        The network in evaluation mode on the processor, and its header.

    Raises
    ------
    InputError
        If the file is missing, truncated, no safetensors, not ours, of another
        version, or its weights do not fit its network.
    """
    file = checkpoint_path(path)
    header, tensors = _read(file)
    meta = _meta(file, header)
    return _network(file, meta, tensors), meta


def initialise_from(network: nn.Module, path: Path) -> None:
    """Begin with an earlier checkpoint's weights, in place.

    Parameters
    ----------
    network
        From `build_network`, on any device.
    path
        A checkpoint file of ours or a run folder, of the same network.

    Raises
    ------
    InputError
        If it cannot be read, or one of the weights is missing, too many or of
        another shape; the network is then as it was.
    """
    file = checkpoint_path(path)
    header, tensors = _read(file)
    _meta(file, header)
    replace_weights(network, tensors, file)


def _read(file: Path) -> tuple[Mapping[str, str], dict[str, Tensor]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt") as opened:
            header = _ours(file, opened.metadata() or {})
            return header, {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise _unreadable(file) from error


def _ours(file: Path, header: Mapping[str, str]) -> Mapping[str, str]:
    if _KEY in header:
        return header
    raise InputError(
        f"{file} is a safetensors file but no checkpoint of nerveseg: "
        "use the best.safetensors of a run folder."
    )


def _unreadable(file: Path) -> InputError:
    return InputError(
        f"{file} is no readable checkpoint (no safetensors, or cut short): use the "
        "best.safetensors of a run folder."
    )


def _meta(file: Path, header: Mapping[str, str]) -> CheckpointMeta:
    damaged = InputError(
        f"{file} has a damaged header: copy the checkpoint again from its run folder."
    )
    try:
        values = json.loads(header[_KEY])
    except (ValueError, RecursionError):
        raise damaged from None
    if not isinstance(values, dict):
        raise damaged
    version = values.get("version")
    if version == 1:
        values = {**_SINCE_2, **values, "version": VERSION}
    elif version != VERSION:
        raise InputError(
            f"{file} is a checkpoint of version {version}, and this nerveseg reads "
            f"version 1 and {VERSION}: use the nerveseg that wrote it, or train again."
        )
    names = {f.name for f in fields(CheckpointMeta)}
    if set(values) != names or not _sound(values):
        raise damaged
    height, width = values["input_size"]
    return CheckpointMeta(**{**values, "input_size": (height, width)})


def _sound(values: Mapping[str, Any]) -> bool:
    size = values["input_size"]
    shares = [
        values[name] for name in ("threshold", "presence_threshold", "min_area_share")
    ]
    return (
        isinstance(values["network"], str)
        and isinstance(values["network_args"], dict)
        and isinstance(values["scores"], dict)
        and isinstance(values["provenance"], dict)
        and isinstance(size, list)
        and len(size) == 2
        and all(type(n) is int and 1 <= n <= _LONGEST for n in size)
        and values["preprocess"] in PREPROCESSES
        and values["averaging"] in AVERAGINGS
        and isinstance(values["largest_component"], bool)
        and isinstance(values["fill_holes"], bool)
        and all(type(s) in (int, float) and math.isfinite(s) for s in shares)
        and all(0 <= share <= 1 for share in shares)
    )


def _network(
    file: Path, meta: CheckpointMeta, tensors: Mapping[str, Tensor]
) -> Network:
    import torch

    with torch.device("meta"):  # nothing is allocated for what a header claims
        try:
            network = build_network(meta.network, meta.network_args)
        except InputError as error:
            raise InputError(f"{file}: {error}") from None
    wanted = {name: (v.shape, v.dtype) for name, v in network.state_dict().items()}
    if wanted != {name: (v.shape, v.dtype) for name, v in tensors.items()}:
        raise InputError(
            f"{file} holds weights that do not fit the network it names: copy the "
            "checkpoint again from its run folder."
        )
    network.load_state_dict(tensors, assign=True)
    channels_last(network)
    return network.eval()
