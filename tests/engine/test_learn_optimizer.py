from __future__ import annotations

import pytest
import torch

from tests.engine.learn_toys import tiny
from training.learn.fit.initial import initial_network
from training.learn.fit.optimizer import build_optimizer, set_rate


def made(**changes):
    """Return a tiny network and its optimiser."""
    config = tiny(**changes)
    network = initial_network(config)
    return config, network, build_optimizer(config, network)


def group_of(optimizer, parameter):
    """Return the group that a parameter is in."""
    (found,) = [
        group
        for group in optimizer.param_groups
        if any(parameter is own for own in group["params"])
    ]
    return found


def test_every_parameter_is_in_one_group():
    _, network, optimizer = made()
    given = [p for group in optimizer.param_groups for p in group["params"]]
    assert len(given) == len(list(network.parameters()))
    assert {id(p) for p in given} == {id(p) for p in network.parameters()}


def test_decay_pulls_at_what_multiplies_only():
    _, network, optimizer = made(weight_decay=0.1)
    assert group_of(optimizer, network.pixel_head.weight)["weight_decay"] == 0.1
    assert group_of(optimizer, network.pixel_head.bias)["weight_decay"] == 0
    _, network, optimizer = made(optimizer="adam", weight_decay=0.1)
    assert {group["weight_decay"] for group in optimizer.param_groups} == {0}


def test_the_encoder_learns_at_its_share_of_the_rate():
    config, network, optimizer = made(
        encoder_rate=0.25, warmup=0.0, schedule="constant"
    )
    rate = set_rate(optimizer, config, 0.5)
    assert rate == config.learning_rate
    encoder = network.encoder_parameters()[0]
    assert group_of(optimizer, encoder)["lr"] == pytest.approx(0.25 * rate)
    assert group_of(optimizer, network.pixel_head.weight)["lr"] == rate


def test_the_encoder_waits_while_it_is_frozen():
    config, network, optimizer = made(frozen_warmup=0.1)
    first = network.encoder_parameters()[0]
    for progress, learns in ((0.0, False), (0.09, False), (0.1, True), (1.0, True)):
        set_rate(optimizer, config, progress)
        assert first.requires_grad == learns
        assert network.pixel_head.weight.requires_grad


def test_a_frozen_encoder_does_not_move_and_decay_does_not_pull():
    config, network, optimizer = made(frozen_warmup=0.5, weight_decay=0.5)
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    frames = torch.rand((2, 1, 32, 48), generator=torch.Generator().manual_seed(0))
    for progress in (0.2, 0.6):
        set_rate(optimizer, config, progress)
        optimizer.zero_grad(set_to_none=True)
        logits, presence = network(frames)
        (logits.sum() + presence.sum()).backward()
        optimizer.step()
        still = {
            name: torch.equal(p, before[name]) for name, p in network.named_parameters()
        }
        assert still["down.0.0.weight"] == (progress < 0.5)
        assert not still["pixel_head.weight"]


def test_an_encoder_rate_of_zero_freezes_it_for_good():
    config, network, optimizer = made(encoder_rate=0.0)
    set_rate(optimizer, config, 1.0)
    assert not any(p.requires_grad for p in network.encoder_parameters())


def test_the_first_step_has_a_rate():
    config, _, optimizer = made(warmup=0.5)
    assert set_rate(optimizer, config, 0.0) > 0
