"""The Train tab: a form that checks itself, live curves, Cancel, what is kept."""

from __future__ import annotations

import json
import os
import textwrap
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QPushButton

from napari_nerveseg import _engine
from napari_nerveseg.canvas import colours
from napari_nerveseg.canvas.theme import palette
from napari_nerveseg.jobs import training_job, words, worker_process
from napari_nerveseg.jobs.process_use import ProcessUse, Use
from napari_nerveseg.train.curves import RunCurves
from napari_nerveseg.train.panel import TrainPanel
from napari_nerveseg.train.settings import config_json, names_in, settings
from napari_nerveseg.train.words import epoch_words, estimate_words, use_words
from napari_nerveseg.window.context import ReviewContext
from napari_nerveseg.window.progress_words import duration, progress_words
from napari_nerveseg.window.workers import Workers
from tests.gui.conftest import child
from tests.gui.fake_workers import POLITE, worker

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
        val_dice=dice, val_dice_low=dice - 0.1, val_dice_high=dice + 0.1,
        seconds_left=60.0 * (2 - n), preview="preview.npz", best=True)
log(event="progress", stage="Epoch 1 of 2", done=3, total=4, rate=2.0, seconds_left=0.5)
"""
GOOD = worker(
    _TRAINER
    + """
epoch(1, 0.4)
(out / "best.safetensors").touch()
epoch(2, 0.6)
say(event="result", value={"best": 0.6, "text": "Both epochs are done."})
"""
)
WAITS = worker(
    _TRAINER
    + """
(out / "config.json").write_text(json.dumps(command["config"]))
waiting = False
while not (out / "stop").exists():
    time.sleep(0.02)
    if (out / "pause").exists() != waiting:
        waiting = not waiting
        log(event="paused" if waiting else "resumed")
say(event="error", kind="cancelled", text="The training was stopped as asked.")
sys.exit(130)
"""
)
#: Is done with an epoch when it is stopped.
LATE = worker(
    _TRAINER
    + """
(out / "config.json").write_text(json.dumps(command["config"]))
epoch(1, 0.4)
(out / "best.safetensors").touch()
while not (out / "stop").exists():
    time.sleep(0.02)
