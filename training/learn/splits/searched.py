"""Duplicate groups, and what is known of the search that found them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class DuplicateSearch:
    """A search for near-duplicates, as a split remembers it.

    Attributes
    ----------
    settings
        Its settings in words.
    across_subjects
        Whether frames of different subjects were compared.
    n_unsearched
        How many frames are new or were changed since.
    """

    settings: str
    across_subjects: bool
    n_unsearched: int = 0

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> DuplicateSearch | None:
        """Read what ``vars`` gave; `TypeError` if it is something else."""
        return None if value is None else cls(**value)


@dataclass(frozen=True)
class DuplicateGroups:
    """Groups of near-duplicates; iterates over them.

    Attributes
    ----------
    groups
        Frame ids, two or more a group.
    search
        What found them; None: nobody has searched, or nobody knows.
    """

    groups: tuple[tuple[str, ...], ...] = ()
    search: DuplicateSearch | None = None

    @classmethod
    def of(cls, groups: Iterable[Sequence[str]]) -> DuplicateGroups:
        """Return groups as they are, or plain ones as those of an unknown search."""
        if isinstance(groups, cls):
            return groups
        return cls(tuple(tuple(group) for group in groups))

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        return iter(self.groups)

    @property
    def are_known(self) -> bool:
        """Whether an empty list means that there are none."""
        return self.search is not None or bool(self.groups)
