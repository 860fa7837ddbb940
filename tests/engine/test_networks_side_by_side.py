"""Frames at once on the processor, and the memory that they leave each other."""

from __future__ import annotations

import inspect
import subprocess
import sys
import threading

import pytest
import torch

from training.networks.device import processor_threads
from training.networks.kept_memory import kept_memory
from training.networks.side_by_side import side_by_side

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def threads_of_before():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_as_many_work_at_once_as_torch_has_threads(number):
    torch.set_num_threads(number)
    together = threading.Barrier(number, timeout=20)  # broken if fewer come

    def work(item):
        together.wait()
        return 10 * item, torch.get_num_threads()

    found = list(side_by_side(work, range(2 * number)))
    assert found == [(k, (10 * k, 1)) for k in range(2 * number)]
    assert torch.get_num_threads() == number


def test_with_many_processors_each_takes_several():
    torch.set_num_threads(20)
    found = {n for _, n in side_by_side(lambda _: torch.get_num_threads(), range(9))}
    assert found == {2}
    assert torch.get_num_threads() == 20


def test_one_thread_stays_one():
    names = set()
    with processor_threads(1):
        for _ in side_by_side(lambda _: names.add(threading.get_ident()), range(9)):
            assert torch.get_num_threads() == 1
    assert len(names) == 1


def test_who_stops_early_gets_no_more_work_done():
    torch.set_num_threads(2)
    begun = []
    found = side_by_side(begun.append, range(1000))
    next(found)
    found.close()
    assert len(begun) < 20
    assert torch.get_num_threads() == 2


def test_an_error_comes_in_its_turn_and_leaves_the_threads_as_they_were():
    torch.set_num_threads(2)

    def work(item):
        if item == 3:
            raise ValueError("three")
        return item

    seen = []
    with pytest.raises(ValueError, match="three"):
        for item, _ in side_by_side(work, range(9)):
            seen.append(item)
    assert seen == [0, 1, 2]
    assert torch.get_num_threads() == 2


def cleared_pages(size: int) -> float:
    """Make a tensor of so many bytes; return the share of it that was cleared."""
    resource = pytest.importorskip("resource")  # which Windows lacks
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(size, dtype=torch.uint8)
    found = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    return found * resource.getpagesize() / size


def least_cleared(size: int) -> float:
    """Return the least share of twenty: memory that is kept is found by then."""
    return min(cleared_pages(size) for _ in range(20))


SPEAKS_TO_GLIBC = pytest.mark.skipif(sys.platform != "linux", reason="needs glibc")


@SPEAKS_TO_GLIBC
def test_memory_is_kept_inside_the_block_and_returned_after_it():
    large, small = 128 * 2**20, 48 * 2**20
    with kept_memory(CPU):
        cleared_pages(large)
        assert least_cleared(small) < 0.1
    assert cleared_pages(small) > 0.5


#: Prints the least share that is cleared of blocks of 1 and 8 MB once memory was kept.
AFTERWARDS = """
import torch
from training.networks.kept_memory import kept_memory

with kept_memory(torch.device("cpu")):
    torch.ones(64 * 2**20, dtype=torch.uint8)
for size in (2**20, 8 * 2**20):
    print(least_cleared(size))
"""


@SPEAKS_TO_GLIBC
def test_smaller_blocks_are_reused_after_it_as_if_it_had_not_been():
    # In a process of its own, whose limits nothing has moved before.
    parts = (cleared_pages, least_cleared)
    code = "import pytest\n" + "".join(map(inspect.getsource, parts)) + AFTERWARDS
    told = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert [float(share) < 0.2 for share in told.split()] == [True, True], told


@SPEAKS_TO_GLIBC
def test_memory_is_kept_until_the_last_of_several_blocks_ends():
    large, small = 128 * 2**20, 48 * 2**20
    first, second = kept_memory(CPU), kept_memory(CPU)
    with first:
        second.__enter__()
        cleared_pages(large)
    assert least_cleared(small) < 0.1
    second.__exit__(None, None, None)
    assert cleared_pages(small) > 0.5


def test_nothing_is_changed_for_a_gpu(monkeypatch):
    monkeypatch.setattr(
        "training.networks.kept_memory._glibc", lambda: pytest.fail("asked for")
    )
    with kept_memory(torch.device("cuda")):
        pass


def test_where_the_library_is_another_nothing_happens(monkeypatch):
    monkeypatch.setattr("training.networks.kept_memory.sys.platform", "darwin")
    monkeypatch.setattr(
        "training.networks.kept_memory._set", lambda *_: pytest.fail("asked for")
    )
    with kept_memory(CPU):
        pass
