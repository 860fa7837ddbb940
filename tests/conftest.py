"""What every test shares: no network, seeded, the real frames where there are any."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# The same examples every time; a busy machine is no failure.
settings.register_profile("shared", deadline=None, derandomize=True)
settings.load_profile("shared")


def pytest_configure(config: pytest.Config) -> None:
    """Give each of several test processes a screen of its own, where there is Xvfb.

    Windows of two processes on one screen take the focus from each other.
    """
    if "PYTEST_XDIST_WORKER" in os.environ and shutil.which("Xvfb"):
        screen = _new_screen()
        config.add_cleanup(screen.wait)  # the last one in goes first
        config.add_cleanup(screen.terminate)


def _new_screen() -> subprocess.Popen[bytes]:
    reader, writer = os.pipe()
    words = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1920x1200x24"]
    screen = subprocess.Popen(
        [*words, "-nolisten", "tcp"], pass_fds=(writer,), stderr=subprocess.DEVNULL
    )
    os.close(writer)
    with os.fdopen(reader) as said:
        os.environ["DISPLAY"] = f":{said.readline().strip()}"
    os.environ.pop("XAUTHORITY", None)
    return screen


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
