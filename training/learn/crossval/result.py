"""What the folds of a cross-validation come to: scores, a rule, an ensemble."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ... import __version__
from ...events import OnEvent, ShouldStop
from ...metrics import FrameScores, summarise
from ...networks import CheckpointMeta
from ...predict import Predictor
from ...predict.ensemble import write_ensemble
from ..folder.run_folder import OUT_OF_FOLD
from ..run.scoring import score_part
from ..splits.truth import Truth
from .out_of_fold import OutOfFold, Rules
from .work import Json, Work

#: What the scores of out-of-fold predictions say of themselves.
_POOLED = "decision rule, and the choice of each fold's epoch"
_NESTED = "the choice of each fold's epoch; the rule is of the other folds' subjects"


@dataclass(frozen=True)
class _Source:
    """All folds' networks under the pooled rule; see `training.predict.output`."""

    name: str
    sha256: str
    meta: CheckpointMeta


def conclude(work: Work, on_event: OnEvent, should_stop: ShouldStop) -> Json:
    """Pool the folds' predictions, score them, and write ensemble and result.

    Parameters
    ----------
    work
        All folds of which are finished.
    on_event, should_stop
        As everywhere.

    Raises
    ------
    Cancelled
        If asked to stop; what is not written then can be made again.
    """
    return _Conclusion(work, on_event, should_stop).all()


class _Conclusion:
    def __init__(self, work: Work, on_event: OnEvent, should_stop: ShouldStop) -> None:
        self._work, self._on_event, self._should_stop = work, on_event, should_stop
        self._truth = Truth(work.dataset, work.labels, work.config.clean_validation)
        self._predictors = [Predictor(fold.path, "cpu") for fold in work.folds]

    def all(self) -> Json:
        work = self._work
        known = OutOfFold(
            work.dataset, self._truth, work.config, work.folds, work.splits
        )
        rules = known.rules(self._on_event, self._should_stop)
        pooled, nested = known.score(
            rules,
            self._source(rules),
            work.root / OUT_OF_FOLD,
            self._on_event,
            self._should_stop,
        )
        result: Json = {
            "nested": self._scores(nested, len(known.ids), _NESTED),
            "pooled": self._scores(pooled, len(known.ids), _POOLED),
            "folds": self._folds(known, rules, pooled, nested),
            "rule": rules.pooled.to_json(),
            "stopped": None,
        }
        self._write_ensemble(rules, result)
        result["ensemble"] = str(work.root)
        result["test"] = self._test()
        warnings = [*work.warnings, *self._truth.warnings(known.ids)]
        result |= {"text": _text(result), "warnings": warnings}
        return result

    def _scores(self, frames: Sequence[FrameScores], n: int, used_for: str) -> Json:
        ids = [one.frame for one in frames]
        warnings = [*self._work.warnings, *self._truth.warnings(ids)]
        scores = summarise(frames, n_skipped=n - len(frames), warnings=warnings)
        return {**scores.to_json(), "used_for": used_for}

    def _folds(
        self,
        known: OutOfFold,
        rules: Rules,
        pooled: Sequence[FrameScores],
        nested: Sequence[FrameScores],
    ) -> list[Json]:
        found = []
        for index, fold in enumerate(self._work.folds):
            own = [
                [one for one in part if known.fold(one.frame) == index]
                for part in (pooled, nested)
            ]
            trained = fold.result or {}
            found.append(
                {
                    "fold": fold.number,
                    "checkpoint": f"{fold.path.name}/best.safetensors",
                    "best_epoch": trained.get("best_epoch"),
                    "rule_of_the_others": rules.nested[index].to_json(),
                    "pooled": summarise(own[0]).to_json(),
                    "nested": summarise(own[1]).to_json(),
                    "seconds": trained.get("seconds"),
                }
            )
        return found

    def _source(self, rules: Rules) -> _Source:
        digests = "".join(one.sha256 for one in self._predictors)
        meta = replace(self._predictors[0].meta, rule=rules.pooled)
        sha256 = hashlib.sha256(digests.encode()).hexdigest()
        return _Source(self._work.root.name, sha256, meta)

    def _write_ensemble(self, rules: Rules, result: Json) -> None:
        work, config = self._work, self._work.config
        write_ensemble(
            work.root,
            [f"{fold.path.name}/best.safetensors" for fold in work.folds],
            rules.pooled,
            averaging=config.averaging,
            scores={"out_of_fold": result["nested"]},
            provenance={
                "nerveseg": __version__,
                "run": work.root.name,
                "data": work.dataset.root.name,
                "labels": work.labels.snapshot_id,
                "config": config.to_json(),
                "rule_tuned_on": "out-of-fold predictions",
                "test_subjects": config.test_list,
                "warnings": list(work.warnings),
            },
        )

    def _test(self) -> Json | None:
        """Score the ensemble once on subjects that are in no fold."""
        work = self._work
        test = work.splits[0].test
        if not test:
            return None
        return score_part(
            Predictor(work.root, work.config.device),
            work.dataset,
            test,
            self._truth,
            stage="Scoring test frames",
            warnings=work.warnings,
            on_event=self._on_event,
            should_stop=self._should_stop,
        ).scores


def _text(result: Json) -> str:
    nested, pooled = result["nested"], result["pooled"]
    return (
        f"All {len(result['folds'])} folds are done: competition Dice "
        f"{nested['competition_dice']:.4f}, each fold under the rule of the others "
        f"({pooled['competition_dice']:.4f} under one rule that is tuned on all; blank "
        f"masks score {nested['blank_baseline']:.4f})."
    )
