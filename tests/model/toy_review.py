"""A small data set of twins, and a session on it that keeps what it said."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from napari_nerveseg.review.session import ReviewSession
from tests.toys import Frame, Mask, disc, smooth_frame, write_kaggle
from training.duplicates.stored import StoredPairs

SHAPE = (64, 80)
NERVE = disc(SHAPE, (30, 40), 12)
#: Overlaps NERVE by a Dice of about 0.4.
SHIFTED = disc(SHAPE, (30, 55), 12)
EMPTY = np.zeros(SHAPE, dtype=bool)


def frames() -> dict[str, tuple[Frame, Mask | None]]:
    """Seven frames: an empty-versus-nerve twin, a shape triple, a pair, a loner."""
    return {
        "1_1": (smooth_frame(1), EMPTY),
        "1_2": (smooth_frame(1), NERVE),
        "1_3": (smooth_frame(2), NERVE),
        "1_4": (smooth_frame(2), NERVE),
        "1_5": (smooth_frame(2), SHIFTED),
        "2_1": (smooth_frame(3), NERVE),
        "2_2": (smooth_frame(3), None),
    }


PAIRS = [("1_1", "1_2"), ("1_3", "1_4"), ("1_4", "1_5"), ("2_1", "2_2")]
TWINS = ("1_1", "1_2")
TRIPLE = ("1_3", "1_4", "1_5")


def stored(session: ReviewSession, pairs: Iterable[tuple[str, str]]) -> StoredPairs:
    """Return pairs as a search would have found them."""
    ids = session.dataset.ids
    ends = [(ids.index(a), ids.index(b)) for a, b in pairs]
    return StoredPairs(
        ids=ids,
        hashes=("",) * len(ids),
        i=np.array([i for i, _ in ends], np.int64),
        j=np.array([j for _, j in ends], np.int64),
        ssim=np.full(len(ends), 0.995),
        complete=True,
        n_compared=len(ends),
        threshold=0.99,
        window="uniform7",
        scope="subject",
        seconds=0.1,
    )


class ToyReview:
    """A session and the record of its signals."""

    def __init__(self, session: ReviewSession) -> None:
        self.session = session
        self.changed: list[tuple[str, ...]] = []
        self.said: list[tuple[str, str]] = []
        self.pending: list[int] = []
        session.frames_changed.connect(self.changed.append)
        session.message.connect(lambda level, text: self.said.append((level, text)))
        session.pending_changed.connect(self.pending.append)

    def mask(self, frame: str) -> Mask:
        """Return a mask that has to be there."""
        mask = self.session.mask(frame)
        assert mask is not None
        return mask

    def search(self, pairs: Iterable[tuple[str, str]] = PAIRS) -> None:
        """Take the pairs over and judge them all."""
        self.session.take_duplicates(stored(self.session, pairs))
        while self.session.work(1.0):
            pass

    def states(self) -> dict[tuple[str, ...], str]:
        """Return the state of every group in the list."""
        return {c.frames: c.state for c in self.session.conflicts()}


def write(folder: Path) -> Path:
    """Write the frames in Kaggle's layout."""
    return write_kaggle(folder / "frames", frames())
