"""The phantom's planted conflicts are all found, and no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from training.cli import main
from training.data.phantom import make_phantom


@pytest.mark.parametrize("seed", [0, 7])
def test_search_finds_the_planted_conflicts_and_no_other(
    tmp_path: Path, seed: int
) -> None:
    make_phantom(tmp_path / "set", subjects=3, frames=16, seed=seed)
    truth_file = tmp_path / "set" / "truth.json"
    truth = json.loads(truth_file.read_text(encoding="utf-8"))
    truth_file.unlink()  # the search must not be able to look at it
    target = tmp_path / "found.json"
    words = ["duplicates", str(tmp_path / "set" / "train"), "--json", str(target)]
    assert main([*words, "--project", str(tmp_path / "project")]) == 0
    found = json.loads(target.read_text(encoding="utf-8"))

    planted = {(pair["a"], pair["b"], pair["kind"]) for pair in truth["conflicts"]}
    conflicts = {
        (pair["a"], pair["b"], pair["conflict"])
        for pair in found["pairs"]
        if pair["conflict"]
    }
    assert conflicts == planted
    assert {kind for _, _, kind in planted} == {"empty-versus-nerve", "shape"}
    for pair in found["pairs"]:
        if pair["conflict"] == "shape":
            assert pair["dice"] < 0.55
        if pair["conflict"] is None:
            assert pair["dice"] > 0.80
