"""Validation: many frames at once, the same result."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

import pytest
import torch

from tests.engine.learn_toys import tiny, toy_dataset
from training.errors import Cancelled
from training.learn.fit.initial import initial_network
from training.learn.fit.losses import segmentation_loss
from training.learn.fit.rule import DiceCurves, frame_curve
from training.learn.fit.validation import validate, validated_at_once
from training.learn.preloaded import preload
from training.networks import device, infer, probability_map
from training.networks.averaging import infer_averaged
from training.networks.device import processor_threads

CONFIG = tiny(averaging="flip")


@pytest.fixture(autouse=True)
def _three_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let as many threads be used as the tests ask for, whatever machine this is."""
    monkeypatch.setattr(device, "n_threads", lambda: 3)


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    data = toy_dataset(
        tmp_path_factory.mktemp("data"), (1, 2, 3), 5, [(64, 80), (50, 90), (33, 31)]
    )
    return preload(data, data.ids, data.mask, CONFIG.size, stage="", keep_truths=True)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return initial_network(CONFIG).eval()


def one_by_one(network, held):
    """Return the mean loss and the rule with its Dice, a frame at a time."""
    losses, curves = [], []
    for index, packed in enumerate(held.truths):
        found = infer_averaged(
            partial(infer, network), held.frames[index : index + 1], CONFIG.averaging
        )
        target = held.masks[index : index + 1].float() / 255
        presence = found.presence.logit()
        weight = CONFIG.presence_weight
        losses.append(segmentation_loss(found.logits, presence, target, weight))
        truth = packed.mask()
        probability = probability_map(found.logits[0], truth.shape)
        curves.append(frame_curve(probability, truth, float(found.presence)))
    return float(torch.stack(losses).mean()), *DiceCurves(curves).tune()


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("pixels", [1, 4000, 10**9])
def test_it_is_that_of_one_frame_after_another(
    network, held, threads, pixels, monkeypatch
):
    monkeypatch.setattr("training.learn.fit.validation._PIXELS", pixels)
    loss, rule, dice = one_by_one(network, held)
    with processor_threads(threads):
        found = validate(network, held, CONFIG)
        assert torch.get_num_threads() == threads
    assert found.loss == pytest.approx(loss, abs=1e-6)
    assert found.dice == pytest.approx(dice, abs=1e-6)
    assert found.rule == rule


def test_the_number_of_threads_changes_no_bit(network, held):
    found = []
    for threads in (1, 2, 3):
        with processor_threads(threads):
            found.append(asdict(validate(network, held, CONFIG)))
    assert found[0] == found[1] == found[2]


def test_it_is_told_of_in_order_and_stops_when_asked(network, held, monkeypatch):
    monkeypatch.setattr("training.learn.fit.validation._PIXELS", 1)
    monkeypatch.setattr("training.events.INTERVAL", 0.0)
    told = []

    with processor_threads(2), pytest.raises(Cancelled):
        validate(network, held, CONFIG, told.append, lambda: len(told) > 5)
    assert [event["done"] for event in told] == list(range(6))


def test_how_many_are_looked_at_at_once():
    small, large = tiny(size=(128, 176)), tiny(size=(448, 576))
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    with processor_threads(3):
        found = [validated_at_once(config, cpu) for config in (small, large)]
    assert found == [12, 3]
    assert validated_at_once(large, gpu) == 8
