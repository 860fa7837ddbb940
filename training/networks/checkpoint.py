"""Checkpoints: weights and what is needed to use them, in one file.

A checkpoint is a safetensors file whose header carries `CheckpointMeta` as JSON.
Reading one executes nothing that the file says: a pickle, whatever its name, is
refused before anything is unpacked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..files import dump_json, write_whole
from ..guarded import damaged, open_regular, parse_json
from .averaging import AVERAGINGS
from .build import build_network
from .cost import too_much
from .decision import RULE, DecisionRule
from .device import channels_last
from .preprocess import PREPROCESSES
from .weights import check_fit

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

#: Bytes that this header may have: that of a large network takes 200 kB.
_MOST_HEADER = 16 << 20

#: What to do about a checkpoint that cannot be read.
_REMEDY = "use the best.safetensors of a run folder"

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
    rule
        What turns predictions into masks. In the header its settings stand one by one.
    averaging
        What predictions are averaged over; see
        `training.networks.averaging.infer_averaged`.
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
    rule: DecisionRule = field(default_factory=DecisionRule)
    averaging: str = "none"
    scores: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    version: int = VERSION

    def to_json(self) -> dict[str, Any]:
        """Return the header as plain values."""
        values = asdict(self)
        del values["rule"]
        return values | self.rule.to_json()


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
    file = checkpoint_path(path)
    with _opened(file) as opened:
        return _meta(file, _ours(file, opened.metadata() or {}))


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
    with _opened(file) as opened:
        meta = _meta(file, _ours(file, opened.metadata() or {}))
        return _network(file, meta, opened), meta


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
    with _opened(file) as opened:
        _meta(file, _ours(file, opened.metadata() or {}))
        check_fit(network, _claims(opened), file)
        network.load_state_dict(_weights(file, opened, network))


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """Open a checkpoint, with no weight read yet; what is no such file is refused."""
    from safetensors import SafetensorError, safe_open

    try:
        with open_regular(file, None) as start:
            length = int.from_bytes(start.read(8), "little")
        if length > _MOST_HEADER:
            raise SafetensorError("the header is too long")
        with safe_open(file, framework="pt") as opened:
            yield opened
    except InputError:
        raise
    except SafetensorError as error:
        raise InputError(
            f"{file} is no readable checkpoint (no safetensors, or cut short): "
            f"{_REMEDY}."
        ) from error
    except (OSError, ValueError) as error:
        raise damaged(file, error, _REMEDY) from error


def _ours(file: Path, header: Mapping[str, str]) -> Mapping[str, str]:
    if _KEY in header:
        return header
    raise InputError(
        f"{file} is a safetensors file but no checkpoint of nerveseg: "
        "use the best.safetensors of a run folder."
    )


def _meta(file: Path, header: Mapping[str, str]) -> CheckpointMeta:
    wrong = InputError(
        f"{file} has a damaged header: copy the checkpoint again from its run folder."
    )
    try:
        values = parse_json(header[_KEY])
    except ValueError:
        raise wrong from None
    if not isinstance(values, dict):
        raise wrong
    version = values.get("version")
    if version == 1:
        values = {**_SINCE_2, **values, "version": VERSION}
    elif type(version) is not int:
        raise wrong
    elif version != VERSION:
        raise InputError(
            f"{file} is a checkpoint of version {version}, and this nerveseg reads "
            f"version 1 and {VERSION}: use the nerveseg that wrote it, or train again."
        )
    names = {f.name for f in fields(CheckpointMeta)} - {"rule"}
    if set(values) != names.union(RULE) or not _sound(values):
        raise wrong
    try:
        rule = DecisionRule.from_json(values)
    except ValueError:
        raise wrong from None
    others = {name: values[name] for name in names} | {
        "input_size": tuple(values["input_size"])
    }
    return CheckpointMeta(**others, rule=rule)


def _sound(values: Mapping[str, Any]) -> bool:
    size = values["input_size"]
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
    )


def _network(file: Path, meta: CheckpointMeta, opened: Any) -> Network:
    import torch

    with torch.device("meta"):  # nothing is allocated for what a header claims
        try:
            network = build_network(meta.network, meta.network_args)
        except InputError as error:
            raise InputError(f"{file}: {error}") from None
    args, size = meta.network_args, meta.input_size
    stride = args.get("stem_stride", 1)
    if cost := too_much(meta.network, args["widths"], stride, size):
        raise InputError(f"{file} cannot be used, as {cost}: {_REMEDY}.")
    network.load_state_dict(_weights(file, opened, network), assign=True)
    channels_last(network)
    return network.eval()


def _claims(opened: Any) -> dict[str, Tensor]:
    """Return tensors of the sizes and types that a file claims, without numbers."""
    import torch

    types = {"F32": torch.float32, "I64": torch.int64}
    slices = {name: opened.get_slice(name) for name in opened.keys()}  # noqa: SIM118
    return {
        name: torch.empty(
            one.get_shape(), dtype=types.get(one.get_dtype(), torch.bool), device="meta"
        )
        for name, one in slices.items()
    }


def _weights(file: Path, opened: Any, network: nn.Module) -> dict[str, Tensor]:
    """Read the weights, once it is known that they are this network's."""
    import torch

    wanted, claimed = (
        {name: (value.shape, value.dtype) for name, value in one.items()}
        for one in (network.state_dict(), _claims(opened))
    )
    if wanted != claimed:
        raise InputError(
            f"{file} holds weights that do not fit the network it names: copy the "
            "checkpoint again from its run folder."
        )
    found: dict[str, Tensor] = {name: opened.get_tensor(name) for name in wanted}
    if not all(torch.isfinite(value).all() for value in found.values()):
        raise InputError(
            f"{file} holds weights that are no numbers: copy the checkpoint again from "
            "its run folder, or train again."
        )
    return found
