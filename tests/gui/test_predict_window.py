"""Predicting from the real window: any image by key, frames of the folder by button."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QTabWidget

from napari_nerveseg.canvas import compat
from napari_nerveseg.jobs import worker_process
from napari_nerveseg.jobs.job import Job
from napari_nerveseg.predict import panel as predict_panel
from napari_nerveseg.predict.panel import checkpoint_hint
from napari_nerveseg.review.actions import Select
from napari_nerveseg.shell.dock import NerveReview
from napari_nerveseg.shell.review_window import add_dock
from tests.engine.predicting import tiny_checkpoint
from tests.gui.conftest import child
from tests.gui.test_view_predicting import SERVER
from tests.toys import smooth_frame


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    made = tmp_path / "best.safetensors"
    made.touch()
    return made


def with_hole(frame: np.ndarray) -> np.ndarray:
    """Return a frame as float, with what a scanner writes where it saw nothing."""
    real = frame / 255.0
    real[:4, :4] = np.nan
    return real


#: What lands in a viewer: arrays, and files that are dropped on it.
ARRAYS: dict[str, Any] = {
    "grey": smooth_frame(1),
    "colour": np.dstack([smooth_frame(2), smooth_frame(3), smooth_frame(4)]),
    "with alpha": np.dstack([smooth_frame(2)] * 4),
    "sixteen bits": smooth_frame(3).astype(np.uint16) * 250,
    "float with NaN": with_hole(smooth_frame(4)),
    "a sliver": smooth_frame(5, (33, 201)),
    "a screen": np.dstack([smooth_frame(6, (108, 192))] * 3),
}


def write_files(folder: Path) -> list[Path]:
    """Write a PNG, a 16-bit TIFF and a sweep of three pages."""
    from PIL import Image

    files = [folder / name for name in ("dropped.png", "deep.tif", "sweep.tif")]
    Image.fromarray(smooth_frame(7)).save(files[0])
    tifffile.imwrite(files[1], smooth_frame(8).astype(np.uint16) * 200)
    pages = np.stack([smooth_frame(seed) for seed in range(3)])
    tifffile.imwrite(files[2], pages, photometric="minisblack")
    return files


def test_any_image_by_key_without_a_folder(
    make_napari_viewer: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    checkpoint: Path,
    qtbot: QtBot,
) -> None:
    monkeypatch.setattr(worker_process, "worker_program", lambda: SERVER)
    viewer = make_napari_viewer(show=True)
    dock = add_dock(viewer)
    child(dock, "empty_predict", QPushButton).click()
    tabs = child(dock, "tabs", QTabWidget)
    usable = [tabs.tabText(n) for n in range(tabs.count()) if tabs.isTabEnabled(n)]
    assert usable == ["Predict"]
    assert "nerveseg demo" in child(dock, "checkpoint_hint", QLabel).text()
    dock.one_click.use(checkpoint)
    main = compat.main_window(viewer)

    def answer() -> str:
        with qtbot.waitSignal(dock.one_click.answered, timeout=20_000) as asked:
            qtbot.keyClick(main, Qt.Key.Key_R)
        return str(asked.args[0])

    qtbot.waitUntil(lambda: _active(main), timeout=20_000)
    for name, image in ARRAYS.items():
        viewer.add_image(image, name=name)
        assert answer().startswith(f"{name}: Nerve of")
    for file in write_files(tmp_path):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # napari's reader's own
            viewer.open(file, plugin="napari")
        assert answer().startswith(file.stem)
        shown = dock.header.status.text()
        assert "Nerve of" in shown
        assert "ms by toy" in shown
    dock.close_review()


def test_an_answer_finds_its_layer_under_another_name(
    window: NerveReview,
    monkeypatch: pytest.MonkeyPatch,
    checkpoint: Path,
    qtbot: QtBot,
) -> None:
    monkeypatch.setattr(worker_process, "worker_program", lambda: SERVER)
    window.one_click.use(checkpoint)
    layer = window.context.viewer.add_image(smooth_frame(1), name="before")
    with qtbot.waitSignal(window.one_click.answered, timeout=20_000):
        window.predict.run()
        layer.name = "after"
    answers = [one for one in window.context.viewer.layers if one.metadata]
    assert {one.metadata["nerveseg_of"][1] for one in answers} == {id(layer)}


def test_the_kept_frames_are_predicted_shown_and_scored(
    window: NerveReview, tmp_path: Path, qtbot: QtBot
) -> None:
    context, box = window.context, window.predict.batch
    context.table.set_filter("subject:1")
    window.one_click.use(tiny_checkpoint(tmp_path / "net" / "best.safetensors"))
    window.tabs.setCurrentWidget(window.predict)
    which = child(box, "batch_which", QComboBox)
    assert which.itemText(1) == "Frames that the filter keeps (3)"
    assert which.itemText(2) == "Frames selected in the table (0)"
    which.setCurrentIndex(1)
    with qtbot.waitSignal(box.batch.ended, timeout=60_000):
        child(box, "predict_frames", QPushButton).click()
        assert not box.act.isEnabled()
    assert box.words.text().startswith("3 of 3 frames predicted. They are in")
    session = context.session
    assert session is not None
    assert session.predictions.ids == {"1_1", "1_2", "1_3"}
    assert session.predicted_mask("2_1") is None
    context.do(Select("1_2"))
    assert session.probability("1_2") is not None
    assert box.act.isEnabled()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (True, "Stopped; what is done is shown. Predict again to go on."),
        (False, "Stopped; nothing new is kept."),
    ],
)
def test_what_is_said_of_a_stopped_one_is_what_is_there(
    window: NerveReview,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    qtbot: QtBot,
    written: bool,
    words: str,
) -> None:
    batch = window.predict.batch.batch
    job = Job({})
    monkeypatch.setattr(batch._workers, "start", lambda *_command: job)
    window.one_click.use(tiny_checkpoint(tmp_path / "net" / "best.safetensors"))
    out = batch.folder()
    assert out.name == "net-window"  # the command line predicts into "net"
    assert batch.start("all") is job
    if written:
        out.mkdir(parents=True)
        columns = "frame,presence,area,threshold,uncertainty,error"
        (out / "predictions.csv").write_text(columns + "\n")
    with qtbot.waitSignal(batch.ended) as ended:
        job.cancelled.emit()
    assert ended.args == [words]


def test_what_a_checkpoint_says_of_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tiny_checkpoint(
        tmp_path / "demo" / "best.safetensors",
        scores={"validation": {"competition_dice": 0.9}},
        provenance={"data": "train", "train_subjects": ["1"], "synthetic": True},
    )
    words = checkpoint_hint(made, of_project=False)
    assert words.startswith("Network unet, 32 x 40, trained on 'train' (1 subject);")
    assert "validation Dice 0.900." in words
    assert words.endswith("of no use for real ones.")
    assert "choose a file" in checkpoint_hint(None, of_project=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(predict_panel, "__file__", str(tmp_path / "a" / "b" / "c"))
    assert predict_panel.demo_checkpoint() is None
    demo = tmp_path / predict_panel.DEMO
    demo.parent.mkdir(parents=True)
    made.rename(demo)
    assert predict_panel.demo_checkpoint() == demo


def _active(main: Any) -> bool:
    main.activateWindow()  # asked anew: a busy display can miss the first time
    return QApplication.activeWindow() is main
