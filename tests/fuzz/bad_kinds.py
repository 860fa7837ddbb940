"""Readers as they must not be, to see that the harness notices."""

from __future__ import annotations

import ctypes
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from tests.fuzz.kinds import Command, Kind, register
from training.errors import InputError

GOOD = b"good"


def _make(case: Path) -> None:
    (case / "file.txt").write_bytes(GOOD)


def _damage(_rng: Random, _data: bytes) -> bytes:
    return b"damaged"


def _crash(_case: Path, victim: Path) -> Any:
    return victim.read_bytes() == GOOD or ctypes.string_at(0)


def _hang(_case: Path, victim: Path) -> Any:
    while victim.read_bytes() != GOOD:
        pass


def _bomb(_case: Path, victim: Path) -> Any:
    size = 1 if victim.read_bytes() == GOOD else 9 << 28
    return int(np.ones(size, np.uint8).sum() > 0)


def _swell(_case: Path, victim: Path) -> Any:
    size = 1 if victim.read_bytes() == GOOD else 5 << 28
    return int(np.ones(size, np.uint8).sum() > 0)


def _trace(_case: Path, victim: Path) -> Any:
    return {GOOD: 1}[victim.read_bytes()]


def _wrong(_case: Path, victim: Path) -> Any:
    return victim.read_bytes().decode()


def _mumble(_case: Path, victim: Path) -> Any:
    if victim.read_bytes() != GOOD:
        raise InputError("Something is wrong.")


def _chatter(_case: Path, victim: Path) -> Any:
    if victim.read_bytes() != GOOD:
        print("a library says something")


def _meddle(_case: Path, victim: Path) -> Any:
    if victim.read_bytes() != GOOD:
        victim.write_bytes(GOOD)


def _litter(case: Path, victim: Path) -> Any:
    if victim.read_bytes() != GOOD:
        (case.parent / ".out-0123abcd.txt").touch()


def _right(_case: Path, victim: Path) -> Any:
    if victim.read_bytes() != GOOD:
        raise InputError(f"{victim} is damaged: copy it again.")


READERS = {
    "crash": _crash,
    "hang": _hang,
    "bomb": _bomb,
    "swell": _swell,
    "trace": _trace,
    "wrong": _wrong,
    "mumble": _mumble,
    "chatter": _chatter,
    "meddle": _meddle,
    "litter": _litter,
    "right": _right,
}
_COMMAND = Command("scan {case} --project {project}")

register(
    *(
        Kind(f"bad-{name}", _make, "*.txt", _damage, read, commands=(_COMMAND,))
        for name, read in READERS.items()
    )
)
