"""Networks on the processor by OpenVINO instead of PyTorch, for prediction only.

Computed in float32 on any processor: other precisions are faster where the processor
has them and change the masks, see docs/predict.md. OpenVINO tells its makers of every
import and conversion unless that is prevented, which it is here.

Source: Intel, "OpenVINO", github.com/openvinotoolkit/openvino.
"""

from __future__ import annotations

import threading
import warnings
from typing import TYPE_CHECKING, Any

from .block_import import block_import
from .frames import normalise

if TYPE_CHECKING:
    from torch import Tensor

    from .averaging import Infer
    from .network import Network

_SETTINGS = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}


def openvino_infer(network: Network, size: tuple[int, int]) -> Infer:
    """Convert a network and return what runs it, like `training.networks.infer`.

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
