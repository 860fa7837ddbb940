"""What the harness must notice, by readers that do it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz import pool
from tests.fuzz.bad_kinds import READERS
from tests.fuzz.pool import Campaign, again

#: What each bad reader is told of with.
FAULTS = {
    "crash": "signal SIGSEGV",
    "hang": "Timeout (0:00:01)!",
    "bomb": "more than a gigabyte",
    "swell": "took 12",
    "trace": "KeyError: b'damaged'",
    "wrong": "silently unequal: damaged",
    "mumble": "not one sentence that names the file",
    "chatter": "printed by itself: a library says something",
    "meddle": "changed a source file",
    "litter": "left half-written: .out-0123abcd.txt",
}
MODULE = "tests.fuzz.bad_kinds"


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    folders = tmp_path_factory.mktemp("fuzz"), tmp_path_factory.mktemp("kept")
    campaign = Campaign(1, *folders, seconds=60.0, modules=[MODULE])
    yield campaign
    campaign.close()


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_attributed_and_kept(
    campaign: Campaign, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name in ("bomb", "swell") and not sys.platform.startswith("linux"):
        pytest.skip("memory is measured on Linux alone")
    if name == "hang":
        monkeypatch.setattr(campaign, "_seconds", 1.0)
    tally = campaign.run([f"bad-{name}"], 1)[f"bad-{name}"]
    ((what, kept),) = tally.faults
    assert FAULTS[name] in what
    assert (kept / "fault.txt").read_text() == what
    note = json.loads((kept / "input.json").read_text())
    assert note["victim"] == "file.txt"


def test_what_ends_well_is_no_fault(campaign: Campaign) -> None:
    tally = campaign.run(["bad-right"], 3)["bad-right"]
    assert dict(tally.counts) == {"inputs": 3, "refused": 3, "function": 3}
    assert set(FAULTS) | {"right"} == set(READERS)


def test_one_in_twenty_goes_through_the_command_line() -> None:
    assert pool.COMMANDS <= 20


def test_a_kept_input_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    campaign = Campaign(1, tmp_path / "scratch", tmp_path / "kept", modules=[MODULE])
    ((what, kept),) = campaign.run(["bad-trace"], 1)["bad-trace"].faults
    campaign.close()
    shutil.rmtree(tmp_path / "scratch")
    answer = again(kept, modules=[MODULE])
    assert answer["end"] == "fault"
    assert answer["what"].splitlines()[-1] == what.splitlines()[-1]
