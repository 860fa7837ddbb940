"""How many processors there are for us."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from training.data import parallel
from training.networks.device import processor_threads


@pytest.mark.parametrize(
    ("text", "n"),
    [("200000 100000\n", 2), ("150000 100000\n", 2), ("50000 100000\n", 1)],
)
def test_a_container_has_the_processors_that_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, n: int
) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(text)
    monkeypatch.setattr(parallel, "_QUOTA", file)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert parallel.n_threads() == n


@pytest.mark.parametrize("text", ["max 100000\n", "", None])
def test_without_a_limit_it_has_those_it_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    file = tmp_path / "cpu.max"
    if text is not None:
        file.write_text(text)
    monkeypatch.setattr(parallel, "_QUOTA", file)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert parallel.n_threads() == 64


def test_torch_takes_no_more_threads_than_there_are_processors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("training.networks.device.n_threads", lambda: 1)
    before = torch.get_num_threads()
    with processor_threads(None):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
