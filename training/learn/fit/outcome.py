"""How the epochs of a training went so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..text import counted
from .rule import saved_rule
from .validation import Validation


@dataclass
class Outcome:
    """How the epochs went.

    Attributes
    ----------
    epochs
        Finished epochs.
    best_epoch, best
        The epoch that was kept, and its validation; None before the first.
    stopped
        ``asked``, ``early``, ``minutes``, or None if all epochs were done.
    images, seconds
        Training frames seen in all, and the time that took.
    """

    epochs: int = 0
    best_epoch: int | None = None
    best: Validation | None = None
    stopped: str | None = None
    images: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return plain values, for ``last.pt``; an end is not carried over."""
        return {**asdict(self), "stopped": None}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Outcome:
        """Return what `to_json` was called on.

        Raises
        ------
        TypeError, KeyError, ValueError
            If these are other values.
        """
        best = values["best"]
        if best is not None:
            best = Validation(**{**best, "rule": saved_rule(best["rule"])})
        return cls(**{**values, "best": best})

    def describe(self, there: bool = True) -> str:
        """Say in one sentence how a training ended and what is kept of it.

        Parameters
        ----------
        there
            Whether the best checkpoint's file still is.
        """
        if self.best is None:
            return (
                "Stopped before the end of the first epoch: there is no checkpoint yet."
            )
        epochs = counted(self.epochs, "epoch")
        kept = (
            f"the best checkpoint, of epoch {self.best_epoch} with a validation Dice of"
            f" {self.best.dice:.3f}, {'is kept' if there else 'was removed meanwhile'}"
        )
        why = {
            "asked": f"Stopped as asked after {epochs}",
            "early": f"Ended after {epochs}, as the score no longer rose",
            "minutes": f"The time was used up after {epochs}",
            None: f"All {epochs} are done" if self.epochs != 1 else "The epoch is done",
        }[self.stopped]
        return f"{why}: {kept}."

    @property
    def rate(self) -> float | None:
        """Training frames a second."""
        return self.images / self.seconds if self.seconds else None
