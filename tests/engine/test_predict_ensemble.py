"""Several checkpoints under one rule."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.engine.predicting import tiny_checkpoint
from tests.toys import smooth_frame
from training.errors import InputError
from training.networks import DecisionRule
from training.predict import Predictor, PredictSettings
from training.predict.ensemble import write_ensemble

RULE = DecisionRule(0.45)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    members = [f"fold-{k}/best.safetensors" for k in (1, 2, 3)]
    for seed, member in enumerate(members):
        (tmp_path / member).parent.mkdir()
        tiny_checkpoint(tmp_path / member, seed=seed)
    write_ensemble(tmp_path, members, RULE)
    return tmp_path


def test_members_are_averaged_under_the_ensembles_rule(folder: Path) -> None:
    frame = smooth_frame(1)
    each = [
        Predictor(folder / f"fold-{k}", "cpu").probability(frame) for k in (1, 2, 3)
    ]
    together = Predictor(folder, "cpu")
    found = together.probability(frame)
    mean = np.mean([one.probability for one in each], axis=0)
    assert np.abs(found.probability - mean).max() <= 1  # each was rounded on its own
    assert found.presence == pytest.approx(np.mean([one.presence for one in each]))
    np.testing.assert_array_equal(found.mask, found.probability >= 115)  # 0.45 * 255
    assert together.meta.rule.threshold == 0.45
    assert together.name == folder.name


def test_a_file_names_the_ensemble_too_and_the_hash_is_of_all(folder: Path) -> None:
    by_file = Predictor(folder / "ensemble.json", "cpu")
    assert by_file.sha256 == Predictor(folder, "cpu").sha256
    tiny_checkpoint(folder / "fold-2" / "best.safetensors", seed=9)
    assert by_file.sha256 != Predictor(folder, "cpu").sha256


def test_members_that_differ_are_uncertain(folder: Path) -> None:
    frame = smooth_frame(1)
    unsure = PredictSettings(uncertainty=True)
    found = Predictor(folder, "cpu", unsure).probability(frame)
    plain = Predictor(folder, "cpu").probability(frame)
    np.testing.assert_array_equal(found.probability, plain.probability)
    assert plain.uncertainty is None
    assert found.uncertainty.shape == frame.shape
    assert found.uncertainty.max() > 0
    assert 0 < found.frame_uncertainty < 1


def damage(folder: Path, **changes: object) -> None:
    file = folder / "ensemble.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"members": []},
        {"members": "fold-1"},
        {"members": ["fold-1/best.safetensors"] * 65},
        {"threshold": 2},
        {"averaging": "mean"},
        {"fill_holes": 1},
        {"surprise": 1},
    ],
)
def test_a_damaged_file_is_refused(folder: Path, changes: dict) -> None:
    damage(folder, **changes)
    with pytest.raises(InputError) as caught:
        Predictor(folder, "cpu")
    assert str(caught.value) == (
        f"{folder / 'ensemble.json'} is no readable ensemble: run crossval again."
    )


@pytest.mark.parametrize("member", ["../best.safetensors", "/tmp/best.safetensors"])
def test_a_member_outside_is_refused(folder: Path, member: str) -> None:
    damage(folder, members=[member])
    with pytest.raises(InputError, match="which is not in its folder: copy the"):
        Predictor(folder, "cpu")


def test_a_missing_member_and_another_version_are_named(folder: Path) -> None:
    (folder / "fold-2" / "best.safetensors").unlink()
    with pytest.raises(InputError, match=r"fold-2.best\.safetensors does not exist"):
        Predictor(folder, "cpu")
    damage(folder, version=2)
    with pytest.raises(InputError, match="is of version 2, and this nerveseg reads"):
        Predictor(folder, "cpu")


def test_what_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no readable ensemble"):
        write_ensemble(tmp_path, [], RULE)
    with pytest.raises(InputError, match="which is not in its folder"):
        write_ensemble(tmp_path, ["../x"], RULE)
    assert list(tmp_path.iterdir()) == []
