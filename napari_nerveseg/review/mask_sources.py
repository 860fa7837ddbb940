"""Where masks to compare come from: label versions and predictions, by a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import _engine
from .actions import Mask

if TYPE_CHECKING:
    from .._engine import LabelView
    from .session import ReviewSession

NOW, FOLDER, PREDICTED = "Labels now", "Labels of the folder", "Predictions shown"

#: Snapshots that are offered, the newest ones.
OFFERED = 20


@dataclass(frozen=True, eq=False)
class MaskSource:
    """Masks by frame.

    Parameters
    ----------
    name
        What they are, for people.
    mask
        Returns a frame's (H, W) bool mask or None; any thread may call it.
    """

    name: str
    mask: Callable[[str], Mask | None]


def sources(session: ReviewSession) -> list[MaskSource]:
    """Return what the session itself can compare: labels, predictions, snapshots."""
    found = [
        MaskSource(NOW, _labels(session, session.store)),
        MaskSource(FOLDER, _labels(session, None)),
    ]
    if session.predictions.ids:
        found.append(MaskSource(PREDICTED, _quiet(session.predictions.fresh_mask)))
    for snapshot in reversed(session.store.snapshots()[-OFFERED:]):
        when = snapshot.time[:16].replace("T", " ")
        name = " ".join(("Snapshot of", when, snapshot.note)).strip()
        view = session.store.at(snapshot.id)
        found.append(MaskSource(name, _labels(session, view)))
    return found


def other_predictions(session: ReviewSession, path: Path) -> MaskSource:
    """Return the predictions in a folder or submission, beside those shown.

    Raises
    ------
    InputError
        If there are none.
    """
    found = _engine.open_predictions(path, session.shape, session.dataset.ids)

    def read(frame: str) -> Mask | None:
        return found.mask(frame, session.shape(frame))

    return MaskSource(f"Predictions {found.path.name}", _quiet(read))


def _labels(
    session: ReviewSession, view: LabelView | None
) -> Callable[[str], Mask | None]:
    """Return a reader of labels as one view has them, over the folder's own."""

    def read(frame: str) -> Mask | None:
        mask = None if view is None else view.current_mask(frame)
        return session.dataset.mask(frame) if mask is None else mask

    return _quiet(read)


def _quiet(read: Callable[[str], Mask | None]) -> Callable[[str], Mask | None]:
    """Return ``read`` with None for what cannot be read."""

    def quiet(frame: str) -> Mask | None:
        try:
            return read(frame)
        except _engine.InputError:
            return None

    return quiet
