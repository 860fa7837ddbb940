"""The label store: append-only, durable, with undo as a record.

Every change is one row of ``actions`` with mask versions, statuses and a verdict
beside it. What holds is derived from that log (`derived`), in memory, action by action.
"""

from .proof import Proof, prove_store
from .records import (
    Action,
    GroupActionError,
    MaskChange,
    MaskVersion,
    Snapshot,
    UndoResult,
    VerdictRecord,
)
from .store import LabelStore
from .view import LabelView
from .words import STATUSES, VERDICTS
from .writer import StoreWriter

__all__ = [
    "STATUSES",
    "VERDICTS",
    "Action",
    "GroupActionError",
    "LabelStore",
    "LabelView",
    "MaskChange",
    "MaskVersion",
    "Proof",
    "Snapshot",
    "StoreWriter",
    "UndoResult",
    "VerdictRecord",
    "prove_store",
]
