"""What a split knows of near-duplicates, and what it says of what it does not know."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.engine.command_line import run
from tests.engine.learn_toys import TINY, bright_nerve, toy_dataset
from tests.toys import write_kaggle
from training.data import DataSet, Project, open_dataset, open_labels
from training.duplicates import find_duplicates
from training.learn import known_groups

UNSEARCHED = "These frames have not been searched for near-duplicates, and those of"
WITHIN = "The last duplicate search compared the frames of each subject only with"


def said_of(dataset: DataSet, project: Project) -> list[tuple[str, str]]:
    """Level and text of each message."""
    events: list[dict[str, Any]] = []
    known_groups(dataset, project, on_event=events.append)
    return [(e["level"], e["text"]) for e in events if e["event"] == "message"]


def search(dataset: DataSet, project: Project, scope: str) -> None:
    labels = open_labels(dataset, None)
    find_duplicates(dataset, labels, project=project.make(), scope=scope)


def test_what_was_not_searched_is_said_in_one_line(tmp_path: Path) -> None:
    dataset, project = toy_dataset(tmp_path / "data", (1, 2), 2), Project(tmp_path)
    ((level, text),) = said_of(dataset, project)
    assert (level, text[: len(UNSEARCHED)]) == ("info", UNSEARCHED)
    assert f"run 'nerveseg duplicates {dataset.root} --scope all' first." in text
    search(dataset, project, "subject")
    ((level, text),) = said_of(dataset, project)
    assert (level, text[: len(WITHIN)]) == ("info", WITHIN)
    search(dataset, project, "all")
    assert said_of(dataset, project) == []
    found = known_groups(dataset, project).search
    assert found is not None
    assert found.across_subjects
    assert found.n_unsearched == 0


@pytest.mark.parametrize(
    ("names", "which"),
    [
        (("a", "b"), "These frames carry no subjects"),
        (("1_1", "1_2"), "These frames are of one subject"),
        (("1_1", "b", "c"), "2 of 3 frames carry no subject"),
    ],
)
def test_without_subjects_to_part_by_it_is_a_warning(
    tmp_path: Path, names: tuple[str, ...], which: str
) -> None:
    frames = {name: bright_nerve(k) for k, name in enumerate(names)}
    dataset = open_dataset(write_kaggle(tmp_path / "data", frames))
    project = Project(tmp_path / "project")
    ((level, text),) = said_of(dataset, project)
    assert level == "warning"
    assert text.startswith(f"{which}, and none has been searched for duplicates, so ")
    search(dataset, project, "subject")  # one subject, or none, is compared whole
    assert said_of(dataset, project) == []


def test_frames_of_several_and_of_unknown_people_are_to_be_compared_with_all(
    tmp_path: Path,
) -> None:
    frames = {name: bright_nerve(k) for k, name in enumerate(("1_1", "2_1", "c"))}
    dataset = open_dataset(write_kaggle(tmp_path / "data", frames))
    project = Project(tmp_path / "project")
    ((level, text),) = said_of(dataset, project)
    assert (level, text[:30]) == ("warning", "1 of 3 frames carry no subject")
    assert f"run 'nerveseg duplicates {dataset.root} --scope all' first." in text
    search(dataset, project, "subject")
    ((level, text),) = said_of(dataset, project)
    assert (level, text[: len(WITHIN)]) == ("info", WITHIN)


@pytest.mark.parametrize("searched", [False, True])
def test_the_search_that_is_told_can_be_typed(
    tmp_path: Path, searched: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = toy_dataset(tmp_path / "my frames; 'all'", (1, 2), 2)
    project = Project(tmp_path / "project")
    if searched:
        search(dataset, project, "subject")
    ((_, text),) = said_of(dataset, project)
    told = re.search(r"run '(nerveseg .*)'( first)?\.$", text)
    assert told is not None
    _, *words = shlex.split(told[1])
    assert run(*words, "--project", project.root) == 0
    assert said_of(dataset, project) == []


def test_a_search_of_other_frames_is_warned_of(tmp_path: Path) -> None:
    dataset = toy_dataset(tmp_path / "data", (1, 2), 2)
    small = {"1_9": bright_nerve(97, (5, 80), False)}  # no window fits in it
    dataset = open_dataset(write_kaggle(dataset.root, small))
    project = Project(tmp_path / "project").make()
    events: list[dict] = []
    labels = open_labels(dataset, None)
    find_duplicates(dataset, labels, project=project, scope="all")
    known_groups(dataset, project, on_event=events.append)
    assert not [event for event in events if event["event"] == "message"]
    changed = {"1_2": bright_nerve(98, (64, 80), True)}
    new = {"3_1": bright_nerve(99, (64, 80), True)}
    write_kaggle(tmp_path / "data", changed | new)
    (tmp_path / "data" / "2_1.tif").write_bytes(b"II*\0 but no more")
    dataset = open_dataset(tmp_path / "data")
    known_groups(dataset, project, on_event=events.append)
    (said,) = [event["text"] for event in events if event["event"] == "message"]
    assert said.startswith(
        "2 frames are new or changed since the last duplicate search"
    )


@pytest.mark.parametrize("command", ["train", "crossval"])
def test_splits_say_whether_anybody_searched_and_scores_are_not_drowned(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = toy_dataset(tmp_path / "data", (1, 2, 3), 2)
    config, project = tmp_path / "tiny.json", tmp_path / "project"
    config.write_text(json.dumps({**TINY, "recipe": "unet", "epochs": 1}))

    def splits_of(name: str) -> dict[str, Any]:
        out = tmp_path / name
        folds = ["--folds", "2"] if command == "crossval" else []
        words = ["--config", config, "--project", project, "--out", out, *folds]
        assert run(command, dataset.root, *words, "--json", tmp_path / "r.json") == 0
        assert "searched" not in str(json.loads((tmp_path / "r.json").read_text()))
        found: dict[str, Any] = json.loads((out / "splits.json").read_text())
        return found

    found = splits_of("before")
    assert capsys.readouterr().err.count(UNSEARCHED) == 1
    assert found["duplicate_search"] is None
    if command == "crossval":
        assert found["near_duplicates_across"] is None
        fold = tmp_path / "before" / "fold-1" / "splits.json"
        assert json.loads(fold.read_text())["duplicate_search"] is None
    search(dataset, Project(project), "all")
    found = splits_of("after")
    assert "near-duplicates" not in capsys.readouterr().err
    assert found["duplicate_search"]["across_subjects"] is True
    assert found["duplicate_search"]["n_unsearched"] == 0
    if command == "crossval":
        assert found["near_duplicates_across"] == []
