from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from tests.toys import smooth_frame
from training.errors import InputError
from training.networks import (
    build_network,
    infer,
    pick_device,
    probability_map,
    resize_frame,
    resize_mask,
    stack_frames,
)


def network(**changes):
    torch.manual_seed(0)
    return build_network("unet", {"widths": [4, 8, 8], **changes}).eval()


@pytest.mark.parametrize("shape", [(32, 48), (33, 47), (1, 1), (5, 90)])
@pytest.mark.parametrize("stride", [1, 2])
def test_any_size_comes_out_as_it_went_in(shape, stride):
    logits, presence = network(stem_stride=stride)(torch.randn(2, 1, *shape))
    assert logits.shape == (2, 1, *shape)
    assert presence.shape == (2,)


def test_without_a_presence_head_the_likeliest_pixel_stands_in():
    logits, presence = network(presence=False)(torch.randn(3, 1, 16, 16))
    assert torch.equal(presence, logits.flatten(1).amax(dim=1))


def test_with_group_norm_a_frame_does_not_depend_on_its_batch():
    frames = torch.randn(3, 1, 32, 48)
    together = network()(frames)[0][1]
    alone = network()(frames[1:2])[0][0]
    torch.testing.assert_close(together, alone)


def test_presence_head_learns():
    net = network()
    net(torch.randn(2, 1, 16, 16))[1].sum().backward()
    assert net.presence_head.weight.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({}, "network unet: widths must be a list of 1 to 8 channel counts."),
        (
            {"widths": [0]},
            "network unet: each width must be a whole number from 1 to 4096.",
        ),
        (
            {"widths": [True]},
            "network unet: each width must be a whole number from 1 to 4096.",
        ),
        (
            {"widths": [4], "norm": "layer"},
            "network unet: norm must be group or batch.",
        ),
        (
            {"widths": [4], "stem_stride": True},
            "network unet: stem_stride must be 1 or 2.",
        ),
        ({"widths": [4], "dropout": 1}, "network unet: unknown argument 'dropout'."),
    ],
)
def test_wrong_arguments_are_named(args, message):
    with pytest.raises(InputError) as caught:
        build_network("unet", args)
    assert str(caught.value) == message


def test_unknown_network_is_named():
    with pytest.raises(InputError, match="network 'vit' is unknown here"):
        build_network("vit", {})


def test_resizing_averages_what_each_pixel_covers():
    frame = np.zeros((40, 40), np.uint8)
    frame[::2] = 200
    small = resize_frame(frame, (10, 10))
    assert small.dtype == np.uint8
    np.testing.assert_allclose(small[2:-2], 100, atol=8)


def test_resizing_to_the_same_size_changes_nothing():
    frame = smooth_frame(0)
    np.testing.assert_array_equal(resize_frame(frame, frame.shape), frame)


def test_resized_mask_keeps_its_share():
    mask = np.zeros((90, 120), bool)
    mask[30:60, 40:80] = True
    small = resize_mask(mask, (30, 30))
    assert small.max() == 255
    assert small.mean() / 255 == pytest.approx(mask.mean(), rel=0.02)


def test_probability_has_the_frames_size_and_uint8():
    frames = [smooth_frame(1, (45, 61)), smooth_frame(2, (80, 30))]
    logits, presence = infer(network(), stack_frames(frames, (32, 48)))
    assert logits.dtype == presence.dtype == torch.float32
    for own, frame in zip(logits, frames, strict=True):
        probability = probability_map(own, frame.shape)
        assert probability.shape == frame.shape
        assert probability.dtype == np.uint8


def test_probability_is_quantised_by_rounding():
    logits = torch.logit(torch.tensor([[0.2, 0.5, 0.999]]))
    assert probability_map(logits, (1, 3)).tolist() == [[51, 128, 255]]


def test_device_words():
    assert pick_device("cpu").type == "cpu"
    assert pick_device("auto").type in ("cpu", "cuda", "mps")
    with pytest.raises(InputError) as caught:
        pick_device("tpu")
    expected = (
        "device 'tpu' is unknown: choose auto, cpu, cuda, mps, or a GPU by its number, "
        "such as cuda:1."
    )
    assert str(caught.value) == expected


def test_missing_gpu_is_said_with_the_remedy(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="use --device cpu, or install a CUDA build"):
        pick_device("cuda")


def test_importing_the_packages_loads_no_torch():
    code = (
        "import sys, training.networks, training.learn; print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
