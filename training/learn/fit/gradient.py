"""The gradient of a whole batch, computed at once, in parts, or by several ranks.

The parts' gradients add up to that of the whole batch, its Dice included (see
`training.learn.fit.terms`), so that neither memory nor the number of ranks changes
what is learned, up to rounding. In parts, a first pass without gradients finds the
sums; it costs about a third more. Batch normalisation alone sees the parts one by one.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...errors import Failure, is_memory
from ...events import OnEvent, message
from ...networks.device import has_fast_bfloat16
from ...ranks import Ranks
from ..settings.config import TrainConfig
from .batches import Batches
from .terms import Terms, measure, whole_loss

Indices = NDArray[np.int64]
T = TypeVar("T")


class Diverged(Failure):
    """The loss is no longer a number."""


@dataclass(frozen=True)
class _Part:
    """Some frames of a batch; ``share`` of it, 0 if they only keep others company."""

    inputs: Tensor
    target: Tensor
    share: float
    seed: int


class BatchGradient:
    """Leaves a batch's gradient in a network's parameters.

    Parameters
    ----------
    config
        Every setting; ``accumulate`` is the number of parts to begin with.
    network
        In training mode, on ``device``.
    batches
        Cuts the parts.
    device, ranks
        Where to compute, and with whom.
    on_event
        Is told if memory ran short.

    Attributes
    ----------
    parts
        In how many parts each rank computes its share of a batch.
    """

    def __init__(
        self,
        config: TrainConfig,
        network: nn.Module,
        batches: Batches,
        device: torch.device,
        ranks: Ranks,
        on_event: OnEvent | None = None,
    ) -> None:
        self._config, self._network, self._batches = config, network, batches
        self._device, self._ranks, self._on_event = device, ranks, on_event
        self._autocast = config.amp and has_fast_bfloat16(device)
        compiled = config.compile and device.type == "cuda"
        self._forward = torch.compile(network) if compiled else network
        self.parts = config.accumulate

    def __call__(self, chosen: Indices, epoch: int) -> float:
        """Compute the gradient, in more parts if memory runs short.

        Parameters
        ----------
        chosen
            (B,) int64: the frames of the whole batch, the same on every rank.
        epoch
            Counted from 1; the random numbers depend on it.

        Returns
        -------
        float
            The loss of the whole batch.

        Raises
        ------
        Diverged
            If that is no longer a number.
        Failure
            If memory does not suffice for one frame at a time.
        """
        while True:
            value = self._attempt(chosen, epoch)
            if value is not None:
                return value
            self._cut_smaller(len(chosen))

    def _attempt(self, chosen: Indices, epoch: int) -> float | None:
        """Return the loss; None if memory ran short on some rank."""
        self._network.zero_grad(set_to_none=True)
        looked = self._unless_short(lambda: self._look(chosen, epoch))
        if looked is None:
            return None
        parts, terms, numbers = looked
        whole = self._ranks.total(numbers)
        value = whole_loss(whole)
        if not math.isfinite(value):
            raise Diverged("the loss is no longer a number")
        if self._unless_short(lambda: self._descend(parts, terms, whole)) is None:
            return None
        self._add_over_ranks()
        return value

    def _unless_short(self, work: Callable[[], T]) -> T | None:
        """Work; return None if any rank had too little memory for it."""
        found: T | None = None
        try:
            found = work()
        except (MemoryError, RuntimeError) as error:
            if not is_memory(error):
                raise
        return None if self._ranks.any(found is None) else found

    def _look(
        self, chosen: Indices, epoch: int
    ) -> tuple[list[_Part], Terms | None, list[float]]:
        """Cut this rank's parts, and find what they add to the loss.

        A single part's terms are given too: its gradient needs no second pass.
        """
        parts = self._cut(chosen, epoch)
        if len(parts) == 1:
            terms = self._terms(parts[0])
            return parts, terms, terms.numbers()
        with torch.no_grad(), _kept_buffers(self._network):
            numbers = [self._terms(part).numbers() for part in parts]
        return parts, None, [sum(each) for each in zip(*numbers, strict=True)]

    def _descend(
        self, parts: list[_Part], terms: Terms | None, whole: list[float]
    ) -> bool:
        for part in parts:
            (terms or self._terms(part)).descend(whole)
        return True

    def _terms(self, part: _Part) -> Terms:
        torch.manual_seed(part.seed)  # for networks that drop something at random
        with torch.autocast(self._device.type, torch.bfloat16, self._autocast):
            logits, presence = self._forward(part.inputs)
        outputs = [logits]
        if self._config.deep_supervision:
            outputs += self._network.deep_logits  # type: ignore[arg-type]
        weight = self._config.presence_weight
        return measure(outputs, presence, part.target, weight, part.share)

    def _cut(self, chosen: Indices, epoch: int) -> list[_Part]:
        """Cut this rank's parts; every rank has as many, for layers that wait."""
        rank, size = self._ranks.rank, self._ranks.size
        own = chosen[rank::size]
        n_parts = min(self.parts, -(-len(chosen) // size))
        parts = []
        for some in np.array_split(own, n_parts):
            share, frames = len(some) / len(chosen), some if len(some) else chosen[:1]
            inputs, target = self._batches.cut(frames, epoch)
            key = [self._config.seed, epoch, int(frames[0])]
            seed = int(np.random.SeedSequence(key).generate_state(1)[0])
            parts.append(_Part(inputs, target, share, seed))
        return parts

    def _add_over_ranks(self) -> None:
        if self._ranks.size == 1:
            return
        gradients = [p.grad for p in self._network.parameters() if p.grad is not None]
        flat = self._ranks.add(torch.cat([g.flatten() for g in gradients]))
        sizes = [g.numel() for g in gradients]
        totals = torch.split(flat, sizes)
        for own, total in zip(gradients, totals, strict=True):
            own.copy_(total.view_as(own))

    def _cut_smaller(self, n_frames: int) -> None:
        own = -(-n_frames // self._ranks.size)  # the most that any rank has of it
        if self.parts >= own:
            raise Failure(
                "There is not enough memory even for one frame at a time: choose a "
                "smaller size or network, or close other programs."
            )
        self.parts = min(2 * self.parts, own)
        self._network.zero_grad(set_to_none=True)
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        message(
            self._on_event,
            f"There was too little memory for {own} frames at once: from here on each "
            f"batch is computed in {self.parts} parts, which is slower and learns the "
            "same.",
            "warning",
        )


@contextmanager
def _kept_buffers(network: nn.Module) -> Iterator[None]:
    """Undo what a pass does to running statistics."""
    before = [buffer.clone() for buffer in network.buffers()]
    try:
        yield
    finally:
        for buffer, value in zip(network.buffers(), before, strict=True):
            buffer.copy_(value)
