"""Whether the loaded predictions still are of these pictures and of that checkpoint."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from .. import _engine

if TYPE_CHECKING:
    from pathlib import Path

    from .._engine import PredictionSet, Scan
    from .session import ReviewSession

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
