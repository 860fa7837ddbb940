"""Several processes that do one work together, as ``torchrun`` starts them.

Every rank runs the same program; what they must agree on goes through `Ranks`. A work
of one process goes through it too, so that there is one way only.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import Failure, InputError, sentence_of

if TYPE_CHECKING:
    import torch
    from torch import Tensor

T = TypeVar("T")

#: A paused training keeps its ranks waiting; one that died is noticed at once anyway.
_PATIENCE = timedelta(days=30)

#: How long ranks wait for each other at the start.
_MEETING = timedelta(minutes=5)

#: Under which key a rank leaves word of its end.
_FAILED = "failed"


class OtherRankFailed(Failure):
    """The work cannot go on because another rank's did not."""


@dataclass(frozen=True)
class Ranks:
    """One process among those that do one work.

    Attributes
    ----------
    rank, size
        Its number from 0, and how many there are.
    store
        Where ranks leave word for each other, if there are several.
    """

    rank: int = 0
    size: int = 1
    store: Any = None

    @property
    def first(self) -> bool:
        """Whether this is the one that writes files and tells people."""
        return self.rank == 0

    def add(self, values: Tensor) -> Tensor:
        """Replace a tensor by its sum over the ranks, in place, and return it."""
        if self.size > 1:
            from torch import distributed

            distributed.all_reduce(values)
        return values

    def total(self, values: Sequence[float]) -> list[float]:
        """Return the sums over the ranks of a few numbers, the same on every rank."""
        if self.size == 1:
            return [float(value) for value in values]
        import torch

        total = self.add(torch.tensor(values, dtype=torch.float64))
        return [float(value) for value in total.tolist()]

    def any(self, value: bool) -> bool:
        """Say whether it is so on any rank."""
        return self.total([value])[0] > 0

    def gather(self, value: T) -> list[T]:
        """Return every rank's value, in their order, on every rank."""
        if self.size == 1:
            return [value]
        from torch import distributed

        every: list[Any] = [None] * self.size
        distributed.all_gather_object(every, value)
        return every

    def woven(self, own: Sequence[T]) -> list[T]:
        """Put together what each rank has of every ``size``-th item from ``rank``."""
        every = self.gather(list(own))
        longest = range(max(len(part) for part in every))
        return [part[i] for i in longest for part in every if i < len(part)]

    def spread(self, value: T) -> T:
        """Return the first rank's value on every rank."""
        if self.size == 1:
            return value
        from torch import distributed

        carried: list[Any] = [value]
        distributed.broadcast_object_list(carried)
        told: T = carried[0]
        return told

    @contextlib.contextmanager
    def telling(self) -> Iterator[None]:
        """Leave word of an exception, or name the rank that was the first to have one.

        Raises
        ------
        OtherRankFailed
            In place of what breaks here because another rank ended.
        """
        try:
            yield
        except BaseException as error:
            first = self._first_to_end(error)
            if first is None or first[0] == self.rank:
                raise
            raise OtherRankFailed(f"Rank {first[0]} ended: {first[1]}") from error

    def _first_to_end(self, error: BaseException) -> tuple[int, str] | None:
        """Return which rank ended first, and why; this one, if none did before."""
        if self.store is None:
            return None
        with contextlib.suppress(RuntimeError):  # who keeps the words may have gone
            if not self.store.check([_FAILED]):
                self.store.set(_FAILED, f"{self.rank} {sentence_of(error)}")
            rank, _, sentence = self.store.get(_FAILED).decode().partition(" ")
            return int(rank), sentence
        return None

    def device(self, device: torch.device) -> torch.device:
        """Return the device that is this rank's own, and make it the current one.

        Raises
        ------
        InputError
            If this machine has fewer GPUs than ranks, or they cannot be shared out.
        """
        import torch

        if self.size == 1 or device.type == "cpu":
            return device
        if device.type != "cuda":
            raise InputError(
                f"device {device.type} serves one process only: start one, or take "
                "--device cpu."
            )
        place, there = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
        if place >= there:
            raise InputError(
                f"This machine has {there} GPUs for more ranks than that: start "
                f"torchrun with --nproc-per-node={there}."
            )
        torch.cuda.set_device(place)
        return torch.device("cuda", place)


def launched_rank() -> int:
    """Return the rank that ``torchrun`` gave this process, 0 without it."""
    return int(os.environ.get("RANK", "0"))


@contextlib.contextmanager
def joined() -> Iterator[Ranks]:
    """Join the ranks that ``torchrun`` started; without it there is one.

    Where ``torch.distributed`` is initialised already, its ranks are taken.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Ranks()
        return
    import torch
    from torch import distributed

    if distributed.is_initialized():
        yield Ranks(distributed.get_rank(), distributed.get_world_size())
        return
    from torch.distributed.rendezvous import rendezvous

    store, rank, size = next(rendezvous("env://", timeout=_MEETING))
    # Small things are agreed on by processors, where an end elsewhere is an exception.
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    distributed.init_process_group(
        backend, store=store, rank=rank, world_size=size, timeout=_PATIENCE
    )
    ranks = Ranks(rank, size, store)
    with ranks.telling():
        yield ranks
    distributed.destroy_process_group()
