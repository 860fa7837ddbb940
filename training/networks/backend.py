"""What runs a network for prediction: PyTorch, or OpenVINO on the processor."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ..errors import InputError, sentence_of
from ..events import OnEvent, message
from .frames import infer

if TYPE_CHECKING:
    import torch

    from .averaging import Infer
    from .network import Network

#: What a user may ask for.
BACKENDS = ("auto", "torch", "openvino")


def pick_backend(name: str, device: torch.device) -> str:
    """Turn a user's word into ``torch`` or ``openvino``.

    Parameters
    ----------
    name
        ``auto`` takes OpenVINO on the processor if it is installed.
    device
        Where the network is to run.

    Raises
    ------
    InputError
        If the word is unknown, or OpenVINO is asked for and not installed, or not
        for this device.
    """
    if name not in BACKENDS:
        raise InputError(f"backend {name!r} is unknown: choose {', '.join(BACKENDS)}.")
    installed = find_spec("openvino") is not None
    if name == "openvino" and not installed:
        raise InputError(
            "backend openvino: OpenVINO is not installed: run "
            "pip install 'napari-nerveseg[openvino]', or take --backend torch."
        )
    if name == "openvino" and device.type != "cpu":
        raise InputError(
            f"backend openvino runs on the processor, not on {device.type}: take "
            "--device cpu, or --backend torch."
        )
    able = installed and device.type == "cpu"
    return "openvino" if able and name != "torch" else "torch"


def make_infer(
    network: Network,
    size: tuple[int, int],
    device: torch.device,
    backend: str = "torch",
    on_event: OnEvent | None = None,
) -> Infer:
    """Return what runs a network, as `training.networks.infer` does.

    Parameters
    ----------
    network
        In evaluation mode.
    size
        Height and width of the frames, in pixels.
    device
        Where it is to run.
    backend
        One of `BACKENDS`.
    on_event
        Told if ``auto`` chose OpenVINO and it cannot run this network: PyTorch then
        does.

    Raises
    ------
    InputError
        As `pick_backend`, and if ``openvino`` cannot run this network.
    """
    if pick_backend(backend, device) == "openvino":
        from .openvino import openvino_infer

        try:
            return openvino_infer(network, size)
        except Exception as error:
            why = f"OpenVINO cannot run this network ({sentence_of(error)})"
            if backend == "openvino":
                raise InputError(f"{why}: take --backend torch.") from error
            message(on_event, f"{why}: PyTorch does.", "warning")
    return partial(infer, network.to(device))
