from __future__ import annotations

import json
import os
import pickle
import struct

import pytest
import torch
from safetensors.torch import save_file

from training.errors import InputError
from training.networks import (
    CheckpointMeta,
    DecisionRule,
    build_network,
    load_checkpoint,
    save_checkpoint,
)
from training.networks.checkpoint import VERSION, initialise_from

ARGS = {"widths": [4, 8], "norm": "batch"}
META = CheckpointMeta(
    "unet",
    ARGS,
    (32, 48),
    rule=DecisionRule(0.4, 0.6, 0.01),
    scores={"validation": {"competition_dice": 0.7}},
    provenance={"labels": "source"},
)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "best.safetensors"
    save_checkpoint(path, build_network("unet", ARGS), META)
    return path


def rewrite(path, without=(), **changes):
    """Write the checkpoint again with another header."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    ours = json.loads(header["__metadata__"]["napari-nerveseg"])
    ours = {name: value for name, value in ours.items() if name not in without}
    header["__metadata__"]["napari-nerveseg"] = json.dumps({**ours, **changes})
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])


def refusal(path):
    with pytest.raises(InputError) as caught:
        load_checkpoint(path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text.replace(str(path), "FILE")


def test_round_trip(tmp_path, saved):
    torch.manual_seed(1)
    network = build_network("unet", ARGS).eval()
    save_checkpoint(saved, network, META)
    loaded, meta = load_checkpoint(tmp_path)
    assert meta == META
    assert not loaded.training
    frames = torch.randn(1, 1, 32, 48)
    with torch.no_grad():
        for a, b in zip(network(frames), loaded(frames), strict=True):
            torch.testing.assert_close(a, b)


def test_nothing_beside_the_checkpoint_is_left(saved):
    assert [path.name for path in saved.parent.iterdir()] == ["best.safetensors"]


def test_missing_file_and_unfinished_run_are_named(tmp_path):
    assert refusal(tmp_path / "no") == (
        "FILE does not exist: name a checkpoint file or a run folder."
    )
    assert refusal(tmp_path) == (
        "FILE has no best.safetensors: name a run folder whose training finished at "
        "least one epoch, or a checkpoint file."
    )


class Malice:
    """Makes a file when it is unpickled."""

    def __init__(self, target):
        self.target = str(target)

    def __reduce__(self):
        return os.mkdir, (self.target,)


@pytest.mark.parametrize("name", ["best.safetensors", "last.pt"])
@pytest.mark.parametrize("with_torch", [True, False])
def test_a_pickle_is_refused_and_runs_nothing(tmp_path, name, with_torch):
    path, harm = tmp_path / name, tmp_path / "harm"
    if with_torch:
        torch.save({"network": Malice(harm)}, path)
    else:
        path.write_bytes(pickle.dumps(Malice(harm)))
    assert refusal(path) == (
        "FILE is no readable checkpoint (no safetensors, or cut short): use the "
        "best.safetensors of a run folder."
    )
    assert not harm.exists()


@pytest.mark.parametrize("keep", [0, 4, 100, 0.5, -1])
def test_a_truncated_file_is_refused(saved, keep):
    data = saved.read_bytes()
    saved.write_bytes(data[: int(keep * len(data)) if keep == 0.5 else keep])
    assert "cut short" in refusal(saved)


def test_a_foreign_safetensors_file_is_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    assert refusal(path) == (
        "FILE is a safetensors file but no checkpoint of nerveseg: use the "
        "best.safetensors of a run folder."
    )


def test_another_version_is_refused(saved):
    rewrite(saved, version=VERSION + 1)
    assert refusal(saved) == (
        f"FILE is a checkpoint of version {VERSION + 1}, and this nerveseg reads "
        f"version 1 and {VERSION}: use the nerveseg that wrote it, or train again."
    )


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": 2},
        {"threshold": "high"},
        {"input_size": [0, 5]},
        {"input_size": [10**9, 5]},
        {"scores": None},
        {"surprise": 1},
        {"preprocess": "magic"},
        {"averaging": ["flip"]},
        {"fill_holes": 1},
    ],
)
def test_a_damaged_header_is_refused(saved, change):
    rewrite(saved, **change)
    assert refusal(saved) == (
        "FILE has a damaged header: copy the checkpoint again from its run folder."
    )


def test_version_1_files_load_and_mean_what_they_did(saved):
    since_2 = ("averaging", "largest_component", "fill_holes")
    rewrite(saved, without=since_2, version=1)
    _network, meta = load_checkpoint(saved)
    assert meta == META
    values = meta.to_json()
    assert [values[name] for name in since_2] == ["none", False, False]


def test_a_training_can_begin_with_an_earlier_checkpoint(saved):
    known, _meta = load_checkpoint(saved)
    network = build_network("unet", ARGS)
    initialise_from(network, saved.parent)
    for name, weight in network.state_dict().items():
        assert torch.equal(weight, known.state_dict()[name])


def test_an_earlier_checkpoint_of_another_network_is_refused_by_weight(saved):
    network = build_network("unet", {"widths": [4, 16], "norm": "batch"})
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    with pytest.raises(InputError) as caught:
        initialise_from(network, saved)
    assert str(caught.value) == (
        f"{saved}: weight down.1.0.weight is 8 x 4 x 3 x 3 and this network's "
        "16 x 4 x 3 x 3: take a file that was made for the same network."
    )
    for name, weight in network.state_dict().items():
        assert torch.equal(weight, before[name])


def test_weights_must_fit_and_nothing_is_allocated_for_a_claim(saved):
    rewrite(saved, network_args={"widths": [4096] * 8})
    assert "do not fit the network it names" in refusal(saved)


def test_an_unknown_network_is_named_with_its_file(saved):
    rewrite(saved, network="transformer")
    assert refusal(saved) == (
        "FILE: network 'transformer' is unknown here: known are unet, lite, dynunet, "
        "flexible."
    )
