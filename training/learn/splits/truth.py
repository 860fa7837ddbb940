"""What validation and test frames are scored against."""

from __future__ import annotations

from collections.abc import Iterable

from ...data import DataSet
from ..preloaded import Mask, TrainingLabels
from .score_caveats import CLEANED, drawn_truths


class Truth:
    """The source's masks, and the labels' where the source has none.

    A source mask is the truth whatever the labels say: a score on mended masks could
    not be compared with anything. A frame that came without a mask has no other truth
    than what was drawn.

    Parameters
    ----------
    dataset, labels
        The source's masks, and those that people mended and drew.
    clean
        Take the labels' masks instead, and say so beside every score.

    Attributes
    ----------
    drawn
        The frames asked for so far whose mask was a label.
    """

    def __init__(
        self, dataset: DataSet, labels: TrainingLabels, clean: bool = False
    ) -> None:
        self._dataset, self._labels, self._clean = dataset, labels, clean
        self.drawn: set[str] = set()

    def mask(self, frame_id: str) -> Mask | None:
        """Return a frame's (H, W) bool mask, None if nobody made one.

        Raises
        ------
        InputError
            If it cannot be read or has another size than its frame.
        """
        mask = None if self._clean else self._dataset.mask(frame_id)
        if mask is None:
            mask = self._labels.mask(frame_id)
            if mask is not None:
                self.drawn.add(frame_id)
        return mask

    def drawn_among(self, ids: Iterable[str]) -> list[str]:
        """Return those of the frames whose mask was a label, in the order given."""
        return [name for name in ids if name in self.drawn]

    def warnings(self, ids: Iterable[str]) -> list[str]:
        """Say what the score is not against a source's mask, if anything."""
        if self._clean:
            return [CLEANED]
        n = len(self.drawn_among(ids))
        return [drawn_truths(n)] if n else []
