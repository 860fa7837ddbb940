"""What a person should decide about how a folder is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._engine import Problem, Scan

#: Kinds of problems that another choice of `Reading` may end, the gravest first.
_KINDS = (
    "mask-like",
    "polarity",
    "mask-elsewhere",
    "overlap",
    "several-rules",
    "joined",
    "none-marked",
    "one-label",
    "masks-beside",
    "left-out",
    "mask-without-frame",
    "orientation",
    "grey-range",
    "other-labels",
    "no-subject",
    "pages-from-one",
    "pages-fewer",
)


def doubts(scan: Scan | None) -> tuple[Problem, ...]:
    """Return the problems of a scan that a choice may end, the gravest first."""
    problems = () if scan is None else scan.problems
    found = [one for one in problems if one.kind in _KINDS]
    return tuple(sorted(found, key=lambda one: _KINDS.index(one.kind)))
