"""The Train tab: a form that checks itself, live curves, Cancel, what is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton

from napari_nerveseg import _engine
from napari_nerveseg.jobs import training_job
from napari_nerveseg.view.desk import Desk
from napari_nerveseg.view.progress_words import duration, progress_words
from napari_nerveseg.view.theme import palette
from napari_nerveseg.view.train_settings import config_json
from napari_nerveseg.view.workers import Workers
from napari_nerveseg.widgets.train_panel import TrainPanel, epoch_words
from tests.gui.conftest import child
from tests.gui.fake_workers import worker

LEFT = Qt.MouseButton.LeftButton

#: Writes two epochs and, between them, a checkpoint; then ends, or waits for `stop`.
_TRAINER = """
from pathlib import Path
command = json.loads(sys.stdin.readline())
out = Path(command["out"])
def log(**event):
    with (out / "events.jsonl").open("a") as file:
        file.write(json.dumps(event) + "\\n")
def epoch(n, dice):
    log(event="epoch", epoch=n, epochs=2, train_loss=1.0 / n, val_loss=1.2 / n,
        val_dice=dice, seconds_left=60.0 * (2 - n), best=True)
log(event="progress", stage="Epoch 1 of 2", done=3, total=4, rate=2.0, seconds_left=0.5)
"""
GOOD = worker(
    _TRAINER
    + """
epoch(1, 0.4)
(out / "best.safetensors").touch()
epoch(2, 0.6)
say(event="result", value={"best": 0.6})
"""
)
WAITS = worker(
    _TRAINER
    + """
while not (out / "stop").exists():
    time.sleep(0.02)
