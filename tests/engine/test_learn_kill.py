"""A training that is killed goes on from its last whole epoch, whenever it was."""

from __future__ import annotations

import json
import signal

import pytest

from tests.engine.learn_toys import toy_dataset
from tests.engine.test_learn_resume import assert_same
from tests.engine.training_children import run_jobs

#: Moments in a training of four epochs with two steps each.
MOMENTS = (
    "step 1",
    "step 6",
    "before last.pt 2",
    "after last.pt 2",
    "before metrics.csv 3",
    "before result.json 1",
)
SETTINGS = {"epochs": 4, "batch": 5, "patience": 0, "size": [16, 24]}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Run folders: one of an unbroken training, and one for each moment of death."""
    data = toy_dataset(tmp_path_factory.mktemp("data"), (1, 2, 3), 3).root
    runs = tmp_path_factory.mktemp("runs")
    job = {"data": data, "settings": SETTINGS}
    outs = [runs / str(number) / "run" for number in range(len(MOMENTS))]
    deaths = [
        {**job, "out": out, "kill": moment}
        for out, moment in zip(outs, MOMENTS, strict=True)
    ]
    second = [{**job, "out": out, "resume": True} for out in outs]
    whole = {**job, "out": runs / "whole" / "run"}
    ends = run_jobs(whole, *deaths, *second)
    return whole["out"], outs, [end[0] for end in ends]


def test_it_was_killed_and_went_on(folders):
    _, _, (whole, *rest) = folders
    killed, resumed = rest[: len(MOMENTS)], rest[len(MOMENTS) :]
    assert whole["result"]["epochs"] == 4
    assert [end["signal"] for end in killed] == [signal.SIGKILL] * len(MOMENTS)
    for end in resumed:
        assert end["result"]["validation"] == whole["result"]["validation"]


@pytest.mark.parametrize("number", range(len(MOMENTS)), ids=MOMENTS)
def test_the_end_is_the_same_to_the_bit(folders, number):
    whole, outs, _ = folders
    assert_same(outs[number], whole, epochs=4)
    lines = (outs[number] / "events.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["event"] == "result"
