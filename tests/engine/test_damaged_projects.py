"""Damaged checkpoints, searches, studies and predictions: each in one sentence."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.engine.learn_toys import tiny, toy_dataset
from tests.engine.predicting import tiny_checkpoint, write_folder
from tests.fuzz.damage import (
    damage_bytes,
    damage_header,
    damage_json,
    damage_json_lines,
    damage_table,
    damage_zip,
)
from training.data import Project, open_dataset
from training.data.labels import Labels
from training.duplicates import find_duplicates, load_duplicates
from training.duplicates.search import stored_search
from training.errors import InputError
from training.learn import TrainConfig, known_groups, train
from training.learn.folder.state import load_last
from training.networks.checkpoint import load_checkpoint, read_meta
from training.predict import open_predictions, predict_folder
from training.report.run_files import read_run

# ---- checkpoints ---------------------------------------------------------------


def test_a_checkpoint_that_would_take_all_memory_is_refused(tmp_path: Path) -> None:
    path = tiny_checkpoint(tmp_path / "best.safetensors")
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    ours = json.loads(header["__metadata__"]["napari-nerveseg"])
    ours["input_size"] = [4096, 4096]
    header["__metadata__"]["napari-nerveseg"] = json.dumps(ours)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + size :])
    assert read_meta(path).input_size == (4096, 4096)
    with pytest.raises(InputError) as caught:
        load_checkpoint(path)
    assert str(caught.value) == (
        f"{path} cannot be used, as each frame would take about 5.4 GB at 4096 x 4096 "
        "pixels (height x width) with widths 8, 16: use the best.safetensors of a run "
        "folder."
    )
    with pytest.raises(InputError, match="size is too large: each frame would take"):
        TrainConfig.from_json({**tiny().to_json(), "size": [4096, 4096]})


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_no_checkpoint(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "best.safetensors")
    with pytest.raises(InputError, match="it is no file but a folder, a pipe"):
        load_checkpoint(tmp_path / "best.safetensors")


# ---- duplicates ----------------------------------------------------------------


def test_a_search_within_subjects_knows_its_subjects(tmp_path: Path) -> None:
    data = toy_dataset(tmp_path / "data", (1, 2), 2).root
    project = Project(tmp_path / "project")
    dataset = open_dataset(data)
    find_duplicates(dataset, dataset, project=project)
    assert stored_search(dataset, project) is not None
    assert known_groups(dataset, project).search.n_unsearched == 0  # type: ignore[union-attr]
    other = open_dataset(data, subject_by="none")
    assert stored_search(other, project) is None
    assert known_groups(other, project).search.n_unsearched == 4  # type: ignore[union-attr]
    find_duplicates(dataset, dataset, project=project, scope="all")
    assert stored_search(other, project) is not None


# ---- studies -------------------------------------------------------------------

DAMAGE = {
    "no SQLite": lambda p: p.write_bytes(b"no database at all" * 100),
    "cut": lambda p: p.write_bytes(p.read_bytes()[:5000]),
    "a trigger": "CREATE TRIGGER t INSERT ON trials BEGIN DELETE FROM trials; END",
    "a number that leads elsewhere": "UPDATE trials SET number = '../../../x'",
    "a score that is none": "UPDATE trial_values SET value = 'x'",
    "another direction": "UPDATE study_directions SET direction = 'MINIMIZE'",
    "an orphan": "UPDATE trials SET study_id = 7",
    "another study": "UPDATE studies SET study_name = 'x'",
    "other settings": "UPDATE trial_params SET param_value = 7",
    "no settings": "DELETE FROM trial_params",
}


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A study of one trial; look, do not touch."""
    from training.learn.tuning.search_space import Range
    from training.learn.tuning.study import Study

    folder = tmp_path_factory.mktemp("study")
    space = {"learning_rate": Range(1e-4, 1e-1, log=True)}
    with Study(folder, tiny(), space) as study:
        study.ask().finish(0.5)
    return folder, folder / "study.sqlite"


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_study_is_refused_without_a_word_of_sql(
    studied: tuple[Path, Path], tmp_path: Path, name: str
) -> None:
    from training.learn.tuning.search_space import Range
    from training.learn.tuning.study import Study

    file = Path(shutil.copy(studied[1], tmp_path))
    how = DAMAGE[name]
    if callable(how):
        how(file)
    else:
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute(how)
            connection.commit()
    before = file.read_bytes()
    space = {"learning_rate": Range(1e-4, 1e-1, log=True)}
    with pytest.raises(InputError) as caught:
        Study(tmp_path, tiny(), space)
    text = str(caught.value)
    assert text.startswith(f"{file} cannot be used (")
    assert text.endswith(
        "): put it back as it was, or begin another study with --study or --out."
    )
    assert "SELECT" not in text
    assert len(text.splitlines()) == 1
    assert file.read_bytes() == before