say(event="error", kind="cancelled", text="The training was stopped as asked.")
sys.exit(130)
"""
)
DIES = worker(_TRAINER + "os.kill(os.getpid(), signal.SIGKILL)")


@pytest.fixture
def panel(desk: Desk, qtbot: QtBot) -> TrainPanel:
    made = TrainPanel(desk, Workers(desk))
    qtbot.addWidget(made)
    made.resize(460, 800)
    made.show()
    return made


def start(panel: TrainPanel, qtbot: QtBot) -> None:
    qtbot.mouseClick(child(panel, "train_start", QPushButton), LEFT)


def run_as(monkeypatch: pytest.MonkeyPatch, program: list[str]) -> None:
    monkeypatch.setattr(training_job, "worker_program", lambda: program)


def test_the_form_is_the_engines_recipe(panel: TrainPanel) -> None:
    for recipe in _engine.RECIPES:
        panel.form["recipe"].value = recipe
        config = _engine.TrainConfig.from_json(config_json(panel.form.values()))
        assert config == _engine.RECIPES[recipe]()
    assert panel.start.isEnabled()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("height", 2, "size is (2, 256)"),
        ("val_subjects", "9", "No frame is of subject 9"),
        ("val_subjects", "3-", "3-"),
    ],
)
def test_a_wrong_setting_is_said_while_one_types(
    panel: TrainPanel, name: str, value: Any, words: str
) -> None:
    panel.form["recipe"].value = "unet"
    panel.form[name].value = value
    assert words in panel.problem.text()
    assert panel.problem.isVisible()
    assert not panel.start.isEnabled()
    panel.form[name].value = 192 if name == "height" else ""
    assert not panel.problem.isVisible()
    assert panel.start.isEnabled()


def test_epochs_are_drawn_and_the_checkpoint_is_named(
    desk: Desk, panel: TrainPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.session is not None
    run_as(monkeypatch, GOOD)
    made: list[Path] = []
    panel._workers.checkpoint_made.connect(made.append)
    start(panel, qtbot)
    assert not panel.start.isEnabled()
    assert "No checkpoint yet" in panel.kept.text()
    qtbot.waitUntil(lambda: bool(made), timeout=20_000)
    assert panel.curves.points("val_dice") == [0.4, 0.6]
    assert panel.curves.points("train_loss") == [1.0, 0.5]
    assert panel.epoch.text() == "Epoch 2 of 2 · validation Dice 0.600 · 0 s left"
    (run,) = desk.session.project.runs.iterdir()
    assert panel.kept.text() == f"Best checkpoint kept at {run / 'best.safetensors'}"
    assert made == [run / "best.safetensors"]
    assert panel.start.isEnabled()
    assert not panel.job.isVisible()


def test_cancel_ends_it_and_says_that_there_is_none_yet(
    desk: Desk, panel: TrainPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_as(monkeypatch, WAITS)
    start(panel, qtbot)
    qtbot.waitUntil(lambda: "3 of 4" in panel.job.words.text(), timeout=20_000)
    qtbot.mouseClick(child(panel, "train_cancel", QPushButton), LEFT)
    assert panel.job.cancel.text() == "Stopping…"
    qtbot.waitUntil(lambda: not panel.job.isVisible(), timeout=6_000)
    assert "no checkpoint" in panel.kept.text()
    assert panel.start.isEnabled()


def test_a_killed_training_is_said_once_and_can_start_again(
    desk: Desk, panel: TrainPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[str] = []
    desk.said.connect(
        lambda level, text: errors.append(text) if level == "error" else None
    )
    run_as(monkeypatch, DIES)
    start(panel, qtbot)
    qtbot.waitUntil(lambda: bool(errors), timeout=20_000)
    assert len(errors) == 1
    assert panel.start.isEnabled()


def test_a_training_outlives_the_folder_and_is_followed_again(
    desk: Desk,
    panel: TrainPanel,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    toy_folder: Path,
    tmp_path: Path,
) -> None:
    run_as(monkeypatch, WAITS)
    start(panel, qtbot)
    qtbot.waitUntil(lambda: "3 of 4" in panel.job.words.text(), timeout=20_000)
    desk.close()
    assert not panel.job.isVisible()
    assert desk.open(toy_folder, tmp_path / "project")
    qtbot.waitUntil(lambda: "3 of 4" in panel.job.words.text(), timeout=20_000)
    assert not panel.start.isEnabled()
    qtbot.mouseClick(child(panel, "train_cancel", QPushButton), LEFT)
    qtbot.waitUntil(lambda: not panel.job.isVisible(), timeout=6_000)


def test_without_a_folder_it_says_what_to_do_first(
    desk: Desk, panel: TrainPanel
) -> None:
    desk.close()
    assert panel.problem.text() == "Open a folder with frames and masks first."
    assert not panel.start.isEnabled()


def test_curves_take_the_theme(panel: TrainPanel) -> None:
    panel.enter()
    for theme in ("light", "dark"):
        colours = palette(theme)
        panel.curves.set_palette(colours)
        corner = panel.curves.grab().toImage().pixelColor(1, 1)
        assert corner.name() == colours.background


def test_words() -> None:
    assert duration(59.6) == "60 s"
    assert duration(600) == "10 min"
    assert duration(3900) == "1 h 5 min"
    event = {"stage": "Comparing", "done": 1200, "total": 5635, "rate": 310.4}
    assert progress_words({**event, "seconds_left": 14.3}) == (
        "Comparing: 1,200 of 5,635 · 310 per second · 14 s left"
    )
    assert progress_words({"stage": "Loading", "done": 0, "total": None}) == "Loading"
    slow = {"stage": "Epoch", "done": 1, "total": 9, "rate": 0.05, "seconds_left": 160}
    assert progress_words(slow) == "Epoch: 1 of 9 · 3.0 per minute · 3 min left"
    assert epoch_words({"epoch": 1, "epochs": 4, "val_dice": None}) == "Epoch 1 of 4"


def test_the_newest_run_is_shown_while_nothing_runs(
    desk: Desk, panel: TrainPanel, toy_folder: Path
) -> None:
    assert desk.session is not None
    panel.enter()
    to_come = child(panel, "curves_to_come")
    assert not to_come.isHidden()
    run = desk.session.project.runs / "2026-01-01_000000_unet"
    run.mkdir(parents=True)
    events = [{"event": "epoch", "epoch": n, "val_dice": 0.1 * n} for n in (1, 2, 3)]
    history = "\n".join(json.dumps(event) for event in events)
    (run / "events.jsonl").write_text(history + "\n", encoding="utf-8")
    (run / "best.safetensors").touch()
    assert desk.open(toy_folder, desk.session.project.root)
    assert len(panel.curves.points("val_dice")) == 3
    assert to_come.isHidden()
    assert panel.epoch.text() == "Newest run: 3 epochs · best validation Dice 0.300"
    assert panel.kept.text().endswith("best.safetensors")
