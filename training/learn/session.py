"""The stages of one training: read, fit, score."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from .. import __version__
from ..data import DataSet
from ..errors import Cancelled, InputError
from ..events import message
from ..files import dump_json
from ..networks import has_fast_bfloat16, load_checkpoint, save_checkpoint
from ..predict.predictor import Predictor
from .context import Context
from .fit import USED_FOR, Fit, Outcome
from .held import Held, MaskOf, TrainingLabels, hold
from .run_folder import environment
from .scoring import score_part
from .splits import Split
from .truth import Truth

Json = dict[str, Any]


class Session:
    """One training; `run` is the whole of it.

    Parameters
    ----------
    context
        Settings and surroundings.
    dataset, labels
        See `training.learn.run.train`.
    split
        Which frames serve what.
    """

    def __init__(
        self, context: Context, dataset: DataSet, labels: TrainingLabels, split: Split
    ) -> None:
        self._context, self._split = context, split
        self._dataset, self._labels = dataset, labels
        self._truth = Truth(dataset, labels)
        self._warnings: list[str] = []
        self._counts: dict[str, int] = {}
        self._sha256: dict[str, dict[str, str]] = {}

    def run(self) -> Json:
        """Read, fit, score, and return the result."""
        self._write_settings()
        outcome = Outcome(stopped="asked")
        scores: dict[str, Json] = {}
        try:
            held, validation = self._read()
            outcome = self._fit(held, validation)
            if outcome.stopped != "asked":
                scores = self._score()
        except Cancelled:
            outcome.stopped = "asked"
        return self._result(outcome, scores)

    def _fit(self, held: Held, validation: Held) -> Outcome:
        n_test, provenance = len(self._split.test), self._provenance()
        return Fit(self._context, held, validation, n_test, provenance).run()

    def _warn(self, text: str) -> None:
        self._warnings.append(text)
        message(self._context.on_event, text, "warning")

    def _write_settings(self) -> None:
        context = self._context
        autocast = context.config.amp and has_fast_bfloat16(context.device)
        context.folder.write("config.json", context.config.to_json())
        context.folder.write("environment.json", environment(context.device, autocast))
        self._write_split()
        for warning in (*self._split.warnings, *self._labels.warnings()):
            self._warn(warning)

    def _write_split(self) -> None:
        """Write the split, and which of its truths known so far are labels."""
        split = self._split.to_json()
        split["sha256"] = _digest(split)
        split["drawn_truths"] = {
            "validation": self._truth.drawn_among(self._split.val),
            "test": self._truth.drawn_among(self._split.test),
        }
        self._context.folder.write("splits.json", split)

    def _read(self) -> tuple[Held, Held]:
        """Decode training and validation frames; no test frame is touched."""
        split, out = self._split, self._labels.excluded | self._labels.ambiguous
        train = [name for name in split.train if name not in out]
        held = self._hold("Reading training frames", train, self._labels.mask)
        validation = self._hold(
            "Reading validation frames", split.val, self._truth.mask, keep_truths=True
        )
        self._count(held, validation)
        for name, part in (("learn from", held), ("validate on", validation)):
            if not len(part):
                raise InputError(
                    f"{self._dataset.root} has no frame to {name} with a mask that can "
                    "be used: see 'nerveseg scan' for what is wrong."
                )
        self._warn_of(held, validation)
        self._sha256 = held.sha256 | validation.sha256
        self._write_split()
        self._write_fingerprint()
        self._labels.take_snapshot(f"training {self._context.folder.path.name}")
        return held, validation

    def _hold(
        self, stage: str, ids: Sequence[str], mask_of: MaskOf, keep_truths: bool = False
    ) -> Held:
        context = self._context
        return hold(
            self._dataset,
            ids,
            mask_of,
            context.config.size,
            stage=stage,
            keep_truths=keep_truths,
            on_event=context.on_event,
            should_stop=context.should_stop,
        )

    def _count(self, held: Held, validation: Held) -> None:
        train, labels = set(self._split.train), self._labels
        self._counts = {
            "train": len(held),
            "validation": len(validation),
            "test": len(self._split.test),
            "left_out_as_near_duplicates": len(self._split.left_out),
            "excluded": len(train & labels.excluded),
            "ambiguous": len(train & labels.ambiguous - labels.excluded),
            "missing_mask": len(held.missing) + len(validation.missing),
            "unreadable": len(held.unreadable) + len(validation.unreadable),
        }
        self._warnings += [*held.unreadable, *validation.unreadable]
        if self._counts["missing_mask"]:
            self._warn(
                f"{self._counts['missing_mask']} frames have no mask and are left out."
            )

    def _warn_of(self, held: Held, validation: Held) -> None:
        for warning in self._truth.warnings(validation.ids):
            self._warn(f"Validation: {warning}")
        if not held.masks.any():
            self._warn(
                "No training frame shows a nerve, so that only empty masks can be "
                "learned: choose subjects with nerves, or draw them first."
            )
        if not validation.masks.any():
            self._warn(
                "No validation frame shows a nerve, so that the best checkpoint is the "
                "one that finds least: choose other val_subjects."
            )

    def _write_fingerprint(self) -> None:
        value = {
            "labels": self._labels.snapshot_id,
            "frames": self._sha256,
            "sha256": _digest(self._sha256),
        }
        self._context.folder.write("fingerprint.json", value)

    def _provenance(self) -> Json:
        entry = self._dataset.entry
        subjects = {
            name: sorted({entry(k).subject or "" for k in ids} - {""})
            for name, ids in (("train", self._split.train), ("val", self._split.val))
        }
        return {
            "nerveseg": __version__,
            "torch": str(torch.__version__),
            "run": self._context.folder.path.name,
            "data": self._dataset.root.name,
            "data_sha256": _digest(self._sha256),
            "labels": self._labels.snapshot_id,
            "config": self._context.config.to_json(),
            "train_subjects": subjects["train"],
            "validation_subjects": subjects["val"],
            "test_subjects": self._context.config.test_list,
            "rule_tuned_on": "validation",
            "warnings": list(self._warnings),
        }

    def _score(self) -> dict[str, Json]:
        """Score the kept checkpoint, test frames last, and note it in its header."""
        best = self._context.folder.best
        predictor = Predictor(best, self._context.device.type)
        scores = {"validation": self._score_part(predictor, "validation")}
        scores["validation"]["used_for"] = USED_FOR
        if self._split.test:
            scores["test"] = self._score_part(predictor, "test")
            self._write_split()
            self._write_fingerprint()
        network, meta = load_checkpoint(best)
        save_checkpoint(best, network, replace(meta, scores=scores))
        return scores

    def _score_part(self, predictor: Predictor, name: str) -> Json:
        final = score_part(
            predictor,
            self._dataset,
            self._split.val if name == "validation" else self._split.test,
            self._truth,
            stage=f"Scoring {name} frames",
            warnings=self._split.warnings,
            on_event=self._context.on_event,
            should_stop=self._context.should_stop,
        )
        self._sha256 |= final.sha256
        return final.scores

    def _result(self, outcome: Outcome, scores: Mapping[str, Json]) -> Json:
        folder, best = self._context.folder, outcome.best
        text = describe(outcome)
        message(self._context.on_event, text)
        return {
            "run": str(folder.path),
            "checkpoint": str(folder.best) if best else None,
            "last": str(folder.last) if best else None,
            "epochs": outcome.epochs,
            "best_epoch": outcome.best_epoch,
            "best_dice": best.dice if best else None,
            "rule": best.rule._asdict() if best else None,
            "stopped": outcome.stopped,
            "text": text,
            "validation": scores.get("validation"),
            "test": scores.get("test"),
            "counts": self._counts,
            "warnings": self._warnings,
            "images_per_second": _rate(outcome),
            "seconds": time.monotonic() - self._context.started,
        }


def describe(outcome: Outcome) -> str:
    """Say in one sentence how a training ended and what is kept of it."""
    if outcome.best is None:
        return "Stopped before the end of the first epoch: there is no checkpoint yet."
    kept = (
        f"the best checkpoint, of epoch {outcome.best_epoch} with a validation Dice of "
        f"{outcome.best.dice:.3f}, is kept"
    )
    why = {
        "asked": f"Stopped as asked after {outcome.epochs} epochs",
        "early": f"Ended after {outcome.epochs} epochs, as the score no longer rose",
        "minutes": f"The time was used up after {outcome.epochs} epochs",
        None: f"All {outcome.epochs} epochs are done",
    }[outcome.stopped]
    return f"{why}: {kept}."


def _rate(outcome: Outcome) -> float | None:
    return outcome.images / outcome.seconds if outcome.seconds else None


def _digest(value: Any) -> str:
    return hashlib.sha256(dump_json(value, indent=None).encode()).hexdigest()
