"""One search by several processes, as ``torchrun`` starts them.

Every rank holds (or maps) all frames, takes its share of the comparisons, and gets
the whole answer. Summaries are made on every rank: they cost little beside what they
spare.
"""

from __future__ import annotations

from ..errors import InputError
from ..ranks import Ranks
from .pairs import Basket


def this_rank() -> tuple[int, int]:
    """Return this process's rank and the number of ranks.

    Raises
    ------
    InputError
        If ``torch.distributed`` has not been initialised.
    """
    from torch import distributed

    if not (distributed.is_available() and distributed.is_initialized()):
        raise InputError(
            "A search over ranks needs torch.distributed; call init_process_group "
            "first, in processes that torchrun started."
        )
    return distributed.get_rank(), distributed.get_world_size()


def exchange(basket: Basket) -> None:
    """Put what the other ranks found into this rank's basket; all ranks must call."""
    ranks = Ranks(*this_rank())
    for other, contents in enumerate(ranks.gather(basket.contents())):
        if other != ranks.rank:
            basket.take_over(*contents)
