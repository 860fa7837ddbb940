"""Near-duplicate frames: the exact SSIM join, groups of duplicates, conflicts.

``find_similar_pairs`` works on arrays, ``find_duplicates`` on a data set with labels;
``regroup`` judges its stored pairs again after the labels have changed; ``plan_rule``
and ``conflict_record`` say what a bulk rule would do and who decided what. Importing
this package loads NumPy and nothing heavier.
"""

from __future__ import annotations

from .conflicts import conflict_kind, mask_dice
from .groups import group_pairs, min_ssim_bound
from .join import find_similar_pairs
from .pairs import SimilarPairs
from .record import ConflictRecord, conflict_record
from .report import DuplicatePair, DuplicateReport, Group, MasksOf, regroup
from .rules import RULES, Change, RulePlan, apply_rule, plan_rule
from .search import find_duplicates, stored_search
from .stored import StoredPairs, load_duplicates

__all__ = [
    "RULES",
    "Change",
    "ConflictRecord",
    "DuplicatePair",
    "DuplicateReport",
    "Group",
    "MasksOf",
    "RulePlan",
    "SimilarPairs",
    "StoredPairs",
    "apply_rule",
    "conflict_kind",
    "conflict_record",
    "find_duplicates",
    "find_similar_pairs",
    "group_pairs",
    "load_duplicates",
    "mask_dice",
    "min_ssim_bound",
    "plan_rule",
    "regroup",
    "stored_search",
]
