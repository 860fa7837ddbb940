"""A batch in parts learns what the whole batch does, and memory may run short."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch

from tests.engine.learn_toys import tiny, toy_dataset
from training.errors import Failure, kind_of
from training.learn.fit.batches import Batches
from training.learn.fit.gradient import BatchGradient
from training.learn.fit.loop import Trainer
from training.learn.fit.losses import dice_loss, dice_slopes, segmentation_loss
from training.learn.fit.schedule import Clock
from training.learn.preloaded import preload
from training.networks import build_network
from training.ranks import Ranks

BATCH = np.arange(6)


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    data = toy_dataset(tmp_path_factory.mktemp("data"), (1, 2))
    return preload(data, data.ids, data.mask, (32, 48), stage="Reading")


def gradient_of(held, events=None, **changes):
    """Return a network with fixed weights and what computes its gradient."""
    config = tiny(batch=8, amp=False, **changes)
    torch.manual_seed(3)
    network = build_network("unet", config.network_args).train()
    device = torch.device("cpu")
    batches = Batches(config, held, device)
    listen = None if events is None else events.append
    work = BatchGradient(config, network, batches, device, Ranks(), listen)
    return network, batches, work


def gradients(network):
    return torch.cat([p.grad.flatten() for p in network.parameters()])


@pytest.mark.parametrize("parts", [1, 2, 4, 6])
def test_parts_have_the_gradient_of_the_whole_batch(held, parts):
    network, batches, work = gradient_of(held, accumulate=parts)
    value = work(BATCH, 1)
    found = gradients(network)
    inputs, target = batches.cut(BATCH, 1)
    network.zero_grad()
    loss = segmentation_loss(*network(inputs), target, 0.2)
    loss.backward()
    assert value == pytest.approx(loss.item(), rel=1e-5)
    assert torch.allclose(found, gradients(network), rtol=1e-3, atol=1e-6)


def test_looking_first_leaves_running_statistics_alone(held):
    network, _, work = gradient_of(held, accumulate=2, norm="batch")
    work(BATCH, 1)
    counts = [
        int(value)
        for name, value in network.named_buffers()
        if name.endswith("num_batches_tracked")
    ]
    assert set(counts) == {2}  # once for each part


def test_slopes_are_those_of_the_dice():
    sums = torch.tensor([30.0, 90.0], dtype=torch.float64, requires_grad=True)
    dice_loss(sums[0], sums[1]).backward()
    assert dice_slopes(30.0, 90.0) == pytest.approx(tuple(sums.grad.tolist()))


class Narrow(torch.nn.Module):
    """A network that fails like the processor's allocator on large batches."""

    def __init__(self, inner, most):
        super().__init__()
        self.inner, self.most = inner, most

    def forward(self, inputs):
        if len(inputs) > self.most:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return self.inner(inputs)


def test_too_little_memory_halves_the_parts_and_learns_the_same(held):
    network, _, work = gradient_of(held)
    value, whole = work(BATCH, 1), gradients(network)
    events = []
    network, _, work = gradient_of(held, events)
    work._forward = Narrow(network, 2)
    assert work(BATCH, 1) == pytest.approx(value, rel=1e-5)
    assert torch.allclose(gradients(network), whole, rtol=1e-3, atol=1e-6)
    assert work.parts == 4
    assert [event["text"] for event in events] == [
        f"There was too little memory for 6 frames at once: from here on each batch is "
        f"computed in {parts} parts, which is slower and learns the same."
        for parts in (2, 4)
    ]


def test_too_little_for_one_frame_ends_in_words(held):
    network, _, work = gradient_of(held)
    work._forward = Narrow(network, 0)
    with pytest.raises(Failure, match="even for one frame at a time") as caught:
        work(BATCH, 1)
    assert kind_of(caught.value) == "memory"


def test_other_errors_are_not_taken_for_memory(held):
    network, _, work = gradient_of(held)
    network.forward = lambda _: (_ for _ in ()).throw(RuntimeError("odd"))
    with pytest.raises(RuntimeError, match="odd"):
        work(BATCH, 1)


def test_a_training_in_parts_ends_where_the_whole_one_does(held):
    ends = []
    for parts in (1, 3):
        config = tiny(amp=False, accumulate=parts, optimizer="adam", ema=0.0)
        clock = Clock(config, 2, 0.0, time.monotonic())
        trainer = Trainer(config, held, torch.device("cpu"), clock)
        trainer.epoch(1, None, None)
        ends.append(torch.cat([p.flatten() for p in trainer.network.parameters()]))
    assert torch.allclose(*ends, atol=2e-4)
