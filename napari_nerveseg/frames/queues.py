"""What a reviewer works through: frames, those that need a look most first.

Each queue is a name for people, a way to rank, and a sentence for when it is empty. The
ranking is taken once, at the start: frames do not move under the reviewer's hands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .. import _engine
from ..review.out_of_fold import fair_frames

if TYPE_CHECKING:
    from ..review.session import ReviewSession

Frames = tuple[str, ...]


@dataclass(frozen=True)
class Queue:
    """One way to go through the frames.

    Attributes
    ----------
    title, tip
        For people.
    rank
        Gives the frames, the most urgent first.
    empty
        What to say, with a remedy, if there are none.
    """

    title: str
    tip: str
    rank: Callable[[ReviewSession], Frames]
    empty: str


def start(session: ReviewSession, name: str) -> Frames:
    """Return the frames of a queue, the most urgent first; excluded ones are left out.

    Raises
    ------
    InputError
        If there is nothing to go through; the message says what would help.
    """
    queue = QUEUES[name]
    excluded = session.store.excluded()
    frames = tuple(f for f in queue.rank(session) if f not in excluded)
    if not frames:
        raise _engine.InputError(queue.empty)
    return frames


def suspicion(
    dice: npt.NDArray[np.float64], presence: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return how much a label is to be doubted, (N,) float64 in [0, 1].

    The share on which label and prediction differ, 1 - Dice, times how sure the model
    is whether there is a nerve at all, max(p, 1 - p): a confident contradiction comes
    before a hesitant one, as in confident learning (Northcutt, Jiang and Chuang 2021,
    doi:10.1613/jair.1.12125). NaN where the Dice is unknown; an unknown presence
    counts as certain.

    Parameters
    ----------
    dice
        (N,) of label and out-of-fold prediction, in [0, 1].
    presence
        (N,) probability that the frame shows a nerve, in [0, 1].
    """
    certainty = np.where(np.isnan(presence), 1.0, np.maximum(presence, 1.0 - presence))
    doubt: npt.NDArray[np.float64] = (1.0 - dice) * certainty
    return doubt


def _conflicts(session: ReviewSession) -> Frames:
    waiting = sorted(session.conflicts("open"), key=lambda c: -(c.harm or 0.0))
    return tuple(dict.fromkeys(frame for c in waiting for frame in c.frames))


def _worst_dice(session: ReviewSession) -> Frames:
    return _by_number(session, -session.columns()["dice"])


def _uncertain(session: ReviewSession) -> Frames:
    return _by_number(session, session.columns()["uncertainty"])


def _label_errors(session: ReviewSession) -> Frames:
    predictions = session.predictions
    fair = fair_frames(session.dataset, predictions.loaded) - predictions.live
    columns = session.columns()
    known = [predictions.presence(frame) for frame in session.dataset.ids]
    presence = np.array([np.nan if p is None else p for p in known], dtype=float)
    doubt = suspicion(columns["dice"], presence)
    doubt[~np.isin(columns["frame"], sorted(fair))] = np.nan
    doubt[doubt == 0] = np.nan
    return _by_number(session, doubt)


def _with_status(status: str) -> Callable[[ReviewSession], Frames]:
    def rank(session: ReviewSession) -> Frames:
        columns = session.columns()
        return tuple(columns["frame"][columns["status"] == status].tolist())

    return rank


def _by_number(session: ReviewSession, urgency: npt.NDArray[np.float64]) -> Frames:
    """Return the frames whose urgency is known, the highest first."""
    order = np.argsort(-urgency, kind="stable")  # NaN comes last
    order = order[: np.count_nonzero(~np.isnan(urgency))]
    return tuple(session.columns()["frame"][order].tolist())


#: All queues by name, in the order of the menu.
QUEUES = {
    "conflicts": Queue(
        "Conflicts",
        "Frames of open conflicts, the costliest first; W shows them side by side",
        _conflicts,
        "No conflict is open; search for near-duplicates in the tab Conflicts.",
    ),
    "worst-dice": Queue(
        "Worst Dice",
        "Frames on which prediction and ground truth differ most",
        _worst_dice,
        "No Dice is known; load predictions in the tab Predict.",
    ),
    "uncertain": Queue(
        "Highest uncertainty",
        "Frames on which flips or the members of an ensemble disagree most",
        _uncertain,
        "No uncertainty is known: tick it where you predict frames, or load it.",
    ),
    "label-errors": Queue(
        "Suspected label errors",
        "Where a model that never saw the subject contradicts the label most surely",
        _label_errors,
        "No out-of-fold prediction contradicts its label.",
    ),
    "unreviewed": Queue(
        "Unreviewed",
        "Frames that nobody has judged yet",
        _with_status("unreviewed"),
        "Every frame has been judged.",
    ),
    "flagged": Queue(
        "Flagged",
        "Frames that somebody wanted to come back to",
        _with_status("flagged"),
        "No frame is flagged.",
    ),
}
