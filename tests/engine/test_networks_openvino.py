"""OpenVINO instead of PyTorch: the same maps, within one level of 255."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.engine.predicting import tiny_checkpoint
from tests.toys import smooth_frame
from training.errors import InputError
from training.networks import build_network, infer, save_checkpoint
from training.networks.backend import make_infer, pick_backend
from training.networks.checkpoint import CheckpointMeta
from training.predict import Predictor, PredictSettings

CPU = torch.device("cpu")
OPENVINO = PredictSettings(backend="openvino")


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return tiny_checkpoint(tmp_path / "net.safetensors")


@pytest.fixture
def installed() -> None:
    pytest.importorskip("openvino")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("unet", {"widths": [4, 8], "stem_stride": 2}),
        ("lite", {"widths": [4, 6, 8, 10]}),
        ("dynunet", {"widths": [4, 6, 8], "deep_supervision": True}),
    ],
)
def test_maps_differ_by_one_level_at_most(tmp_path, name, args) -> None:
    torch.manual_seed(0)
    path = tmp_path / "net.safetensors"
    save_checkpoint(
        path, build_network(name, args), CheckpointMeta(name, args, (40, 50))
    )
    plain, other = Predictor(path, "cpu"), Predictor(path, "cpu", OPENVINO)
    for seed in range(3):
        frame = smooth_frame(seed)
        a, b = plain.probability(frame), other.probability(frame)
        assert np.abs(a.probability - b.probability.astype(int)).max() <= 1
        assert a.presence == pytest.approx(b.presence, abs=1e-4)
        far = np.abs(a.probability - 127.5) > 1
        np.testing.assert_array_equal(a.mask[far], b.mask[far])


@pytest.mark.usefixtures("installed")
def test_the_same_frame_gives_the_same_bits_alone_and_among_others(checkpoint) -> None:
    predictor = Predictor(checkpoint, "cpu", OPENVINO)
    frames = [smooth_frame(seed) for seed in range(3)]
    for found, frame in zip(predictor.probabilities(frames), frames, strict=True):
        again = predictor.probability(frame)
        np.testing.assert_array_equal(found.probability, again.probability)


@pytest.mark.usefixtures("installed")
def test_nothing_is_told_to_its_makers(checkpoint) -> None:
    code = (
        "import sys\n"
        "from training.predict import Predictor, PredictSettings\n"
        f"Predictor({str(checkpoint)!r}, 'cpu', PredictSettings(backend='openvino'))\n"
        "assert 'openvino' in sys.modules\n"
        "assert 'openvino_telemetry' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def broken(*_args: object) -> None:
    raise RuntimeError("no such operation")


def test_what_openvino_cannot_run_runs_in_pytorch_and_is_said(monkeypatch) -> None:
    monkeypatch.setattr("training.networks.backend.find_spec", lambda _name: True)
    monkeypatch.setattr("training.networks.backend.openvino_infer", broken)
    network = build_network("unet", {"widths": [4, 8]}).eval()
    told: list[dict] = []
    run = make_infer(network, (32, 32), CPU, "auto", told.append)
    assert [event["text"] for event in told] == [
        "OpenVINO cannot run this network (The work failed: RuntimeError: no such "
        "operation): PyTorch does."
    ]
    frames = torch.zeros(1, 1, 32, 32, dtype=torch.uint8)
    assert torch.equal(run(frames)[0], infer(network, frames)[0])
    with pytest.raises(InputError, match="take --backend torch"):
        make_infer(network, (32, 32), CPU, "openvino")


def test_without_openvino_pytorch_is_taken_or_the_remedy_said(monkeypatch) -> None:
    monkeypatch.setattr("training.networks.backend.find_spec", lambda _name: None)
    assert pick_backend("auto", CPU) == pick_backend("torch", CPU) == "torch"
    with pytest.raises(InputError) as caught:
        pick_backend("openvino", CPU)
    assert str(caught.value) == (
        "backend openvino: OpenVINO is not installed: run "
        "pip install 'napari-nerveseg[openvino]', or take --backend torch."
    )


def test_openvino_is_for_the_processor(monkeypatch) -> None:
    monkeypatch.setattr("training.networks.backend.find_spec", lambda _name: True)
    gpu = torch.device("cuda")
    assert pick_backend("auto", gpu) == "torch"
    assert pick_backend("auto", CPU) == "openvino"
    with pytest.raises(InputError, match="runs on the processor, not on cuda"):
        pick_backend("openvino", gpu)
