"""Kill and fill; see the package's text."""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path
from random import Random

from tests.soak.killing import Figures, timed

#: Of all kills, how many each part gets.
SHARES = {
    "store": 0.6,
    "two writers": 0.1,
    "training": 0.05,
    "prediction": 0.1,
    "export": 0.15,
    "full disk": 0.1,
}


COLUMNS = ("kills", "kept edits", "ended", "wrong", "seconds")


def main() -> int:
    """Run, print the table, and return 1 if anything was lost or wrong."""
    os.environ["OMP_NUM_THREADS"] = "1"  # forks of a process with threads may hang
    from tests.soak.parts import PARTS

    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--kills", type=int, default=200, help="of all parts together")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument(
        "--seed", type=int, default=random.SystemRandom().getrandbits(32)
    )
    given = parser.parse_args()
    print(f"seed {given.seed}")
    print(f"{'part':14}" + "".join(f"{name:>12}" for name in COLUMNS))
    wrong = 0
    for part in given.only:
        figures = Figures(part)
        kills = max(1, round(SHARES[part] * given.kills))
        with tempfile.TemporaryDirectory(prefix="soak-") as folder:
            rng, work = Random(f"{given.seed} {part}"), PARTS[part]
            figures.seconds = timed(lambda: work(Path(folder), rng, kills, figures))  # noqa: B023
        _tell(figures)
        wrong += len(figures.wrong)
    return int(wrong > 0)


def _tell(one: Figures) -> None:
    numbers = (one.kills, one.acknowledged, one.ended, len(one.wrong), one.seconds)
    line = f"{one.part:14}" + "".join(f"{number:12,.0f}" for number in numbers)
    print(line + f"  skipped: {one.skipped}" * bool(one.skipped))
    for text in one.wrong[:20]:
        print(f"  {text}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