log(event="result", value={"stopped": "asked"})
(out / "result.json").write_text('{"stopped": "asked"}')
"""
)
DIES = worker(_TRAINER + "os.kill(os.getpid(), signal.SIGKILL)")


@pytest.fixture
def panel(context: ReviewContext, qtbot: QtBot) -> TrainPanel:
    made = TrainPanel(context, Workers(context))
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


def test_every_setting_is_in_the_form_once(panel: TrainPanel) -> None:
    config = _engine.RECIPES["unet"]().to_json()
    strengths = config.pop("augmentation")
    assert sorted(settings()) == sorted([*config, *strengths])
    assert set(strengths) < set(names_in("Augmentation"))
    assert all(setting.help for setting in settings().values())


def test_an_earlier_runs_gpu_is_shown_and_taken(panel: TrainPanel) -> None:
    config = _engine.TrainConfig.from_json({"device": "cuda:1"})
    panel.form.set_config(config.to_json())
    assert panel.form["device"].value == "cuda:1"
    assert config_json(panel.form.values())["device"] == "cuda:1"
    panel.form["device"].value = "cpu"
    assert panel.form["device"].value == "cpu"


def test_a_recipe_leaves_who_validates_and_where(panel: TrainPanel) -> None:
    kept = {"val_subjects": "2", "max_minutes": "5", "device": "cpu"}
    for name, value in kept.items():
        panel.form[name].value = value
    panel.form["recipe"].value = "seed"
    assert panel.form["epochs"].value == "15"
    assert {name: panel.form[name].value for name in kept} == kept


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("size", "2x256", "Give height and width, whole numbers from 16 to 4096."),
        ("size", "wide", "size wide: write whole numbers such as 128x176."),
        ("epochs", "0", "Give a whole number from 1 to 100000."),
        ("learning_rate", "fast", "Write a number."),
        ("batch", "2.5", "Write a whole number."),
        ("rotation", "500", "Give a number from 0 (off) to 180."),
        ("accumulate", "9", "accumulate is 9, but a batch has 4 frames"),
        ("test_subjects", "9", "No frame is of subject 9: name others."),
        ("val_subjects", "3-", "3-"),
    ],
)
def test_a_wrong_setting_is_said_beside_its_field_while_one_types(
    panel: TrainPanel, name: str, value: str, words: str
) -> None:
    panel.form["recipe"].value = "unet"
    good = panel.form[name].value
    for fold in panel.form.folds.values():
        fold.open(True)
    panel.form[name].value = value
    assert words in panel.form[name].problem.text()
    assert panel.form[name].problem.isVisible()
    assert panel.problem.text() == "Mend what is marked above first."
    assert not panel.start.isEnabled()
    assert not panel.setup.estimate.isEnabled()
    panel.form[name].value = good
    assert not panel.form[name].problem.isVisible()
    assert not panel.problem.isVisible()
    assert panel.start.isEnabled()


def shown(panel: TrainPanel, group: str) -> set[str]:
    """Return the settings of a group, opened, that are to be seen."""
    panel.form.folds[group].open(True)
    fields = {name: panel.form[name] for name in names_in(group)}
    assert all(f.title.isVisible() == f.row.isVisible() for f in fields.values())
    return {name for name, field in fields.items() if field.row.isVisible()}


def test_what_a_network_does_not_use_is_not_shown_but_kept(panel: TrainPanel) -> None:
    form = panel.form
    form["recipe"].value = "seed"  # a unet without presence head
    form["stem_stride"].value = "2"
    assert shown(panel, "Network") == {
        *("network", "size", "widths", "norm", "stem_stride", "presence"),
        *("frozen_warmup", "encoder_rate", "preprocess"),
    }
    form["stem_stride"].value = "x"
    form["network"].value = "lite"
    form["widths"].value = "8, 8, 8, 8"
    assert panel.start.isEnabled()  # nothing that is not shown is in the way
    assert "pretrained" in shown(panel, "Network")
    assert not {"norm", "stem_stride", "presence"} & shown(panel, "Network")
    assert form.folds["Network"].head.text() == "Network · 2 changed"
    config = _engine.TrainConfig.from_json(config_json(form.values()))
    assert (config.network, config.presence, config.stem_stride) == ("lite", True, 2)
    form["network"].value = "unet"
    assert (form["stem_stride"].value, form["presence"].value) == ("x", False)
    assert not panel.start.isEnabled()


def test_strengths_are_shown_where_frames_are_augmented(panel: TrainPanel) -> None:
    panel.form["recipe"].value = "unet"
    assert shown(panel, "Augmentation") == set(names_in("Augmentation"))
    panel.form["rotation"].value = "7"
    panel.form["augment"].value = False
    assert shown(panel, "Augmentation") == {"augment"}
    panel.form["augment"].value = True
    assert panel.form["rotation"].value == "7"
    assert config_json(panel.form.values())["augmentation"]["rotation"] == 7


def test_adam_has_no_weight_decay(panel: TrainPanel) -> None:
    panel.form["recipe"].value = "unet"
    panel.form["optimizer"].value = "adam"
    assert "weight_decay" not in shown(panel, "Optimisation")
    assert config_json(panel.form.values())["weight_decay"] == 0
    panel.form["optimizer"].value = "adamw"
    assert config_json(panel.form.values())["weight_decay"] == 0.01


def test_a_folded_group_says_what_it_hides(panel: TrainPanel, qtbot: QtBot) -> None:
    panel.form["recipe"].value = "unet"
    fold = panel.form.folds["Optimisation"]
    rate = panel.form["learning_rate"]
    assert (fold.head.text(), rate.native.isVisible()) == ("Optimisation", False)
    rate.value = "0.002"
    assert fold.head.text() == "Optimisation · 1 changed"
    rate.value = "x"
    assert fold.head.text() == "Optimisation · 1 changed · 1 to mend"
    fold.head.setFocus()
    qtbot.keyClick(fold.head, Qt.Key.Key_Space)
    assert rate.native.isVisible()


def test_an_earlier_checkpoint_stands_in_for_imagenet_weights(
    panel: TrainPanel,
) -> None:
    panel.form["recipe"].value = "lite"
    assert "pretrained" in shown(panel, "Network")
    panel.form["init_from"].value = "/runs/one"
    assert "pretrained" not in shown(panel, "Network")
    config = _engine.TrainConfig.from_json(config_json(panel.form.values()))
    assert (config.init_from, config.pretrained) == ("/runs/one", False)
    assert panel.start.isEnabled()


def test_in_a_cross_validation_nobody_is_named_to_validate(panel: TrainPanel) -> None:
    panel.form["val_subjects"].value = "2"
    assert panel.start.isEnabled()
    panel.setup.how.setCurrentIndex(1)
    assert "every subject validates once" in panel.form["val_subjects"].problem.text()
    assert panel.start.text() == "Start cross-validation"
    assert not panel.start.isEnabled()
    panel.setup.how.setCurrentIndex(0)
    assert panel.start.isEnabled()


_FORECAST = {
    "text": "About 2.0 minutes for 4 epochs of 30 seconds.",
    "memory_gb": {"process": 1.25, "held": 0.1, "gpu": None},
    "frames": {"train": 4, "validation": 2, "test": 0},
    "device": "cpu",
    "warnings": [],
}


def test_an_estimate_comes_before_start_and_ages_with_the_form(
    panel: TrainPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = worker(
        f"""
        command = json.loads(sys.stdin.readline())
        assert (command["command"], command["dry_run"]) == ("train", True), command
        say(event="result", value=json.loads({json.dumps(json.dumps(_FORECAST))}))
        """
    )
    monkeypatch.setattr(worker_process, "worker_program", lambda: answers)
    qtbot.mouseClick(child(panel, "train_estimate", QPushButton), LEFT)
    assert panel.setup.job.isVisible()
    qtbot.waitUntil(panel.setup.forecast.isVisible, timeout=20_000)
    assert panel.setup.forecast.text() == estimate_words(_FORECAST)
    assert "Memory: 1.2 GB" in panel.setup.forecast.text()
    panel.form["epochs"].value = "7"
    assert "changed since the estimate" in panel.setup.forecast.text()


def test_an_estimate_can_be_cancelled(
    panel: TrainPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "worker_program", lambda: POLITE)
    qtbot.mouseClick(child(panel, "train_estimate", QPushButton), LEFT)
    qtbot.waitUntil(lambda: "Waiting" in panel.setup.job.words.text(), timeout=20_000)
    qtbot.mouseClick(child(panel, "estimate_cancel", QPushButton), LEFT)
    qtbot.waitUntil(lambda: not panel.setup.job.isVisible(), timeout=6_000)
    assert panel.setup.estimate.isEnabled()


def test_epochs_are_drawn_and_the_checkpoint_is_named(
    context: ReviewContext,
    panel: TrainPanel,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert context.session is not None
    run_as(monkeypatch, GOOD)
    made: list[Path] = []
    panel._workers.checkpoint_made.connect(made.append)
    start(panel, qtbot)
    assert not panel.start.isEnabled()
    assert "No checkpoint yet" in panel.kept.text()
    qtbot.waitUntil(lambda: bool(made), timeout=20_000)
    assert panel.curves.points("val_dice") == [0.4, 0.6]
    assert panel.curves.points("train_loss") == [1.0, 0.5]
    assert panel.curves.points("val_dice_low") == pytest.approx([0.3, 0.5])
    band = panel.curves.lines(0).band.path().boundingRect()
    assert (band.top(), band.bottom()) == pytest.approx((0.3, 0.7))
    assert panel.watch.epoch.text() == "Both epochs are done."
    assert panel.watch.pictures.preview is None  # none was written
    (run,) = context.session.project.runs.iterdir()
    assert panel.kept.text() == f"Best checkpoint kept at {run / 'best.safetensors'}"
    assert made == [run / "best.safetensors"]
    assert panel.start.isEnabled()
    assert not panel.job.isVisible()


def test_a_training_waits_and_goes_on(
    context: ReviewContext,
    panel: TrainPanel,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_as(monkeypatch, WAITS)
    said: list[str] = []
    context.said.connect(lambda _level, text: said.append(text))
    start(panel, qtbot)
    qtbot.waitUntil(lambda: "3 of 4" in panel.job.words.text(), timeout=20_000)
    told: list[str] = []
    assert panel._workers.training is not None
    panel._workers.training.event.connect(lambda event: told.append(event["event"]))
    pause = child(panel, "train_pause", QPushButton)
    qtbot.mouseClick(pause, LEFT)
    qtbot.waitUntil(lambda: "paused" in told, timeout=6_000)
    assert (pause.text(), panel._workers.training.paused) == ("Go on", True)
    assert "Paused" in panel.job.words.text()
    assert said[-1] == "The training is paused; press Go on under Train, Progress."
    panel.go_to("setup")
    assert panel.problem.text().startswith("A training is paused")
    panel.go_to("watch")
    qtbot.mouseClick(pause, LEFT)
    qtbot.waitUntil(lambda: "resumed" in told, timeout=6_000)
    assert pause.text() == "Pause"
    assert panel.job.words.text() == said[-1] == "The training goes on."
    panel.go_to("setup")
    assert panel.problem.text().startswith("A training is running")
    panel.go_to("watch")
    qtbot.mouseClick(child(panel, "train_cancel", QPushButton), LEFT)
    qtbot.waitUntil(lambda: not panel.job.isVisible(), timeout=6_000)
    assert not pause.isVisible()


def test_a_pause_of_the_past_is_not_said_of_a_training_that_runs(
    context: ReviewContext,
    panel: TrainPanel,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    context.said.connect(lambda _level, text: said.append(text))
    before = textwrap.dedent(_TRAINER).replace("\nlog(", "\nlog(event='paused')\nlog(")
    waits = "while not (out / 'stop').exists(): time.sleep(0.02)"
    run_as(monkeypatch, worker(before + waits))
    start(panel, qtbot)
    qtbot.waitUntil(lambda: "3 of 4" in panel.job.words.text(), timeout=20_000)
    assert child(panel, "train_pause", QPushButton).text() == "Pause"
    assert not any("paused" in text for text in said)
    qtbot.mouseClick(child(panel, "train_cancel", QPushButton), LEFT)
    qtbot.waitUntil(lambda: not panel.watch.running, timeout=6_000)


def test_validation_pictures_are_shown_as_they_come(
    panel: TrainPanel, tmp_path: Path
) -> None:
    shape = (2, 24, 32)
    values = np.zeros(shape, np.uint8)
    masks = values.copy()
    masks[:, 8:16, 8:16] = 255
    file = tmp_path / "preview.npz"
    np.savez(
        file, ids=["1_2", "2_1"], epoch=3, frames=values, truths=masks,
        predictions=masks,
    )  # fmt: skip
    panel.go_to("watch")
    panel.watch.pictures.show_file(file)
    assert panel.watch.pictures.isVisible()
    assert "after epoch 3: 1_2, 2_1" in panel.watch.pictures.toolTip()
    file.write_bytes(b"PK torn")
    panel.watch.pictures.show_file(file)
    assert not panel.watch.pictures.isVisible()


def test_use_of_the_machine_is_measured() -> None:
    use = ProcessUse(os.getpid())
    assert use.look() is not None
    sum(n * n for n in range(300_000))
    found = use.look()
    assert found is not None and found.processors > 0 and found.gigabytes > 0.01
    assert ProcessUse(999_999_999).look() is None
    assert use_words(Use(1.94, 2.25), None) == "Uses 1.9 processors · 2.2 GB memory"
    assert use_words(Use(1, 1), 7.5).endswith("7.5 GB of GPU")


def test_a_cross_validation_is_watched_fold_by_fold(
    context: ReviewContext,
    panel: TrainPanel,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folds = """
    assert (command["command"], command["folds"]) == ("crossval", 3), command
    for fold in (1, 2, 3):
        log(event="epoch", epoch=1, epochs=1, val_dice=0.1 * fold, fold=fold, folds=3)
    say(event="result", value={"stopped": None, "text": "All 3 folds are done."})
    """
    run_as(monkeypatch, worker(_TRAINER + textwrap.dedent(folds)))
    panel.setup.how.setCurrentIndex(1)
    start(panel, qtbot)
    qtbot.waitUntil(lambda: not panel.watch.running, timeout=20_000)
    assert panel.watch.failure.text() == ""
    assert [panel.curves.points("val_dice", n)[0] for n in (1, 2, 3)] == pytest.approx(
        [0.1, 0.2, 0.3]
    )
    assert panel.watch.epoch.text() == "All 3 folds are done."
    assert context.session is not None
    (run,) = context.session.project.runs.iterdir()
    assert "_cv-" in run.name


def test_cancel_ends_it_and_says_that_there_is_none_yet(
    context: ReviewContext,
    panel: TrainPanel,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_as(monkeypatch, WAITS)
    start(panel, qtbot)
    qtbot.waitUntil(lambda: "3 of 4" in panel.job.words.text(), timeout=20_000)
    qtbot.mouseClick(child(panel, "train_cancel", QPushButton), LEFT)
    assert panel.job.cancel.text() == "Stopping…"
    qtbot.waitUntil(lambda: not panel.job.isVisible(), timeout=6_000)
    assert "no checkpoint" in panel.watch.epoch.text()
    assert not panel.kept.isVisible()
    to_come = child(panel, "curves_to_come", QLabel)
    assert to_come.text().startswith("It ended before its first epoch")
    assert panel.start.isEnabled()


def test_what_is_left_of_a_cancelled_training_is_said_whole_and_without_time_left(
    context: ReviewContext,
    panel: TrainPanel,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_as(monkeypatch, LATE)
    start(panel, qtbot)
    qtbot.waitUntil(lambda: "60 s left" in panel.watch.epoch.text(), timeout=20_000)
    qtbot.mouseClick(child(panel, "train_cancel", QPushButton), LEFT)
    qtbot.waitUntil(lambda: not panel.watch.running, timeout=6_000)
    assert context.session is not None
    (run,) = context.session.project.runs.iterdir()
    how, what = panel.watch.epoch.text().splitlines()
    assert how == f"{run.name}: stopped · 1 epoch · validation Dice 0.400"
    assert what == words.of_cancelled_training(1, resumable=True)
    assert panel.watch.epoch.wordWrap()
    assert panel.kept.text() == f"Best checkpoint kept at {run / 'best.safetensors'}"
    resume = child(panel, "runs_resume", QPushButton)  # which the sentence names
    panel.go_to("runs")
    panel.runs.table.selectRow(0)
    assert (resume.text(), resume.isEnabled()) == ("Resume", True)


def test_a_training_that_died_has_no_time_left(
    panel: TrainPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies = "(out / 'config.json').write_text('{\"epochs\": 2}')\nepoch(1, 0.4)\n"
    run_as(monkeypatch, worker(_TRAINER + dies + "sys.exit(3)"))
    start(panel, qtbot)
    qtbot.waitUntil(panel.watch.failure.isVisible, timeout=20_000)
    assert "broken off" in panel.watch.epoch.text()
    assert "left" not in panel.watch.epoch.text()


def test_a_killed_training_is_said_once_and_can_start_again(
    context: ReviewContext,
    panel: TrainPanel,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    errors: list[str] = []
    context.said.connect(
        lambda level, text: errors.append(text) if level == "error" else None
    )
    run_as(monkeypatch, DIES)
    start(panel, qtbot)
    qtbot.waitUntil(lambda: bool(errors), timeout=20_000)
    assert len(errors) == 1
    assert panel.start.isEnabled()


def test_a_training_outlives_the_folder_and_is_followed_again(
    context: ReviewContext,
    panel: TrainPanel,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    toy_folder: Path,
    tmp_path: Path,
) -> None:
    run_as(monkeypatch, WAITS)
    start(panel, qtbot)
    qtbot.waitUntil(lambda: "3 of 4" in panel.job.words.text(), timeout=20_000)
    context.close()
    assert not panel.job.isVisible()
    assert context.open(toy_folder, tmp_path / "project")
    qtbot.waitUntil(lambda: "3 of 4" in panel.job.words.text(), timeout=20_000)
    assert not panel.start.isEnabled()
    qtbot.mouseClick(child(panel, "train_cancel", QPushButton), LEFT)
    qtbot.waitUntil(lambda: not panel.job.isVisible(), timeout=6_000)


def test_without_a_folder_it_says_what_to_do_first(
    context: ReviewContext, panel: TrainPanel
) -> None:
    context.close()
    assert panel.problem.text() == "Open a folder with frames and masks first."
    assert not panel.start.isEnabled()


def test_curves_take_the_theme(panel: TrainPanel) -> None:
    panel.enter()
    for theme in ("light", "dark"):
        shades = palette(theme)
        panel.curves.set_palette(shades)
        corner = panel.curves.grab().toImage().pixelColor(1, 1)
        assert corner.name() == shades.background


def marked(curves: RunCurves, plot: str, colour: str) -> int:
    """Return how many pixels of a plot, without its legend, have a line's colour."""
    curves.legend.hide()
    place = getattr(curves, plot).sceneBoundingRect().toRect()
    image = curves.grab(place).toImage()
    return sum(
        image.pixelColor(x, y).name() == colour.lower()
        for x in range(image.width())
        for y in range(image.height())
    )


