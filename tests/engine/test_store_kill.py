"""A writing process is killed again and again; nothing that it committed is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.soak.writers import check_masks, check_rows, start, write_and_kill
from training.data.store import LabelStore


def test_kill_after_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    rng = np.random.default_rng(0)
    said: list[Any] = []
    for seed in range(15):
        n_lines = int(rng.integers(2, 25))
        said += write_and_kill(path, seed, n_lines, rng.uniform(0, 0.02))
        check_rows(path, said)
    assert len(said) > 100
    with LabelStore.open(path) as store:
        # At most the change in progress was committed and not yet said.
        acts = [action for action in store.history() if action.undoes is None]
        assert len(said) <= len(acts) <= len(said) + 15
        check_masks(store, store.edited())
        assert store.act("status", statuses={"1_1": "approved"}) == store.last_action


def test_a_kill_while_the_store_is_made_leaves_one_that_opens(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for n in range(5):
        path = tmp_path / f"{n}" / "labels.sqlite"
        said = write_and_kill(path, n, 1, rng.uniform(0, 0.01))
        with LabelStore.open(path) as store:
            assert len(said) <= len(store.history())


def test_others_read_whole_actions_while_one_writes(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    with start(path, 0) as process:
        assert process.stdout is not None
        for _ in range(2):
            process.stdout.readline()
        with LabelStore.open(path) as one, LabelStore.open(path) as two:
            while one.last_action < 60:
                one.refresh()
                check_view(one)
            # The reader that looks seldom arrives at the same labels.
            process.kill()
            process.wait()
            assert one.refresh() == two.refresh()
            assert one.snapshot_id == two.snapshot_id
            check_view(two)


def check_view(store: LabelStore) -> None:
    for action in store.history()[-3:]:
        assert len(action.frames) == 3
    check_masks(store, list(store.edited())[:2])
