"""Frames on which two sources of masks differ, as a list for Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .line_list import LineList

if TYPE_CHECKING:
    from ..model.comparison import Difference


class DifferenceList(LineList):
    """One line a frame, in the order given."""

    def words(self, item: Difference) -> str:
        """Return a difference in one line."""
        return difference_words(item)


def difference_words(line: Difference) -> str:
    """Return a difference in one line."""
    a, b = (f"{area:,} px" if area else "empty" for area in line.areas)
    return f"{line.frame}   Dice {line.dice:.3f}   A {a} · B {b}"
