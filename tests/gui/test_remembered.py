"""What the window remembers, and where it keeps its project: damaged or elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from napari_nerveseg.canvas.contrast import Contrast
from napari_nerveseg.canvas.contrast_views import ContrastViews
from napari_nerveseg.canvas.kinds import PREDICTION, PROBABILITY
from napari_nerveseg.canvas.looks import DEFAULTS, Looks
from napari_nerveseg.canvas.memory import _keep, remember_keys, remembered_checkpoint
from napari_nerveseg.frames.filter_row import saved_filters
from napari_nerveseg.shell.dock import NerveReview
from napari_nerveseg.shell.key_map import KeyMap
from napari_nerveseg.window.context import ReviewContext
from napari_nerveseg.window.keys import change_keys, key_of
from tests.toys import smooth_frame, write_kaggle

PREDICTED, HEAT = asdict(DEFAULTS[PREDICTION]), asdict(DEFAULTS[PROBABILITY])
NAN = float("nan")


@pytest.fixture(autouse=True)
def _usual_keys() -> Iterator[None]:
    yield
    change_keys({})


@pytest.mark.parametrize(
    "damaged",
    [
        {"approve": ("",)},
        {"approve": ("T",)},
        {"approve": ("Esc",)},
        {"approve": ("K, L",)},
    ],
)
def test_damaged_keys_that_no_dialog_sets_are_not_taken(
    damaged: dict[str, tuple[str, ...]],
) -> None:
    remember_keys(damaged)
    KeyMap()
    assert (key_of("approve"), key_of("flag")) == ("G", "T")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("look/prediction", json.dumps({**PREDICTED, "colour": "#F0E44"})),
        ("look/prediction", json.dumps({**PREDICTED, "opacity": 7.5})),
        ("look/prediction", json.dumps({**PREDICTED, "opacity": NAN})),
        ("look/prediction", json.dumps({**PREDICTED, "contour": -2})),
        ("look/probability", json.dumps({**HEAT, "colour": "magmb"})),
        ("contrast", json.dumps({**asdict(Contrast("CLAHE")), "tile": 0})),
        ("contrast", json.dumps({**asdict(Contrast("gamma")), "gamma": -1e308})),
        ("filters", json.dumps({"lines": {"mine": 5}})),
        ("checkpoint", "a" * 5000),
        ("checkpoint", "a\0b"),
        ("keys", "[" * 5000),
        ("look/prediction", "[" * 5000),
    ],
)
def test_what_the_window_remembers_and_is_damaged_is_as_usual(
    name: str, text: str
) -> None:
    _keep(name, text)
    looks = Looks()
    assert {kind: looks.of(kind) for kind in DEFAULTS} == DEFAULTS
    views = ContrastViews()
    views.shut_down()
    assert views.contrast == Contrast()
    assert saved_filters() == {}
    assert remembered_checkpoint() is None
    KeyMap()
    assert key_of("approve") == "G"


def test_a_project_elsewhere_is_said_and_one_that_is_fixed_refused(
    context: ReviewContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "user" / "home"
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: home)
    inner = tmp_path / "disk"
    data = write_kaggle(inner / "train", {"1_1": (smooth_frame(1), None)})
    said: list[tuple[str, str]] = []
    context.said.connect(lambda level, text: said.append((level, text)))
    inner.chmod(0o555)
    try:
        assert context.open(data)
        assert context.session is not None
        root = context.session.project.root
        text = f"{inner} cannot be written, so the project folder is {root}; name "
        assert ("warning", f"{text}another by --project.") in said
    finally:
        inner.chmod(0o755)
    project = inner / "train.nerveseg"
    project.mkdir()
    project.chmod(0o555)
    try:
        assert not context.open(data)
        assert said[-1][1].startswith(f"The label store {project / 'labels.sqlite'} ")
        assert context.session.project.root == root, "what was open stays open"
    finally:
        project.chmod(0o755)


def test_a_project_opens_as_it_was_left(
    window: NerveReview, toy_folder: Path, tmp_path: Path
) -> None:
    context = window.context
    window.show_tab("Mend")
    context.go("2_2")
    window.frames.filter.line.setText("subject:2")
    other = write_kaggle(tmp_path / "other", {"7_1": (smooth_frame(7), None)})
    assert window.open(other, tmp_path / "other-project")
    assert (context.current(), window.frames.filter.line.text()) == ("7_1", "")
    window.show_tab("Look")
    assert window.open(toy_folder, tmp_path / "project")
    assert (context.current(), window.tabs.title()) == ("2_2", "Mend")
    assert window.frames.filter.line.text() == "subject:2"
    assert context.table.rowCount() == 3
    window.frames.filter.line.setText("")
    window.frames.queues.begin("unreviewed")
    context.go("2_1")
    context.close()
    assert window.open(toy_folder, tmp_path / "project")
    assert (context.current(), window.frames.queues.name) == ("2_1", "unreviewed")


def test_a_place_that_is_gone_does_no_harm(window: NerveReview, tmp_path: Path) -> None:
    window.context.go("2_2")
    window.place.keep()
    window.context.close()
    less = write_kaggle(tmp_path / "less", {"1_1": (smooth_frame(1), None)})
    assert window.open(less, tmp_path / "project")
    assert window.context.current() == "1_1"
