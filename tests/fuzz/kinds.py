"""The table of kinds, and what a kind is."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz.damage import Damage

#: Reads one case with the program; gives plain values to compare, or raises.
Read = Callable[[Path, Path], Any]


@dataclass(frozen=True)
class Command:
    """A command line that reads the case.

    ``{case}``, ``{victim}``, ``{project}`` and ``{out}`` stand in ``words`` for
    folders and files. Where ``same``, what it writes into ``{out}`` is what it writes
    for the good case, or the damaged file is named.
    """

    words: str
    same: bool = False


@dataclass(frozen=True)
class Kind:
    """Files of one kind.

    Attributes
    ----------
    name
        What it is called.
    make
        Writes a good case into a folder, with the program itself.
    victims
        A glob below the case; an input is the case with one of these damaged.
    damage
        How the file is damaged.
    read
        Gets the case and the damaged file, and returns what the program reads.
    truth
        Returns what else would be right, as other decoders read the file; without it
        only what the good case gives is right.
    commands
        Command lines that read the case.
    may_change
        How names begin of what the program writes into the case itself.
    may_say
        A regular expression: sentences with this need not name the file, and end a
        command with 1.
    """

    name: str
    make: Callable[[Path], object]
    victims: str
    damage: Damage | Mapping[str, Damage]
    read: Read
    truth: Callable[[Path, Path], Iterable[Any]] | None = None
    commands: tuple[Command, ...] = ()
    may_change: tuple[str, ...] = ()
    may_say: str = ""

    def files(self, case: Path) -> list[Path]:
        """Return the files that may be damaged."""
        return sorted(path for path in case.glob(self.victims) if path.is_file())

    def damage_of(self, victim: Path) -> Damage:
        """Return how a file is damaged: by its suffix, if the kind has several."""
        if isinstance(self.damage, Mapping):
            return self.damage[victim.suffix]
        return self.damage


KINDS: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Add kinds to the table."""
    KINDS.update({kind.name: kind for kind in kinds})


def register_all() -> None:
    """Add the kinds of this package."""
    for module in ("images", "tables", "stores", "learned", "studies"):
        importlib.import_module(f"tests.fuzz.{module}")


def digest(value: Any) -> Any:
    """Return a value as one that can be compared: arrays by shape, type and bytes."""
    if isinstance(value, Mapping):
        return {str(key): digest(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [digest(one) for one in value]
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray):
        found = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return f"{value.dtype} {value.shape} {found[:16]}"
    return value


class Anything:
    """Is equal to whatever the program reads: only how it ends is judged."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]
