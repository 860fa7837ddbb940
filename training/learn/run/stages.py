"""The stages of one training: read, fit, score."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from ... import __version__
from ...data import DataSet
from ...data.phantom import is_phantom
from ...errors import Cancelled, Failure, InputError
from ...events import message
from ...files import digest_json
from ...networks import has_fast_bfloat16, load_checkpoint, save_checkpoint
from ...predict.predictor import Predictor
from ..fit.context import Context
from ..fit.epochs import USED_FOR, Fit
from ..fit.outcome import Outcome
from ..folder.shapes import ENVIRONMENT, FINGERPRINT, SPLIT
from ..folder.state import Saved
from ..preloaded import MaskOf, PreloadedFrames, TrainingLabels, preload, require
from ..splits.split import Split
from ..splits.truth import Truth
from .environment import change, environment
from .reading import check_reading, reading_of
from .resume import difference
from .scoring import score_part

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
    saved
        The state to go on from.
    ignore_fingerprint
        Go on though frames or masks differ from those of the run.
    """

    def __init__(
        self,
        context: Context,
        dataset: DataSet,
        labels: TrainingLabels,
        split: Split,
        saved: Saved | None = None,
        ignore_fingerprint: bool = False,
    ) -> None:
        self._context, self._split, self._saved = context, split, saved
        self._dataset, self._labels = dataset, labels
        self._ignore_fingerprint = ignore_fingerprint
        self._truth = Truth(dataset, labels, context.config.clean_validation)
        self._warnings: list[str] = []
        self._counts: dict[str, int] = {}
        self._sha256: dict[str, dict[str, str]] = {}

    def run(self) -> Json:
        """Read, fit, score, and return the result."""
        if not self._context.folder.resumes:
            self._write_settings()
        for warning in (*self._split.warnings, *self._labels.warnings()):
            self._warn(warning)
        outcome = Outcome(stopped="asked")
        if self._saved is not None:
            # What is none is refused by `Fit`.
            with contextlib.suppress(TypeError, KeyError, ValueError):
                before = Outcome.from_json(self._saved.outcome)
                outcome = replace(before, stopped="asked")
        scores: dict[str, Json] = {}
        try:
            held, validation = self._read()
            outcome = self._fit(held, validation)
            if outcome.stopped != "asked" and self._context.ranks.first:
                scores = self._score()
        except Cancelled:
            outcome.stopped = "asked"
        return self._context.ranks.spread(self._result(outcome, scores))

    def _fit(self, held: PreloadedFrames, validation: PreloadedFrames) -> Outcome:
        n_test, provenance = len(self._split.test), self._provenance()
        context, saved = self._context, self._saved
        fit = Fit(context, held, validation, n_test, provenance, saved)
        # What could be refused has been; from here on the folder is written.
        context.folder.begin()
        if context.folder.resumes:
            self._write_settings()
        self._write_split()
        self._write_fingerprint()
        context.folder.write("excluded.json", self._excluded(held, validation))
        if context.ranks.first:
            self._labels.take_snapshot(f"training {context.folder.path.name}")
        return fit.run()

    def _warn(self, text: str, *fields: str) -> None:
        self._warnings.append(text)
        message(self._context.on_event, text, "warning", *fields)

    def _write_settings(self) -> None:
        context = self._context
        folder, config = context.folder, context.config
        autocast = config.amp and has_fast_bfloat16(context.device)
        now = environment(context.device, autocast, context.ranks.size)
        try:
            changed = change(folder.read("environment.json", ENVIRONMENT), now)
        except InputError as error:
            changed = f"{error} It is written anew."
        if changed:
            message(context.on_event, changed, "warning")
        folder.write("config.json", config.to_json())
        folder.write("environment.json", now)
        if context.source:
            folder.write("source.json", context.source)
        self._write_split()

    def _write_split(self) -> None:
        """Write the split, and which of its truths known so far are labels."""
        split = self._split.to_json()
        split["sha256"] = digest_json(split)
        split["drawn_truths"] = {
            "validation": self._truth.drawn_among(self._split.val),
            "test": self._truth.drawn_among(self._split.test),
        }
        self._context.folder.write("splits.json", split)

    def _read(self) -> tuple[PreloadedFrames, PreloadedFrames]:
        """Decode training and validation frames; no test frame is touched."""
        if self._context.folder.resumes and not self._ignore_fingerprint:
            self._check_reading()
        split, out = self._split, self._labels.excluded | self._labels.ambiguous
        train = [name for name in split.train if name not in out]
        held = self._hold("Reading training frames", train, self._labels.mask)
        validation = self._hold(
            "Reading validation frames", split.val, self._truth.mask, keep_truths=True
        )
        self._count(held, validation)
        require(held, self._dataset, "learn from")
        require(validation, self._dataset, "validate on")
        self._sha256 = held.sha256 | validation.sha256
        if self._context.folder.resumes:
            self._compare()
        self._warn_of(held, validation)
        return held, validation

    def _hold(
        self, stage: str, ids: Sequence[str], mask_of: MaskOf, keep_truths: bool = False
    ) -> PreloadedFrames:
        context = self._context
        return preload(
            self._dataset,
            ids,
            mask_of,
            context.config.size,
            stage=stage,
            preprocess=context.config.preprocess,
            keep_truths=keep_truths,
            on_event=context.on_event,
            should_stop=context.stops_alone,
        )

    def _count(self, held: PreloadedFrames, validation: PreloadedFrames) -> None:
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

    def _warn_of(self, held: PreloadedFrames, validation: PreloadedFrames) -> None:
        for warning in self._truth.warnings(validation.ids):
            self._warn(f"Validation: {warning}", "clean_validation")
        if not held.masks.any():
            self._warn(
                "No training frame shows a nerve, so that only empty masks can be "
                "learned: choose subjects with nerves, or draw them first."
            )
        if not validation.masks.any():
            self._warn(
                "No validation frame shows a nerve, so that the best checkpoint is the "
                "one that finds least: choose other val_subjects.",
                "val_subjects",
            )

    def _excluded(self, held: PreloadedFrames, validation: PreloadedFrames) -> Json:
        """Return which frames nothing was learned from, by reason."""
        train, labels = set(self._split.train), self._labels
        return {
            "excluded": sorted(train & labels.excluded),
            "ambiguous": sorted(train & labels.ambiguous - labels.excluded),
            "near_duplicates": list(self._split.left_out),
            "missing_mask": [*held.missing, *validation.missing],
            "unreadable": [*held.unreadable, *validation.unreadable],
        }

    def _check_reading(self) -> None:
        """Refuse other choices, which would be missed as frames or masks later on."""
        folder, alone = self._context.folder, self._context.whole is None
        stored = folder.read("fingerprint.json", FINGERPRINT)
        remedy = "pass --ignore-fingerprint" if alone else ""
        check_reading(folder.path, stored, self._dataset, self._split.ids, remedy)

    def _compare(self) -> None:
        """Refuse frames or masks that differ from those the run was trained on."""
        folder = self._context.folder
        before: Json = folder.read("fingerprint.json", FINGERPRINT).get("frames", {})
        if not before:
            return  # it was killed before any was read
        tested = set(folder.read("splits.json", SPLIT).get("test", ()))
        before = {name: own for name, own in before.items() if name not in tested}
        found = difference(before, self._sha256)
        if found is None:
            return
        text = f"The frames differ from those that {folder.path} was trained on"
        if not self._ignore_fingerprint:
            raise InputError(
                f"{text}: {found}; put them back, or pass --ignore-fingerprint to go on"
                " with what is there now."
            )
        self._warn(f"{text}: {found}.")

    def _write_fingerprint(self) -> None:
        value = {
            "labels": self._labels.snapshot_id,
            **reading_of(self._dataset, self._split.ids),
            "frames": self._sha256,
            "sha256": digest_json(self._sha256),
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
            "synthetic": is_phantom(self._dataset.root),
            "data_sha256": digest_json(self._sha256),
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
        self._context.folder.check_there()
        if not best.is_file():
            raise Failure(
                f"{best} was removed while it was being trained: train again."
            )
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
        folder.check_there()
        there = folder.best.is_file()
        text = outcome.describe(there)
        folder.begin()
        message(self._context.on_event, text)
        return {
            "run": str(folder.path),
            "checkpoint": str(folder.best) if best and there else None,
            "last": str(folder.last) if best else None,
            "epochs": outcome.epochs,
            "best_epoch": outcome.best_epoch,
            "best_dice": best.dice if best else None,
            "rule": best.rule.to_json() if best else None,
            "stopped": outcome.stopped,
            "text": text,
            "validation": scores.get("validation"),
            "test": scores.get("test"),
            "counts": self._counts,
            "warnings": self._warnings,
            "images_per_second": outcome.rate,
            "seconds": self._context.now() - self._context.started,
        }
