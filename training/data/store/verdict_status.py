"""What a verdict does to its frames' statuses, and takes back of an older one's."""

from __future__ import annotations

from .derived_state import DerivedState
from .records import Entry, VerdictRecord
from .words import DEFAULT_STATUS, VERDICT_STATUS


def verdict_statuses(verdict: VerdictRecord, ledger: DerivedState) -> dict[str, str]:
    """Return the statuses that belong to a new verdict.

    ``exclude`` and ``redraw`` give theirs to the frames that they are about. Where the
    verdict takes the place of such a one, frames get back the status that they had
    before, unless somebody has set another meanwhile.

    Parameters
    ----------
    verdict
        What is decided now.
    ledger
        What is in effect before.
    """
    statuses = {}
    for frame in verdict.group:
        before = _status_before(verdict, frame, ledger)
        if before is not None:
            statuses[frame] = before
    if verdict.verdict in VERDICT_STATUS:
        own = VERDICT_STATUS[verdict.verdict]
        statuses |= dict.fromkeys(verdict.concerned, own)
    return statuses


def _status_before(
    verdict: VerdictRecord, frame: str, ledger: DerivedState
) -> str | None:
    """Return a frame's status without verdicts replaced now; None: there is none."""
    kept = live = ledger.live(("status", frame))
    while kept and _is_replaced(kept[-1], frame, verdict):
        kept = kept[:-1]
    if len(kept) == len(live):
        return None
    return kept[-1].statuses[frame] if kept else DEFAULT_STATUS


def _is_replaced(entry: Entry, frame: str, verdict: VerdictRecord) -> bool:
    older = entry.verdict
    return (
        older is not None
        and entry.statuses[frame] == VERDICT_STATUS.get(older.verdict)
        and verdict.replaces(older, frame)
    )