# ---- predictions ---------------------------------------------------------------


def test_presence_is_exact_however_often_a_prediction_is_gone_on_with(
    tmp_path: Path,
) -> None:
    checkpoint = tiny_checkpoint(tmp_path / "best.safetensors")
    write_folder(tmp_path / "data", 3)
    settings = {"device": "cpu", "probabilities": True, "resume": True}
    where = (checkpoint, tmp_path / "data", tmp_path / "out")
    predict_folder(*where, frames=["1_1"], **settings)
    predict_folder(*where, **settings)
    predict_folder(checkpoint, where[1], tmp_path / "whole", **settings)
    found, whole = (open_predictions(tmp_path / one) for one in ("out", "whole"))
    for name in whole.ids:
        assert found.presence(name) == whole.presence(name)
    zarrs = [
        tmp_path / one / "probabilities.zarr/zarr.json" for one in ("out", "whole")
    ]
    kept = [json.loads(one.read_text())["attributes"]["presence"] for one in zarrs]
    assert kept[0] == kept[1] == [whole.presence(name) for name in whole.ids]


# ---- seeded damage ---------------------------------------------------------------


def _mutants(
    path: Path, damage: Callable[[Random, bytes], bytes], n: int
) -> list[bytes]:
    rng, data = Random(path.name), path.read_bytes()
    return [damage(rng, data) for _ in range(n)]


@pytest.fixture
def at_hand(tmp_path: Path) -> tuple[Path, Project]:
    """A run of one epoch, and a project with a search."""
    dataset = toy_dataset(tmp_path / "data", (1, 2), 2)
    project = Project(tmp_path / "project")
    find_duplicates(dataset, dataset, project=project)
    config = tiny(epochs=1, size=(16, 24))
    train(dataset, Labels(dataset), config, tmp_path / "run")
    return tmp_path / "run", project


def test_seeded_damage_ends_in_sentences(at_hand: tuple[Path, Project]) -> None:
    folder, project = at_hand
    last, best = folder / "last.pt", folder / "best.safetensors"
    pairs = project.duplicates
    table: list[tuple[Path, Any, Callable[[], object], int]] = [
        (folder / "splits.json", damage_json, lambda: read_run(folder), 60),
        (folder / "config.json", damage_json, lambda: read_run(folder), 40),
        (folder / "events.jsonl", damage_json_lines, lambda: read_run(folder), 20),
        (folder / "metrics.csv", damage_table, lambda: read_run(folder), 40),
        (last, damage_bytes, lambda: load_last(last), 40),
        (last, damage_zip, lambda: load_last(last), 20),
        (best, damage_header, lambda: load_checkpoint(folder), 60),
        (pairs, damage_zip, lambda: load_duplicates(pairs), 80),
    ]
    n_refused = 0
    for path, damage, read, n in table:
        good = path.read_bytes()
        for mutant in _mutants(path, damage, n):
            path.write_bytes(mutant)
            try:
                read()
            except InputError as error:
                assert len(str(error).splitlines()) == 1
                assert path.name in str(error)
                n_refused += 1
        path.write_bytes(good)
        read()
    assert n_refused > 100
