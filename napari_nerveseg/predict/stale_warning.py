"""Warns, once, of predictions that are of other pictures or of another checkpoint."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject

from .. import _engine
from ..window.context import ReviewContext

if TYPE_CHECKING:
    from pathlib import Path

    from .._engine import PredictionSet, Scan
    from ..review.session import ReviewSession


#: Frames that a sentence names before it only counts.
NAMED = 4


def prediction_warnings(session: ReviewSession) -> list[str] | None:
    """Return what is out of date in the loaded predictions, one sentence each.

    None if that cannot be told yet: nothing is loaded, or nobody has looked at the
    frames in this session.
    """
    loaded, scan = session.predictions.loaded, session.scan
    if loaded is None or scan is None or not session.found.proved:
        return None
    changed = _changed_pictures(loaded, scan)
    said = [] if not changed else [_words_of_pictures(changed)]
    return [*said, *_changed_checkpoint(loaded, session.project.root / "runs")]


def _changed_pictures(loaded: PredictionSet, scan: Scan) -> list[str]:
    today = {frame.id: frame.sha256 for frame in scan.frames}
    return _engine.changed_frames(loaded, today.get)


def _words_of_pictures(changed: list[str]) -> str:
    named = ", ".join(changed[:NAMED])
    more = f" and {len(changed) - NAMED:,} more" if len(changed) > NAMED else ""
    verb = "has" if len(changed) == 1 else "have"
    return (
        f"The picture of {named}{more} {verb} changed since it was predicted; predict"
        " again before you trust the prediction."
    )


def _changed_checkpoint(loaded: PredictionSet, runs: Path) -> list[str]:
    """Say so if the run of the predictions' name has another best checkpoint now."""
    checkpoint = runs / loaded.path.name / _engine.BEST
    then = loaded.checkpoint_sha256
    if then is None or not checkpoint.is_file():
        return []
    with checkpoint.open("rb") as file:
        today = hashlib.file_digest(file, "sha256").hexdigest()
    if today == then:
        return []
    return [
        f"The checkpoint of run {loaded.path.name} has changed since these predictions"
        " were made; predict again to see what it says now."
    ]


class StaleWarning(QObject):
    """Looks at each set of predictions as soon as the frames' hashes are known."""

    def __init__(self, context: ReviewContext) -> None:
        super().__init__(context)
        self._context = context
        self._looked_at: object = None
        context.predictions_changed.connect(self._look)
        context.table_changed.connect(self._look)

    def _look(self) -> None:
        session = self._context.session
        if session is None or session.predictions.loaded is self._looked_at:
            return
        warnings = prediction_warnings(session)
        if warnings is None:
            return
        self._looked_at = session.predictions.loaded
        for warning in warnings:
            self._context.say("warning", warning)
