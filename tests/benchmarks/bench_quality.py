"""How good the recipes are on real frames of subjects that no training has seen.

    python -m tests.benchmarks.bench_quality --out DIR --recipes seed,lite
    python -m tests.benchmarks.bench_quality --out DIR --folds --recipes lite,unet
    python -m tests.benchmarks.bench_quality --out DIR --split frame --seeds 0

``NERVESEG_DATA`` names the folder with ``kaggle_positive_256``. Each training is a
process of its own, ``nerveseg train`` as a user starts it, one after another; what is
in ``--out`` already is not trained again, so an interrupted run goes on.

Without ``--folds`` a network learns from subjects 1-24 and is scored once on subjects
25-32: such runs are for claims, and each is listed in ``docs/recipe.md``. With
``--folds`` nobody of 25-32 is read: each third of subjects 1-24 is scored by a network
that learned from the other two. That is what choices are made by.

``seed`` trains its full fifteen epochs; every other recipe gets ``--minutes``, reading,
validation and tuning included. ``--set`` passes further settings to ``nerveseg train``,
such as ``--set=--preprocess=clahe``; ``--name`` tells them apart.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from training.data import subject_of
from training.files import write_json

#: Subjects that choices are made on, in thirds, and those that are for claims.
THIRDS = ("1-8", "9-16", "17-24")
CHOICE, CLAIM = range(1, 25), "25-32"

#: The recipe that trains its own number of epochs.
SEED_RECIPE = "seed"


@dataclass(frozen=True)
class Run:
    """One training: a recipe, a seed, and who is scored in the end."""

    recipe: str
    seed: int
    test: str
    data: Path
    out: Path
    split: str
    minutes: float
    settings: tuple[str, ...]

    @property
    def result(self) -> Path:
        """Where its result is kept."""
        return self.out.with_suffix(".json")

    @property
    def arguments(self) -> list[str]:
        """Of ``nerveseg``."""
        limit = [] if self.recipe == SEED_RECIPE else ["--max-minutes", self.minutes]
        who = ["--test-subjects", self.test] if self.split == "subject" else []
        values = [
            *("train", self.data, "--recipe", self.recipe, "--seed", self.seed),
            *("--out", self.out, "--project", self.out.with_suffix(".project")),
            *("--json", self.result, "--split-by", self.split, *limit, *who),
            *self.settings,
        ]
        return [str(value) for value in values]

    def measure(self) -> dict[str, Any]:
        """Train unless that was done, and return the result."""
        if not self.result.exists():
            print(" ".join(["nerveseg", *self.arguments]), file=sys.stderr, flush=True)
            command = [sys.executable, "-P", "-m", "training", *self.arguments]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found: dict[str, Any] = json.loads(self.result.read_text(encoding="utf-8"))
        return found


def main(argv: Sequence[str] | None = None) -> None:
    """Train what is missing, print one Markdown table, perhaps write it as JSON."""
    given = _parser().parse_args(argv)
    rows = [_row(recipe, list(_runs(given, recipe))) for recipe in given.recipes]
    columns = list(rows[0])
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for row in rows:
        print("| " + " | ".join(_shown(row[name]) for name in columns) + " |")
    if given.json:
        write_json(given.json, {"rows": rows, "load": os.getloadavg()})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = {"type": lambda text: text.split(",")}
    parser.add_argument("--out", type=Path, required=True, help="for all runs")
    parser.add_argument("--recipes", default=["seed", "lite"], **names)
    parser.add_argument("--seeds", default=["0", "1", "2"], **names)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--folds", action="store_true", help="choose, not claim")
    parser.add_argument("--split", choices=("subject", "frame"), default="subject")
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--name", default="", help="of the settings")
    parser.add_argument("--json", type=Path)
    return parser


def _runs(given: argparse.Namespace, recipe: str) -> Iterator[Run]:
    data = Path(os.environ["NERVESEG_DATA"]) / "kaggle_positive_256" / "train"
    given.out.mkdir(parents=True, exist_ok=True)
    if given.folds:
        data = _linked(data, given.out / "subjects-1-24")
    tests = THIRDS if given.folds else (CLAIM,)
    for seed in map(int, given.seeds):
        for test in tests if given.split == "subject" else ("frames",):
            parts = [recipe, given.name, f"seed{seed}", test]
            out = given.out / "_".join(part for part in parts if part)
            settings = tuple(given.settings)
            yield Run(
                recipe, seed, test, data, out, given.split, given.minutes, settings
            )


def _linked(data: Path, folder: Path) -> Path:
    """Make a folder that shows the frames of subjects 1-24 only."""
    folder.mkdir(exist_ok=True)
    for path in data.iterdir():
        link = folder / path.name
        chosen = int(subject_of(path.stem.removesuffix("_mask")) or 0) in CHOICE
        if chosen and not link.exists():
            link.symlink_to(path.resolve())
    return folder


def _row(recipe: str, runs: Sequence[Run]) -> dict[str, Any]:
    results = [run.measure() for run in runs]
    scores = [result["test"] or result["validation"] for result in results]
    dice = [score["competition_dice"] for score in scores]
    return {
        "recipe": " ".join([recipe, *runs[0].settings]),
        "Dice, mean": mean(dice),
        "Dice, each": ", ".join(f"{value:.3f}" for value in dice),
        "IoU": mean(score["iou_nerve_frames"] for score in scores),
        "HD95, px": mean(score["hd95_nerve_frames"] for score in scores),
        "minutes": mean(result["seconds"] for result in results) / 60,
        "epochs": mean(result["epochs"] for result in results),
        "subjects": ", ".join(dict.fromkeys(run.test for run in runs)),
    }


def _shown(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
