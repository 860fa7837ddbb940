"""A fixed slice of damaged inputs of every kind; `make fuzz` reads new ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fuzz.kinds import KINDS, register_all
from tests.fuzz.pool import COMMANDS, Campaign

register_all()

SEED = 1

#: Kinds of which reading one takes so long that there are half as many.
SLOW = ("last.pt", "journal", "run", "checkpoint", "study", "crossval")


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    folders = tmp_path_factory.mktemp("fuzz"), tmp_path_factory.mktemp("kept")
    campaign = Campaign(SEED, *folders, seconds=60.0)  # other tests are at work too
    yield campaign
    campaign.close()


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_refused_or_read_right(campaign: Campaign, kind: str) -> None:
    n = COMMANDS if kind in SLOW else 2 * COMMANDS
    tally = campaign.run([kind], n)[kind]
    again = f"python -m tests.fuzz --kinds {kind} --inputs {n} --seed {SEED}"
    assert not tally.faults, f"to keep them: {again}\n{tally.faults[0][0]}"
    assert tally.counts["refused"] + tally.counts["equal"] == n
    assert tally.counts["command"] == n // COMMANDS
