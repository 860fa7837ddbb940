"""What runs a network for prediction: PyTorch, or OpenVINO on the processor."""

from __future__ import annotations

import threading
import warnings
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..errors import InputError, sentence_of
from ..events import OnEvent, message
from .block_import import block_import
from .frames import infer, normalise

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from .averaging import Infer
    from .network import Network

#: What a user may ask for.
BACKENDS = ("auto", "torch", "openvino")

#: Of OpenVINO.
_SETTINGS = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}


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
        try:
            return openvino_infer(network, size)
        except Exception as error:
            why = f"OpenVINO cannot run this network ({sentence_of(error)})"
            if backend == "openvino":
                raise InputError(f"{why}: take --backend torch.") from error
            message(on_event, f"{why}: PyTorch does.", "warning")
    return partial(infer, network.to(device))


def openvino_infer(network: Network, size: tuple[int, int]) -> Infer:
    """Convert a network and return what runs it, like `training.networks.infer`.

    Computed in float32 on any processor: other precisions are faster where the
    processor has them and change the masks, see docs/predict.md.

    Parameters
    ----------
    network
        In evaluation mode, on the processor.
    size
        Height and width of the frames, in pixels.

    Returns
    -------
    Infer
        Takes (B, 1, H, W) uint8, one frame after another, and gives float32 logits;
        may be called from several threads.

    Raises
    ------
    Exception
        Whatever OpenVINO raises if it cannot convert this network.

    References
    ----------
    Intel: OpenVINO. https://github.com/openvinotoolkit/openvino
    """
    import numpy as np
    import torch

    compiled = _compile(network, size)
    own = threading.local()  # a request serves one thread at a time

    def run(frames: Tensor) -> tuple[Tensor, Tensor]:
        if not hasattr(own, "request"):
            own.request = compiled.create_infer_request()
        inputs = normalise(frames).numpy()
        found = [own.request.infer([one[None]]) for one in inputs]
        logits, presence = (
            torch.from_numpy(np.concatenate([one[output] for one in found]))
            for output in compiled.outputs
        )
        return logits, presence

    return run


def _compile(network: Network, size: tuple[int, int]) -> Any:
    import torch

    # OpenVINO tells its makers of every import and conversion, but for the block.
    with block_import("openvino_telemetry"), warnings.catch_warnings():
        # Sizes are constants here, and that tracing takes them for such is as wanted.
        warnings.simplefilter("ignore")
        import openvino

        example = torch.zeros(1, 1, *size)
        with torch.no_grad():
            model = openvino.convert_model(
                network, example_input=example, input=[list(example.shape)]
            )
        threads = {"INFERENCE_NUM_THREADS": torch.get_num_threads()}
        return openvino.Core().compile_model(model, "CPU", {**_SETTINGS, **threads})
