"""Epochs: train, validate, keep the best, and know when to end."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import Cancelled
from ..networks import CheckpointMeta, save_checkpoint
from .context import Context
from .gradient import Diverged
from .held import Held
from .loop import EpochOutcome, Trainer
from .schedule import Clock
from .validation import Validation, validate

#: Layout of ``last.pt``.
_LAST_VERSION = 1

#: What a score that chose the epoch and the rule must say of itself.
USED_FOR = "early stop and decision rule"


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


class Fit:
    """The epochs of one training.

    Parameters
    ----------
    context
        Settings and surroundings.
    held, validation
        Training and validation frames.
    n_test
        Frames to be scored after the last epoch, beside those that validate.
    provenance
        Goes into each checkpoint.
    """

    def __init__(
        self,
        context: Context,
        held: Held,
        validation: Held,
        n_test: int,
        provenance: Mapping[str, Any],
    ) -> None:
        config = context.config
        steps = -(-len(held) // config.batch)
        self._context, self._validation = context, validation
        self._provenance = provenance
        share, tested = len(validation) / len(held), n_test / len(validation)
        self._clock = Clock(config, steps, share, context.started, tested)
        self._trainer = Trainer(config, held, context.device, self._clock)
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """Go through the epochs.

        Raises
        ------
        Diverged
            If the loss is no longer a number; names the last good checkpoint.
        """
        try:
            for number in range(1, self._context.config.epochs + 1):
                try:
                    self._epoch(number)
                except Diverged as error:
                    raise self._explained(number, error) from None
                self.outcome.stopped = self._enough(number)
                if self.outcome.stopped:
                    break
        except Cancelled:
            self.outcome.stopped = "asked"
        return self.outcome

    def _epoch(self, number: int) -> None:
        context, outcome = self._context, self.outcome
        began = time.monotonic()
        trained = self._trainer.epoch(number, context.on_event, context.should_stop)
        outcome.images += trained.frames
        outcome.seconds += time.monotonic() - began
        before_validation = time.monotonic()
        found = validate(
            self._trainer.average.network,
            self._validation,
            context.config.presence_weight,
            context.on_event,
            context.should_stop,
        )
        if not math.isfinite(found.loss):
            raise Diverged("the validation loss is no longer a number")
        self._clock.validated(time.monotonic() - before_validation)
        outcome.epochs = number
        better = outcome.best is None or found.merit > outcome.best.merit
        if better:
            outcome.best_epoch, outcome.best = number, found
            self._keep(number, found)
        self._save_last(number)
        self._tell(number, trained, found, better, time.monotonic() - began)

    def _explained(self, number: int, error: Diverged) -> Diverged:
        kept = self.outcome.best_epoch
        left = (
            f"the best checkpoint so far, of epoch {kept}, is kept"
            if kept
            else "there is no checkpoint yet"
        )
        rate = self._context.config.learning_rate
        return Diverged(
            f"In epoch {number} {error}: {left}; train again with a learning_rate "
            f"below {rate:g}."
        )

    def _enough(self, number: int) -> str | None:
        config, best = self._context.config, self.outcome.best_epoch or number
        if self._clock.over:
            return "minutes"
        if config.patience and number - best >= config.patience:
            return "early"
        return None

    def _keep(self, number: int, found: Validation) -> None:
        """Write ``best.safetensors``."""
        config = self._context.config
        scores = {
            "competition_dice": found.dice,
            "dice_nerve_frames": found.dice_nerve,
            "blank_baseline": found.blank,
            "n_frames": len(self._validation),
            "used_for": USED_FOR,
        }
        meta = CheckpointMeta(
            network=config.network,
            network_args=config.network_args,
            input_size=config.size,
            preprocess=config.preprocess,
            threshold=found.rule.threshold,
            presence_threshold=found.rule.presence_threshold,
            min_area_share=found.rule.min_area_share,
            scores={"validation": scores},
            provenance={**self._provenance, "epoch": number},
        )
        folder = self._context.folder
        save_checkpoint(folder.best, self._trainer.average.network, meta)

    def _save_last(self, number: int) -> None:
        outcome = self.outcome
        assert outcome.best is not None
        state = {
            "version": _LAST_VERSION,
            "epoch": number,
            "config": self._context.config.to_json(),
            "best_epoch": outcome.best_epoch,
            "best_merit": list(outcome.best.merit),
            "clock_steps": self._clock.steps,
        }
        self._context.folder.save_last({**state, **self._trainer.state()})

    def _tell(
        self,
        number: int,
        trained: EpochOutcome,
        found: Validation,
        better: bool,
        seconds: float,
    ) -> None:
        event = {
            "event": "epoch",
            "epoch": number,
            "epochs": self._context.config.epochs,
            "train_loss": trained.loss,
            "val_loss": found.loss,
            "val_dice": found.dice,
            "val_dice_nerve": found.dice_nerve,
            "val_blank": found.blank,
            "learning_rate": trained.learning_rate,
            "seconds": seconds,
            "seconds_left": self._clock.seconds_left(number),
            "best": better,
        }
        self._context.folder.add_row(event)
        self._context.on_event(event)
