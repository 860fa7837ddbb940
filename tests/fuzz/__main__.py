"""Long runs; see the package's text."""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path

from tests.fuzz.kinds import KINDS, register_all
from tests.fuzz.pool import Campaign, Tally, again

_COLUMNS = ("inputs", "command", "process", "refused", "equal", "fault")


def main() -> int:
    """Run, print the table, and return 1 if there was a fault."""
    register_all()
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--inputs", type=int, help="of each kind, in place of a time")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument(
        "--seed", type=int, default=random.SystemRandom().getrandbits(32)
    )
    parser.add_argument("--children", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz"))
    parser.add_argument("--again", type=Path, help="a kept input, read once more")
    given = parser.parse_args()
    if given.again is not None:
        answer = again(given.again, seconds=given.seconds)
        print(answer.get("what", answer["end"]))
        return int(answer["end"] == "fault")
    options = {"seconds": given.seconds, "children": given.children}
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        campaign = Campaign(given.seed, Path(scratch), given.keep, **options)
        minutes = None if given.inputs else given.minutes or 10.0
        tallies = campaign.run(given.kinds, given.inputs, minutes)
        campaign.close()
    return _tell(tallies, given.seed)


def _tell(tallies: dict[str, Tally], seed: int) -> int:
    print(f"seed {seed}")
    print(f"{'kind':14}" + "".join(f"{name:>9}" for name in _COLUMNS))
    for kind, tally in tallies.items():
        print(f"{kind:14}" + "".join(f"{tally.counts[name]:9,}" for name in _COLUMNS))
    sums = [sum(one.counts[name] for one in tallies.values()) for name in _COLUMNS]
    print(f"{'all':14}" + "".join(f"{n:9,}" for n in sums))
    for kind, tally in tallies.items():
        for what, kept in tally.faults[:20]:
            print(f"\n{kind}: python -m tests.fuzz --again {kept}\n{what}")
    return int(any(tally.faults for tally in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())
