"""Near-duplicate frames: the exact SSIM join, groups of duplicates, conflicts.

``find_similar_pairs`` works on arrays, ``find_duplicates`` on a data set with labels;
``regroup`` judges its stored pairs again after the labels have changed. Importing this
package loads NumPy and nothing heavier.
"""

from __future__ import annotations

from .conflicts import conflict_kind, mask_dice
from .groups import group_pairs, min_ssim_bound
from .join import find_similar_pairs
from .pairs import SimilarPairs
from .report import DuplicateReport, Group, MaskSource, Pair, regroup
from .search import find_duplicates
from .stored import StoredPairs, load_duplicates

__all__ = [
    "DuplicateReport",
    "Group",
    "MaskSource",
    "Pair",
    "SimilarPairs",
    "StoredPairs",
    "conflict_kind",
    "find_duplicates",
    "find_similar_pairs",
    "group_pairs",
    "load_duplicates",
    "mask_dice",
    "min_ssim_bound",
    "regroup",
]
