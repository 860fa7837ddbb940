"""The networks that are made of MONAI's parts."""

from __future__ import annotations

import re
import subprocess
import sys
from urllib.error import URLError

import pytest
import torch

from training.errors import InputError
from training.networks import build_network
from training.networks.frames import GREY_MEAN, GREY_SPREAD
from training.networks.pretrained import load_pretrained

DYNUNET = {"widths": [4, 6, 8, 8], "deep_supervision": True}
FLEXIBLE = {"widths": [8, 8, 4, 4, 4], "backbone": "efficientnet-b0"}


@pytest.fixture(scope="module")
def flexible():
    torch.manual_seed(0)
    return build_network("flexible", FLEXIBLE)


@pytest.mark.parametrize("shape", [(32, 48), (33, 47), (1, 1)])
@pytest.mark.parametrize(
    ("name", "args"), [("dynunet", DYNUNET), ("flexible", FLEXIBLE)]
)
def test_any_size_comes_out_as_it_went_in(name, args, shape):
    logits, presence = build_network(name, args).eval()(torch.randn(2, 1, *shape))
    assert logits.shape == (2, 1, *shape)
    assert presence.shape == (2,)


@pytest.mark.parametrize(
    ("name", "args"), [("dynunet", DYNUNET), ("flexible", FLEXIBLE)]
)
def test_every_parameter_learns(name, args):
    network = build_network(name, args)
    logits, presence = network(torch.randn(2, 1, 64, 64))
    outputs = [logits, *network.deep_logits]
    (sum(one.square().mean() for one in outputs) + presence.sum()).backward()
    assert [n for n, one in network.named_parameters() if one.grad is None] == []
    encoder = network.encoder_parameters()
    assert 0 < len(encoder) < len(list(network.parameters()))


def test_lower_levels_are_supervised_in_training_only():
    network = build_network("dynunet", DYNUNET)
    frames = torch.randn(2, 1, 36, 50)
    network(frames)
    assert [one.shape for one in network.deep_logits] == [(2, 1, 18, 25), (2, 1, 9, 13)]
    network.eval()(frames)
    assert network.deep_logits == []


def test_training_draws_no_random_numbers(flexible):
    before = torch.get_rng_state()
    flexible.train()(torch.randn(2, 1, 32, 32, generator=torch.Generator()))
    assert torch.equal(torch.get_rng_state(), before)


def test_the_grey_level_comes_three_times_as_imagenet_had_it(flexible):
    grey = torch.tensor([[[[0.0, 127.5, 255.0]]]])
    colours = (grey - GREY_MEAN) / GREY_SPREAD * flexible.scale + flexible.shift
    mean, spread = (
        torch.tensor([0.485, 0.456, 0.406]),
        torch.tensor([0.229, 0.224, 0.225]),
    )
    for level, value in enumerate((0.0, 0.5, 1.0)):
        torch.testing.assert_close(colours[0, :, 0, level], (value - mean) / spread)


@pytest.fixture
def from_web(flexible, monkeypatch):
    """Stand the encoder's own weights, by the file's names, in for those on the web."""
    weights = {
        re.sub(r"_blocks\.\d+\.(\d+)", r"_blocks.\1", name): value.clone()
        for name, value in flexible.encoder.state_dict().items()
    }
    weights |= {"_fc.weight": torch.zeros(2, 2), "_conv_head.weight": torch.zeros(1)}
    monkeypatch.setattr("torch.hub.load_state_dict_from_url", lambda *a, **k: weights)
    return weights


def test_weights_from_the_web_reach_every_layer(flexible, from_web):
    fresh = build_network("flexible", FLEXIBLE)
    load_pretrained(fresh, "flexible")
    known = flexible.encoder.state_dict()
    for name, weight in fresh.encoder.state_dict().items():
        assert torch.equal(weight, known[name]), name


def test_a_weight_that_the_file_lacks_is_named(from_web):
    del from_web["_conv_stem.weight"]
    with pytest.raises(InputError, match=r"b0-355c32eb\.pth has no weight _conv_stem"):
        load_pretrained(build_network("flexible", FLEXIBLE), "flexible")


def test_without_a_web_the_remedy_is_said(monkeypatch):
    def fail(*_args, **_settings):
        raise URLError("no route")

    monkeypatch.setattr("torch.hub.load_state_dict_from_url", fail)
    network = build_network("flexible", FLEXIBLE)
    with pytest.raises(InputError) as caught:
        load_pretrained(network, "flexible")
    text = str(caught.value)
    assert "The ImageNet weights of efficientnet-b0 cannot be had from https://" in text
    assert "put that file at " in text
    assert text.endswith("or train with --recipe lite.")


def test_torchvision_is_never_imported():
    code = (
        "import sys\n"
        "asked = []\n"
        "class Listen:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        asked.append(name.split('.')[0])\n"
        "sys.meta_path.insert(0, Listen())\n"
        "from training.networks import build_network\n"
        f"build_network('flexible', {FLEXIBLE})\n"
        f"build_network('dynunet', {DYNUNET})\n"
        "assert 'monai' in asked and 'torchvision' not in asked"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