def test_a_single_epoch_is_seen_and_many_have_no_marks(qtbot: QtBot) -> None:
    curves = RunCurves()
    qtbot.addWidget(curves)
    curves.resize(440, 300)
    curves.show()
    event = {"train_loss": 0.9, "val_loss": 0.5, "val_dice": 0.4}
    curves.add({"epoch": 1, **event})
    assert marked(curves, "loss", colours.LOSS_CURVE) >= 5  # whole pixels of a mark
    assert marked(curves, "dice", colours.DICE_CURVE) >= 5
    for n in range(2, 31):
        curves.add({"epoch": n, **event})
    for name in event:
        assert curves.lines().items[name].opts["symbol"] is None


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
    event = {"epoch": 2, "epochs": 4, "val_dice": 0.6, "fold": 1, "folds": 3}
    assert epoch_words({**event, "val_dice_low": 0.5, "val_dice_high": 0.7}) == (
        "Fold 1 of 3, epoch 2 of 4 · validation Dice 0.600"
        " (middle half of subjects 0.50 to 0.70)"
    )


def test_the_newest_run_is_shown_while_nothing_runs(
    context: ReviewContext, panel: TrainPanel, toy_folder: Path
) -> None:
    assert context.session is not None
    panel.enter()
    to_come = child(panel, "curves_to_come")
    assert not to_come.isHidden()
    assert panel.watch.epoch.text().startswith("No training yet")
    run = context.session.project.runs / "2026-01-01_000000_unet"
    run.mkdir(parents=True)
    events = [
        {"event": "epoch", "epoch": n, "val_dice": 0.1 * n, "fold": k, "folds": 2}
        for k in (1, 2)
        for n in (1, 2, 3)
    ]
    history = "\n".join(json.dumps(event) for event in events)
    (run / "config.json").write_text("{}")
    (run / "events.jsonl").write_text(history + "\n", encoding="utf-8")
    (run / "best.safetensors").touch()
    assert context.open(toy_folder, context.session.project.root)
    assert len(panel.curves.points("val_dice", fold=2)) == 3
    assert to_come.isHidden()
    assert panel.watch.epoch.text() == (
        "2026-01-01_000000_unet: broken off · 6 epochs · validation Dice 0.300"
    )
    assert panel.kept.text().endswith("best.safetensors")
