"""What every test shares: no network, seeded, the real frames where there are any."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def real_data() -> Path:
    """The folder of real frames, or a skip that says how to get one."""
    where = os.environ.get("NERVESEG_DATA")
    if not where or not Path(where).is_dir():
        pytest.skip("NERVESEG_DATA names no folder of real frames")
    return Path(where).resolve()


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            raise AssertionError(f"a test asked the network for {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", local_only)


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded generator."""
    return np.random.default_rng(0)
