"""Cohen's kappa: how far two readers agree beyond what chance would give them.

Cohen, J. (1960), A coefficient of agreement for nominal scales, Educational and
Psychological Measurement 20, 37-46, https://doi.org/10.1177/001316446002000104
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def cohen_kappa(first: Sequence[str], second: Sequence[str]) -> float | None:
    """Return kappa of two readers' answers to the same questions.

    Parameters
    ----------
    first, second
        The answers, in the same order.

    Returns
    -------
    float or None
        1 is full agreement, 0 what chance gives; None without answers, or if both
        readers always gave one and the same answer, where chance explains all.
    """
    n = len(first)
    if n == 0:
        return None
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    ours, theirs = Counter(first), Counter(second)
    chance = sum(ours[answer] * theirs[answer] for answer in ours) / n**2
    return None if chance == 1 else (observed - chance) / (1 - chance)
