"""Optuna's study of a tuning: an SQLite file, trials, a table, what mattered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

from ...data.csv_table import table_text
from ...errors import InputError
from ...files import write_json, write_whole
from ..settings.config import TrainConfig
from .search_space import Space, own_values, suggest, with_values
from .study_check import check_file, check_trials, stored, understood

#: Whole trials before any is ended early, and before importance means anything.
_FIRST = 4

#: Share of a fold's epochs before which no trial is ended.
_GRACE = 0.25


def check_optuna() -> None:
    """Raise `InputError` with the install line if Optuna is missing."""
    if find_spec("optuna") is None:
        raise InputError(
            "nerveseg tune needs Optuna, which is not installed: run pip install "
            "'napari-nerveseg[tune]'."
        )


class Study:
    """A study in a folder; a context manager, which lets go of its file.

    Parameters
    ----------
    folder
        Gets ``study.sqlite``, ``trials.csv`` and ``best.json``.
    config
        Settings that are not tuned. Its own values are the first trial.
    space
        What is tuned.

    Raises
    ------
    InputError
        If ``study.sqlite`` is damaged, or no study of this space.
    """

    def __init__(self, folder: Path, config: TrainConfig, space: Space) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._folder, self._config, self._space = folder, config, space
        self._file = folder / "study.sqlite"
        check_file(self._file)
        with understood(self._file):
            self._storage = optuna.storages.RDBStorage(f"sqlite:///{self._file}")
            self._study = optuna.create_study(
                study_name="nerveseg",
                storage=self._storage,
                direction="maximize",
                pruner=optuna.pruners.MedianPruner(
                    n_startup_trials=_FIRST,
                    n_warmup_steps=max(1, round(_GRACE * config.epochs)),
                ),
                load_if_exists=True,
            )
            trials = self._study.get_trials(deepcopy=False)
            check_trials(self._file, trials, space)
            self._end_killed()
        # Another seed each time, or a study that goes on would draw the same again.
        n = len(self._study.get_trials(deepcopy=False))
        self._study.sampler = optuna.samplers.TPESampler(
            seed=(config.seed + n) % 2**32, n_startup_trials=_FIRST
        )
        if n == 0:
            self._study.enqueue_trial(self._own())

    def __enter__(self) -> Study:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._storage.remove_session()
        self._storage.engine.dispose()

    def storing(self) -> AbstractContextManager[None]:
        """Give what says so if the file cannot be written; see `stored`."""
        return stored(self._file)

    def _own(self) -> dict[str, Any]:
        values = own_values(self._config, self._space)
        return {
            name: json.dumps(value) if self._space[name].choices else value
            for name, value in values.items()
        }

    def _end_killed(self) -> None:
        """Give up trials that a process left running when it was killed."""
        from optuna.trial import TrialState

        for one in self._study.get_trials(states=(TrialState.RUNNING,)):
            self._study.tell(one.number, state=TrialState.FAIL)

    @property
    def n_trials(self) -> int:
        """How many trials count: finished and pruned ones, not those that failed."""
        return sum(one["state"] != "failed" for one in self._table())

    @property
    def best_score(self) -> float:
        """The best score of a finished trial, of which there has to be one."""
        return float(self._study.best_value)

    def ask(self) -> Trial:
        """Begin a trial."""
        with self.storing():
            trial = self._study.ask()
            values = suggest(trial, self._space)
        path = self._folder / "trials" / f"{trial.number:04}"
        return Trial(self, trial, values, path)

    def tell(self, trial: Any, score: float | None, state: str) -> None:
        """Note how a trial ended, and bring the files up to date."""
        from optuna.trial import TrialState

        with self.storing():
            self._study.tell(trial, score, state=TrialState[state])
        self._write()

    def summary(self) -> dict[str, Any]:
        """Return the trials, the best one, and what mattered."""
        self._write()
        best = self._best()
        return {
            "study": str(self._folder),
            "trials": self._table(),
            "best": best,
            "config": None if best is None else str(self._folder / "best.json"),
            "importance": self._importance(),
        }

    def _table(self) -> list[dict[str, Any]]:
        from optuna.trial import TrialState

        states = {
            TrialState.COMPLETE: "finished",
            TrialState.PRUNED: "pruned",
            TrialState.FAIL: "failed",
        }
        return [
            {
                "trial": one.number,
                "state": states[one.state],
                "score": one.value if one.state is TrialState.COMPLETE else None,
                "seconds": (one.duration or timedelta()).total_seconds(),
                "values": self._values(one.params),
                "why": one.user_attrs.get("why"),
            }
            for one in self._study.get_trials(deepcopy=False)
            if one.state in states
        ]

    def _values(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: json.loads(value) if self._space[name].choices else value
            for name, value in params.items()
        }

    def _best(self) -> dict[str, Any] | None:
        finished = [one for one in self._table() if one["score"] is not None]
        return max(finished, key=lambda one: one["score"], default=None)

    def _importance(self) -> dict[str, float]:
        """Return each setting's share in how scores differ; empty if nobody knows."""
        from optuna.importance import FanovaImportanceEvaluator, get_param_importances

        scores = [one["score"] for one in self._table() if one["score"] is not None]
        if len(scores) < _FIRST or max(scores) == min(scores):
            return {}
        evaluator = FanovaImportanceEvaluator(seed=0)
        found = get_param_importances(self._study, evaluator=evaluator)
        return {name: float(share) for name, share in found.items()}

    def _write(self) -> None:
        write_whole(self._folder / "trials.csv", self._csv())
        best = self._best()
        if best is not None:
            config = with_values(self._config, best["values"])
            write_json(self._folder / "best.json", config.to_json())

    def _csv(self) -> str:
        columns = ["trial", "state", "score", "seconds", *self._space, "why"]
        rows = []
        for one in self._table():
            values = {k: json.dumps(v) for k, v in one.pop("values").items()}
            rows.append({**one, **values})
        return table_text(columns, rows)


@dataclass(frozen=True)
class Trial:
    """One trial.

    Attributes
    ----------
    values
        The settings that it tries, as JSON carries them.
    path
        Where its folds are trained.
    """

    study: Study
    trial: Any
    values: dict[str, Any]
    path: Path

    @property
    def number(self) -> int:
        """Counted from 0."""
        return int(self.trial.number)

    def falls_behind(self, score: float, step: int) -> bool:
        """Note a score on the way; say whether earlier trials did better there."""
        with self.study.storing():
            self.trial.report(score, step)
            return bool(self.trial.should_prune())

    def finish(self, score: float) -> None:
        """Note the score."""
        self.study.tell(self.trial, score, "COMPLETE")

    def prune(self) -> None:
        """Note that it was ended early."""
        self.study.tell(self.trial, None, "PRUNED")

    def give_up(self, why: str) -> None:
        """Note that it failed."""
        with self.study.storing():
            self.trial.set_user_attr("why", why)
        self.study.tell(self.trial, None, "FAIL")
