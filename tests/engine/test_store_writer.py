"""The writing thread: in order, counted, and no failure lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from training.data.store import LabelStore, MaskChange, StoreWriter
from training.errors import InputError

WAIT = 30


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LabelStore]:
    with LabelStore.open(tmp_path / "labels.sqlite") as opened:
        yield opened


@pytest.fixture
def writer(store: LabelStore) -> Iterator[StoreWriter]:
    opened = StoreWriter(store)
    yield opened
    opened.close()


def test_calls_happen_in_order_in_one_other_thread(
    store: LabelStore, writer: StoreWriter
) -> None:
    threads = [writer.submit(threading.get_ident) for _ in range(3)]
    futures = [
        writer.submit(store.act, "status", statuses={"1_1": status})
        for status in ("approved", "flagged", "excluded")
    ]
    assert [future.result(WAIT) for future in futures] == [1, 2, 3]
    assert store.status("1_1") == "excluded"
    idents = {future.result(WAIT) for future in threads}
    assert len(idents) == 1
    assert threading.get_ident() not in idents


def test_pending_counts_what_is_not_yet_done(writer: StoreWriter) -> None:
    gate = threading.Event()
    futures = [writer.submit(gate.wait, WAIT), writer.submit(int)]
    assert writer.pending == 2
    gate.set()
    writer.flush()
    assert all(future.done() for future in futures)
    assert writer.pending == 0


def test_a_failure_comes_out_of_its_future_and_stops_nothing(
    store: LabelStore, writer: StoreWriter
) -> None:
    bad = writer.submit(store.act, "status", statuses={"1_1": "done"})
    good = writer.submit(store.act, "status", statuses={"1_1": "flagged"})
    writer.flush()
    with pytest.raises(InputError, match="'done' is no status"):
        bad.result(WAIT)
    assert good.result(WAIT) == 1


def test_close_finishes_what_is_pending(store: LabelStore, writer: StoreWriter) -> None:
    change = MaskChange(np.ones((64, 80), bool), "painted")
    for n in range(20):
        writer.submit(store.act, "paint", masks={f"1_{n}": change})
    writer.close()
    assert len(store.edited()) == 20
    with pytest.raises(RuntimeError):
        writer.submit(int)


def test_reading_does_not_wait_for_a_write(
    store: LabelStore, writer: StoreWriter
) -> None:
    store.act("paint", masks={"1_1": MaskChange(np.ones((4, 4), bool), "painted")})
    inside, gate = threading.Event(), threading.Event()

    def hold() -> None:
        with store._transaction():
            inside.set()
            gate.wait(WAIT)

    held = writer.submit(hold)
    assert inside.wait(WAIT)
    assert store.current_area("1_1") == 16
    mask = store.current_mask("1_1")
    assert mask is not None
    assert mask.all()
    assert not held.done()
    gate.set()
    held.result(WAIT)
