"""The list of runs: what it says, notes, compare, delete, resume, settings again."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton

from napari_nerveseg import _engine
from napari_nerveseg.jobs import training_job, worker_process
from napari_nerveseg.train.panel import TrainPanel
from napari_nerveseg.train.runs import differences, read_run, read_runs, throw_away
from napari_nerveseg.train.runs_compare import RunsCompare, score_rows
from napari_nerveseg.window.context import ReviewContext
from napari_nerveseg.window.workers import Workers
from tests.gui.conftest import child
from tests.gui.fake_workers import worker

LEFT = Qt.MouseButton.LeftButton


def make_run(runs: Path, name: str, when: int, dice: float, **changes: Any) -> Path:
    """Write a run folder that a training of two epochs would have left."""
    folder = runs / name
    folder.mkdir(parents=True)
    config = {**_engine.RECIPES["unet"]().to_json(), **changes}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "fingerprint.json").write_text(json.dumps({"labels": "0123456789abc"}))
    events = [
        {"event": "epoch", "epoch": n, "epochs": 2, "val_dice": dice * n / 2}
        for n in (1, 2)
    ]
    write_events(folder, events)
    os.utime(folder / "config.json", (when, when))
    return folder


def write_events(folder: Path, events: list[dict[str, Any]]) -> None:
    lines = "".join(json.dumps(event) + "\n" for event in events)
    with (folder / "events.jsonl").open("a") as file:
        file.write(lines)


@pytest.fixture
def runs(context: ReviewContext) -> Path:
    assert context.session is not None
    folder = context.session.project.runs
    make_run(folder, "first", 1000, 0.5)
    make_run(folder, "second", 2000, 0.7, learning_rate=0.01)
    return folder


@pytest.fixture
def panel(context: ReviewContext, runs: Path, qtbot: QtBot) -> TrainPanel:
    made = TrainPanel(context, Workers(context))
    qtbot.addWidget(made)
    made.resize(470, 800)
    made.show()
    made.go_to("runs")
    return made


def press(panel: TrainPanel, qtbot: QtBot, name: str) -> None:
    qtbot.mouseClick(child(panel, name, QPushButton), LEFT)


def answer(qtbot: QtBot, text: str) -> None:
    """Press the button ``text`` of the question that is about to come."""

    def click() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        next(one for one in box.buttons() if one.text() == text).click()

    QTimer.singleShot(0, click)


def cells(panel: TrainPanel, row: int) -> list[str]:
    model = panel.runs.model
    return [model.index(row, n).data() for n in range(model.columnCount())]


@pytest.mark.parametrize(
    ("last", "state", "error"),
    [
        ({"event": "error", "kind": "memory", "text": "Too little."}, "failed", "Too"),
        ({"event": "error", "kind": "cancelled", "text": "As asked."}, "stopped", ""),
        ({"event": "continued", "epoch": 2}, "unfinished", ""),
        ({"event": "error", "kind": "memory", "text": "", "fold": 1}, "unfinished", ""),
    ],
)
def test_a_run_says_how_it_stands(
    tmp_path: Path, last: dict[str, Any], state: str, error: str
) -> None:
    folder = make_run(tmp_path, "one", 1000, 0.5)
    write_events(folder, [last])
    run = read_run(folder)
    assert run.state == state
    assert run.error.startswith(error)
    assert run.validation == 0.5
    (folder / "result.json").write_text('{"stopped": "early"}')
    assert read_run(folder).state == "finished"
    (folder / "pid").write_text(f"{os.getpid()}\n")
    assert read_run(folder).state == "running"
    (folder / "pause").touch()
    assert read_run(folder).state == "paused"


@pytest.mark.parametrize("text", ["{ torn", "[]", "[" * 99_999])
def test_a_damaged_run_is_listed_all_the_same(tmp_path: Path, text: str) -> None:
    folder = make_run(tmp_path, "one", 1000, 0.5)
    for name in ("result.json", "splits.json", "fingerprint.json"):
        (folder / name).write_text(text)
    (run,) = read_runs(tmp_path)
    assert (run.state, run.labels, run.folds) == ("unfinished", "", 0)


def test_an_epoch_that_was_trained_again_counts_once(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "one", 1000, 0.5)
    write_events(folder, [{"event": "epoch", "epoch": 2, "val_dice": 0.6}])
    assert [event["val_dice"] for event in read_run(folder).epochs] == [0.25, 0.6]


def test_the_newest_comes_first_with_score_and_labels(panel: TrainPanel) -> None:
    assert cells(panel, 0) == ["second", "broken off", "0.700", "", "012345", ""]
    assert cells(panel, 1)[0] == "first"
    assert not panel.runs.buttons["compare"].isEnabled()
    assert not panel.runs.notes.isEnabled()


def test_notes_are_kept_when_one_goes_on(panel: TrainPanel, runs: Path) -> None:
    table = panel.runs.table
    table.selectRow(0)
    panel.runs.notes.setPlainText("more\nspeckle")
    table.selectRow(1)
    assert (runs / "second" / "notes.txt").read_text() == "more\nspeckle"
    assert cells(panel, 0)[-1] == "more speckle"
    assert panel.runs.notes.toPlainText() == ""
    panel.runs.notes.setPlainText("line to beat")
    panel.hide()
    assert read_run(runs / "first").notes == "line to beat"
    table.selectRow(0)
    assert panel.runs.notes.toPlainText() == "more\nspeckle"


def test_two_runs_are_compared(panel: TrainPanel, qtbot: QtBot, runs: Path) -> None:
    panel.runs.table.selectAll()
    press(panel, qtbot, "runs_compare")
    dialog = child(panel, "runs_compare", RunsCompare)
    assert dialog.settings.rowCount() == 1
    row = [dialog.settings.item(0, n).text() for n in range(3)]
    assert row == ["learning_rate", "0.01", "0.001"]
    assert [lines[0].points("val_dice") for lines in dialog.curves.lines] == [
        [0.35, 0.7],
        [0.25, 0.5],
    ]
    a, b = read_run(runs / "second"), read_run(runs / "first")
    assert score_rows(a, b) == [("Best epoch: validation Dice", "0.7000", "0.5000")]
    dialog.close()


def test_strengths_that_differ_are_named(tmp_path: Path) -> None:
    strengths = _engine.RECIPES["unet"]().augmentation.to_json()
    a = make_run(tmp_path, "a", 1, 0.5)
    b = make_run(tmp_path, "b", 2, 0.5, augmentation={**strengths, "rotation": 5.0})
    found = differences(read_run(a), read_run(b))
    assert found == [("augmentation: rotation", 12.0, 5.0)]


def test_deleting_asks_and_moves_to_the_trash(
    panel: TrainPanel, qtbot: QtBot, runs: Path
) -> None:
    panel.runs.table.selectRow(1)
    answer(qtbot, "Keep")
    press(panel, qtbot, "runs_delete")
    assert (runs / "first").is_dir()
    answer(qtbot, "Delete")
    qtbot.keyClick(panel.runs.table, Qt.Key.Key_Delete)
    assert not (runs / "first").exists()
    assert (runs.parent / "trash" / "first" / "config.json").is_file()
    assert panel.runs.model.rowCount() == 1
    again = make_run(runs, "first", 1000, 0.5)
    assert throw_away(read_run(again), runs.parent).name == "first-2"


def test_a_running_run_is_never_deleted(panel: TrainPanel, runs: Path) -> None:
    (runs / "second" / "pid").write_text(f"{os.getpid()}\n")
    panel.runs.fill()
    panel.runs.table.selectRow(0)
    assert cells(panel, 0)[1] == "running"
    assert not panel.runs.buttons["delete"].isEnabled()
    assert not panel.runs.buttons["resume"].isEnabled()
    with pytest.raises(_engine.InputError, match="second is running: stop it first"):
        throw_away(read_run(runs / "second"), runs.parent)
    assert (runs / "second").is_dir()


def test_an_unfinished_run_goes_on(
    panel: TrainPanel, qtbot: QtBot, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = {"event": "error", "kind": "memory", "text": "Too little memory."}
    write_events(runs / "second", [failed])
    panel.runs.fill()
    resumes = worker(
        """
        from pathlib import Path
        command = json.loads(sys.stdin.readline())
        run = Path(command["resume"])
        assert command["command"] == "train" and "out" not in command, command
        assert not (run / "pid").exists()
        event = {"event": "epoch", "epoch": 3, "epochs": 3, "val_dice": 0.8}
        with (run / "events.jsonl").open("a") as file:
            file.write(json.dumps(event) + "\\n")
        say(event="result", value={"stopped": None})
        """
    )
    monkeypatch.setattr(training_job, "worker_program", lambda: resumes)
    panel.runs.table.selectRow(0)
    assert "Too little memory." in panel.runs.words.text()
    press(panel, qtbot, "runs_resume")
    assert panel.watch.isVisible()
    qtbot.waitUntil(lambda: not panel.watch.running, timeout=20_000)
    assert panel.watch.failure.text() == ""
    assert panel.curves.points("val_dice") == [0.35, 0.7, 0.8]


def test_a_run_is_shown_and_its_settings_are_used_again(
    panel: TrainPanel, qtbot: QtBot
) -> None:
    panel.runs.table.selectRow(0)
    press(panel, qtbot, "runs_look")
    assert panel.watch.isVisible()
    assert panel.watch.epoch.text().startswith("second: broken off")
    panel.go_to("runs")
    press(panel, qtbot, "runs_settings")
    assert panel.form["learning_rate"].value == "0.01"
    assert panel.form["recipe"].value == "unet"
    assert panel.start.isEnabled()


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"stopped": "asked", "text": "Stopped: no checkpoint yet."}, "Stopped: no"),
        ({}, "It ended before its first epoch did"),
    ],
)
def test_a_run_without_an_epoch_says_that_none_will_come(
    panel: TrainPanel, qtbot: QtBot, runs: Path, result: dict[str, Any], words: str
) -> None:
    folder = make_run(runs, "third", 3000, 0.5)
    (folder / "events.jsonl").unlink()
    if result:
        (folder / "result.json").write_text(json.dumps(result))
    panel.runs.fill()
    panel.runs.table.selectRow(0)
    press(panel, qtbot, "runs_look")
    empty = child(panel, "curves_to_come", QLabel)
    assert empty.isVisible()
    assert empty.text().startswith(words)
    panel.watch.show_run(read_run(runs / "second"))
    assert not empty.isVisible()
    (folder / "pid").write_text(f"{os.getpid()}\n")
    panel.watch.show_run(read_run(folder))  # of one that runs they are to come
    assert empty.text().endswith("appear here after the first epoch.")


def test_the_report_is_written_and_opened(
    panel: TrainPanel, qtbot: QtBot, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile())
    )
    writes = worker(
        """
        command = json.loads(sys.stdin.readline())
        assert command["reading"] is None  # the run says it
        say(event="result", value={"path": command["run"] + "/report.html"})
        """
    )
    monkeypatch.setattr(worker_process, "worker_program", lambda: writes)
    panel.runs.table.selectRow(0)
    press(panel, qtbot, "runs_report")
    qtbot.waitUntil(lambda: bool(opened), timeout=20_000)
    assert opened == [str(runs / "second" / "report.html")]


def test_without_runs_it_says_what_to_do(
    context: ReviewContext, panel: TrainPanel, tmp_path: Path
) -> None:
    context.close()
    assert panel.runs.words.text().startswith("No runs yet.")
    assert not any(made.isEnabled() for made in panel.runs.buttons.values())
