"""Epochs: train, validate, keep the best, and know when to end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...errors import Cancelled, Failure, InputError
from ...events import message
from ...networks import CheckpointMeta, save_checkpoint
from ..folder.state import Saved, save_last
from ..preloaded import PreloadedFrames
from .board import Board
from .context import Context
from .failures import explained
from .gradient import Diverged
from .loop import EpochOutcome, Trainer
from .norms import FROZEN, are_frozen
from .outcome import Outcome
from .pictures import PREVIEW, Pictures
from .saved_check import check_course
from .schedule import Clock
from .usage import memory_gb
from .validation import Validation, validate

#: What a score that chose the epoch and the rule must say of itself.
USED_FOR = "early stop and decision rule"


#: What a state that is none raises, wherever that shows.
_NO_STATE = (
    RuntimeError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
)


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
    saved
        The state to go on from.

    Raises
    ------
    InputError
        If that state does not fit the settings.
    """

    def __init__(
        self,
        context: Context,
        held: PreloadedFrames,
        validation: PreloadedFrames,
        n_test: int,
        provenance: Mapping[str, Any],
        saved: Saved | None = None,
    ) -> None:
        config = context.config
        if saved is not None:  # which brings its weights
            config = replace(config, pretrained=False, init_from="")
        steps = -(-len(held) // config.batch)
        self._context, self._validation = context, validation
        self._provenance = provenance
        share, tested = len(validation) / len(held), n_test / len(validation)
        self._clock = Clock(config, steps, share, context.started, tested, context.now)
        self._trainer = Trainer(
            config, held, context.device, self._clock, context.ranks, context.on_event
        )
        self._pictures = Pictures(validation)
        self._rows: list[dict[str, Any]] = []
        self._kept: int | None = None  # the epoch that the best checkpoint is of
        self.outcome = Outcome()
        if saved is not None:
            self._restore(saved)
        self._board = self._open_board()

    def run(self) -> Outcome:
        """Go through the epochs that are left.

        Raises
        ------
        Failure
            If the loss is no longer a number, the disk is full, memory is short or the
            GPU fails; names the last good checkpoint.
        """
        context = self._context
        if are_frozen(self._trainer.network, context.ranks, context.device):
            message(context.on_event, FROZEN, "warning")
        if self.outcome.epochs and context.ranks.first:
            self._catch_up()
        try:
            self.outcome.stopped = self._enough()
            while not self.outcome.stopped and self._left:
                self._epoch_or_words(self.outcome.epochs + 1)
                self.outcome.stopped = self._enough()
        except Cancelled:
            self.outcome.stopped = "asked"
        return self.outcome

    @property
    def _left(self) -> int:
        return self._context.config.epochs - self.outcome.epochs

    def _epoch_or_words(self, number: int) -> None:
        try:
            self._epoch(number)
        except Exception as error:
            folder = self._context.folder
            if not isinstance(error, Failure):
                folder.check_there()
            kept = self._kept if folder.best.is_file() else None
            rate, resume = self._context.config.learning_rate, self._context.resumed_by
            in_words = explained(error, number, kept, resume, rate)
            if in_words is None:
                raise
            raise in_words from error

    def _epoch(self, number: int) -> None:
        context, outcome = self._context, self.outcome
        began = context.now()
        trained = self._trainer.epoch(number, context.on_event, context.should_stop)
        outcome.images += trained.frames
        outcome.seconds += context.now() - began
        before_validation = context.now()
        found = self._validate()
        self._clock.validated(context.now() - before_validation)
        outcome.epochs = number
        better = outcome.best is None or found.merit > outcome.best.merit
        if better:
            outcome.best_epoch, outcome.best = number, found
        row = self._row(number, trained, found, better, context.now() - began)
        self._rows.append(row)
        if context.ranks.first:
            self._write(row)

    def _validate(self) -> Validation:
        context = self._context
        found = validate(
            self._trainer.average.network,
            self._validation,
            context.config,
            context.on_event,
            context.stops_alone,
            context.ranks,
        )
        if not math.isfinite(found.loss):
            raise Diverged("the validation loss is no longer a number")
        return found

    def _enough(self) -> str | None:
        config, outcome = self._context.config, self.outcome
        if not outcome.epochs:
            return None
        if self._context.ranks.spread(self._clock.over):
            return "minutes"
        since = outcome.epochs - (outcome.best_epoch or outcome.epochs)
        if config.patience and since >= config.patience:
            return "early"
        return None

    def _write(self, row: dict[str, Any]) -> None:
        """Write what an epoch leaves, so that a kill at any moment loses none of it.

        The state comes first: what follows is written again from it, if need be.
        """
        folder = self._context.folder
        folder.check_there()
        save_last(folder.last, self._saved())
        if row["best"]:
            self._keep()
        folder.write_table(self._rows)
        network = self._trainer.average.network
        self._pictures.write(folder.path, network, row["epoch"])
        if self._board:
            self._board.add(row)
        self._context.on_event(row)

    def _saved(self) -> Saved:
        return Saved(
            epoch=self.outcome.epochs,
            config=self._context.config.to_json(),
            outcome=self.outcome.to_json(),
            rows=self._rows,
            clock=self._clock.state(),
            weights=self._trainer.state(),
        )

    def _restore(self, saved: Saved) -> None:
        context = self._context
        try:
            check_course(saved)
            self._trainer.restore(saved.weights)
            self._clock.restore(saved.clock)
            self.outcome = Outcome.from_json(saved.outcome)
            self._kept = self.outcome.best_epoch
            self._rows = [dict(row) for row in saved.rows]
        except _NO_STATE as error:
            raise InputError(
                f"{context.folder.last} does not fit the training that config.json "
                "beside it describes: put both back as they were, or train again."
            ) from error

    def _catch_up(self) -> None:
        """Write what a kill after the last state may have left unwritten."""
        folder, outcome = self._context.folder, self.outcome
        if outcome.best_epoch == outcome.epochs:
            self._keep()
        folder.write_table(self._rows)
        told = folder.epochs_told()
        for row in self._rows:
            if row["epoch"] not in told:
                folder.log(row)

    def _open_board(self) -> Board | None:
        context = self._context
        if not (context.config.tensorboard and context.ranks.first):
            return None
        return Board(context.folder.path, self.outcome.epochs + 1)

    def _keep(self) -> None:
        """Write ``best.safetensors``."""
        config, found = self._context.config, self.outcome.best
        assert found is not None
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
            rule=found.rule,
            averaging=config.averaging,
            scores={"validation": scores},
            provenance={**self._provenance, "epoch": self.outcome.best_epoch},
        )
        folder = self._context.folder
        save_checkpoint(folder.best, self._trainer.average.network, meta)
        self._kept = self.outcome.best_epoch

    def _row(
        self,
        number: int,
        trained: EpochOutcome,
        found: Validation,
        better: bool,
        seconds: float,
    ) -> dict[str, Any]:
        return {
            "event": "epoch",
            "epoch": number,
            "epochs": self._context.config.epochs,
            "train_loss": trained.loss,
            "val_loss": found.loss,
            "val_dice": found.dice,
            "val_dice_low": found.dice_low,
            "val_dice_high": found.dice_high,
            "val_dice_nerve": found.dice_nerve,
            "val_blank": found.blank,
            "learning_rate": trained.learning_rate,
            "seconds": seconds,
            "seconds_left": self._clock.seconds_left(number),
            "memory_gb": memory_gb(self._context.device),
            "preview": PREVIEW,
            "best": better,
        }
