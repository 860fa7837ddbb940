"""Tunings and cross-validations: their folders, damaged file by file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.engine.learn_toys import tiny, toy_dataset
from tests.fuzz.damage import (
    any_of,
    damage_bytes,
    damage_json,
    damage_json_lines,
    damage_sqlite,
    damage_table,
)
from tests.fuzz.kinds import Anything, Command, Kind, digest, register
from tests.fuzz.learned import TO_PAGE
from training.data import open_dataset
from training.data.labels import Labels
from training.learn import cross_validate, tune
from training.learn.tuning.search_space import Range
from training.report.run_files import read_run

_SPACE = {
    "learning_rate": Range(1e-4, 1e-1, log=True),
    "batch": Range(choices=(4, 8)),
}
_SMALL = tiny(epochs=1, size=(16, 24))
_WAYS = {
    ".json": any_of(damage_json, damage_json, damage_bytes),
    ".jsonl": any_of(damage_json_lines, damage_bytes),
    ".csv": damage_table,
    ".sqlite": any_of(damage_sqlite, damage_sqlite, damage_bytes),
}


def _make_study(case: Path) -> None:
    data = toy_dataset(case / "data", (1, 2, 3), 2)
    tune(data, Labels(data), _SMALL, case / "study", space=_SPACE, trials=2, folds=2)
    (case / "config.json").write_text(json.dumps(_SMALL.to_json()))
    space = {name: one.to_json() for name, one in _SPACE.items()}
    (case / "space.json").write_text(json.dumps(space))


def _go_on(case: Path, _victim: Path) -> Any:
    """Go on with a study of which all trials are done."""
    data = open_dataset(case / "data")
    where = case / "study"
    found = tune(data, Labels(data), _SMALL, where, space=_SPACE, trials=2, folds=2)
    return digest([found["trials"], found["best"]])


def _make_crossval(case: Path) -> None:
    data = toy_dataset(case / "data", (1, 2, 3), 2)
    source = {"data": str(data.root)}
    cross_validate(data, Labels(data), _SMALL, case / "cv", folds=2, source=source)


def _read_crossval(case: Path, _victim: Path) -> Any:
    found = read_run(case / "cv")
    return digest([found.splits, found.result, found.config, found.damaged])


def _anything(case: Path, victim: Path) -> list[Any]:
    del case, victim
    return [Anything()]  # such a folder says what its files say


register(
    Kind(
        "study",
        _make_study,
        "study/*.*",
        _WAYS,
        _go_on,
        _anything,
        (
            Command(
                "tune {case}/data --out {case}/study --trials 2 --folds 2"
                " --config {case}/config.json --space {case}/space.json"
                " --project {project}"
            ),
        ),
        ("study/",),
    ),
    Kind(
        "crossval",
        _make_crossval,
        "cv/**/*.[jc]s*",
        _WAYS,
        _read_crossval,
        _anything,
        (
            Command("report {case}/cv " + TO_PAGE),
            Command(
                "report {case}/cv {case}/data --project {project} --out {out}.html"
            ),
            Command("crossval {case}/data --resume {case}/cv --project {project}"),
            Command(
                "predict {case}/cv {case}/data --out {out} --project {project}"
                " --device cpu --backend torch"
            ),
        ),
        ("cv/",),
    ),
)
