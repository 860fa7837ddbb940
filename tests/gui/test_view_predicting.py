"""One click on any image: the right pixels out, the answer in the right place."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from napari_nerveseg.canvas.kinds import PREDICTION, PROBABILITY
from napari_nerveseg.canvas.memory import remembered_checkpoint
from napari_nerveseg.jobs import worker_process
from napari_nerveseg.predict.predicting import OneClick
from napari_nerveseg.shell.header import Header
from napari_nerveseg.window.context import ReviewContext
from tests.gui.fake_workers import worker
from tests.toys import smooth_frame

#: Predicts the frame's own grey levels, so that one sees which pixels it got; a frame
#: that is all zeros kills it.
SERVER = worker(
    """
    import numpy as np
    json.loads(sys.stdin.readline())
    for line in sys.stdin:
        c = json.loads(line)
        if c["command"] == "load" and "broken" in c["checkpoint"]:
            say(event="error", kind="input", text="That is no checkpoint.",
                checkpoint=c["checkpoint"])
        elif c["command"] == "load":
            say(event="loaded", checkpoint=c["checkpoint"], name="toy", device="cpu",
                meta={})
        elif c["command"] == "predict":
            image = np.load(c["image"])
            if not image.any():
                os.kill(os.getpid(), signal.SIGKILL)
            np.save(c["out"], image)
            np.save(c["mask"], image >= 128)
            say(event="prediction", request=c["request"], frame=c["frame"],
                hash=c["hash"], presence=0.9, area=1, threshold=0.5,
                presence_threshold=0.0, min_area_share=0.0, seconds=0.01,
                out=c["out"])
    """
)

Predict = Callable[..., list[str]]


@pytest.fixture
def one_click(
    context: ReviewContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[OneClick]:
    monkeypatch.setattr(worker_process, "worker_program", lambda: SERVER)
    made = OneClick(context)
    checkpoint = tmp_path / "best.safetensors"
    checkpoint.touch()
    made.use(checkpoint)
    yield made
    made.shut_down()


@pytest.fixture
def predict(one_click: OneClick, qtbot: QtBot) -> Predict:
    """Press the button and wait for the answer; return what was answered."""

    def run(**settings: Any) -> list[str]:
        answers: list[str] = []
        one_click.answered.connect(answers.append)
        with qtbot.waitSignal(one_click.answered, timeout=20_000):
            one_click.predict(**settings)
        one_click.answered.disconnect(answers.append)
        return answers

    return run


def answers_of(context: ReviewContext) -> tuple[Any, Any]:
    found = {
        layer.metadata["nerveseg_of"][0]: layer
        for layer in context.viewer.layers
        if "nerveseg_of" in layer.metadata
    }
    return found[PROBABILITY], found[PREDICTION]


IMAGES = {
    "2-D": smooth_frame(1),
    "odd size": smooth_frame(2, (33, 47)),
    "RGB": np.dstack([smooth_frame(3)] * 3),
    "RGBA": np.dstack([smooth_frame(3)] * 4),
    "16 bit": smooth_frame(4).astype(np.uint16) * 200,
    "float": smooth_frame(5) / 255.0,
    "bool": smooth_frame(6) > 100,
}


@pytest.mark.parametrize("kind", IMAGES)
def test_on_any_image(context: ReviewContext, predict: Predict, kind: str) -> None:
    image = IMAGES[kind]
    layer = context.viewer.add_image(
        image, name=kind, scale=(2, 3), translate=(5, 7), rgb=kind.startswith("RGB")
    )
    context.viewer.layers.selection.active = layer
    (words,) = predict()
    assert words.startswith(f"{kind}: Nerve of")
    probability, prediction = answers_of(context)
    assert probability.data.shape == prediction.data.shape == image.shape[:2]
    levels = IMAGES[kind].max() // 256 if kind == "16 bit" else 254
    assert probability.data.max() >= levels  # the grey, as the worker got it
    assert np.array_equal(prediction.data != 0, probability.data >= 128)
    for made in (probability, prediction):
        assert tuple(made.scale) == (2, 3)
        assert tuple(made.translate) == (5, 7)
    assert context.viewer.layers.selection.active is layer


def test_a_deep_layer_is_read_as_the_run_read_its_frames(
    context: ReviewContext, one_click: OneClick, predict: Predict
) -> None:
    """By its own extremes the same picture would have another grey."""
    assert one_click.checkpoint is not None
    run = one_click.checkpoint.parent / "run"
    run.mkdir()
    source = {"data": "gone", "grey_range": "uint16=0:4095"}
    (run / "source.json").write_text(json.dumps(source), encoding="utf-8")
    (run / "best.safetensors").touch()
    frame = smooth_frame(3)
    layer = context.viewer.add_image(frame.astype(np.uint16) * 4)

    (before,) = predict()
    np.testing.assert_array_equal(answers_of(context)[0].data, frame)
    one_click.use(run / "best.safetensors")
    context.viewer.layers.selection.active = layer
    (after,) = predict()

    np.testing.assert_array_equal(answers_of(context)[0].data, frame // 4)
    assert "as in training" not in before
    assert after.endswith("Black to white is 0:4095, as in training.")


def test_a_stack_slice_by_slice_and_whole(
    context: ReviewContext, one_click: OneClick, predict: Predict, qtbot: QtBot
) -> None:
    stack = np.stack([smooth_frame(seed) for seed in range(5)])
    stack[:2] //= 2  # too dark for what the worker takes for a nerve
    layer = context.viewer.add_image(stack, name="sweep")
    context.viewer.layers.selection.active = layer
    context.viewer.dims.set_current_step(0, 3)
    predict()
    probability, _prediction = answers_of(context)
    assert [bool(plane.any()) for plane in probability.data] == [0, 0, 0, 1, 0]
    assert np.array_equal(probability.data[3], stack[3])
    jobs: list[Any] = []
    said: list[str] = []
    answers: list[str] = []
    one_click.stack_started.connect(jobs.append)
    one_click.answered.connect(answers.append)
    context.said.connect(lambda _level, text: said.append(text))
    one_click.predict(whole_stack=True)
    qtbot.waitUntil(lambda: bool(jobs) and not jobs[0].running, timeout=20_000)
    assert np.array_equal(probability.data, stack)
    assert said[-1] == answers[-1] == "5 slices predicted, 3 with a nerve."
    assert (
        len(
            [
                layer
                for layer in context.viewer.layers
                if "nerveseg_of" in layer.metadata
            ]
        )
        == 2
    )


def test_a_stack_can_be_cancelled_and_keeps_what_is_done(
    context: ReviewContext, one_click: OneClick, qtbot: QtBot
) -> None:
    stack = np.stack([smooth_frame(seed) for seed in range(40)])
    context.viewer.add_image(stack, name="sweep")
    jobs: list[Any] = []
    one_click.stack_started.connect(jobs.append)
    one_click.predict(whole_stack=True)
    qtbot.waitUntil(lambda: jobs[0].done >= 2, timeout=20_000)
    jobs[0].cancel()
    done = jobs[0].done
    assert not jobs[0].running
    assert done < 40
    probability, _prediction = answers_of(context)
    assert np.array_equal(probability.data[:2], stack[:2])


def test_on_the_reviews_own_frame(context: ReviewContext, predict: Predict) -> None:
    assert context.session is not None
    predict()
    frame = context.session.frame("1_1")
    assert np.array_equal(context.session.probability("1_1"), frame)
    assert np.array_equal(context.session.predicted_mask("1_1"), frame >= 128)
    assert not context.session.mask("1_1").any()  # type: ignore[union-attr]


def test_nothing_is_said_to_be_loading_that_is_loaded(
    context: ReviewContext,
    one_click: OneClick,
    predict: Predict,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    header = Header(context, lambda: None)
    qtbot.addWidget(header)
    status = header.status.text
    (words,) = predict()
    assert status() == words
    trained = tmp_path / "trained.safetensors"
    trained.touch()
    one_click.use(trained)  # as a training that ends does
    assert status() == "Loading trained.safetensors…"
    qtbot.waitUntil(
        lambda: status() == "trained.safetensors is loaded.", timeout=20_000
    )


def test_an_answer_that_comes_while_another_network_is_loaded_stays(
    context: ReviewContext, one_click: OneClick, qtbot: QtBot, tmp_path: Path
) -> None:
    header = Header(context, lambda: None)
    qtbot.addWidget(header)
    trained = tmp_path / "trained.safetensors"
    trained.touch()
    one_click.predict()
    one_click.use(trained)
    qtbot.waitUntil(lambda: not one_click._server.busy, timeout=20_000)
    assert header.status.text().startswith("1_1: Nerve of ")


def test_an_answer_for_a_layer_that_is_gone_or_changed_is_dropped(
    context: ReviewContext, one_click: OneClick, qtbot: QtBot
) -> None:
    said: list[str] = []
    context.said.connect(lambda _level, text: said.append(text))
    gone = context.viewer.add_image(smooth_frame(7), name="gone")
    one_click.predict()
    context.viewer.layers.remove(gone)
    qtbot.waitUntil(lambda: any("dropped" in text for text in said), timeout=20_000)
    changed = context.viewer.add_image(smooth_frame(8), name="changed")
    one_click.predict()
    changed.data = smooth_frame(9)
    qtbot.waitUntil(
        lambda: sum("dropped" in text for text in said) == 2, timeout=20_000
    )
    assert not any("nerveseg_of" in layer.metadata for layer in context.viewer.layers)


def test_a_killed_worker_is_said_once_and_the_next_click_works(
    context: ReviewContext, one_click: OneClick, predict: Predict, qtbot: QtBot
) -> None:
    errors: list[str] = []
    context.said.connect(
        lambda level, text: errors.append(text) if level == "error" else None
    )
    black = context.viewer.add_image(np.zeros((64, 80), np.uint8), name="black")
    one_click.predict()
    qtbot.waitUntil(lambda: bool(errors), timeout=20_000)
    assert len(errors) == 1
    assert "killed" in errors[0]
    context.viewer.layers.remove(black)
    context.viewer.layers.selection.active = context.viewer.add_image(smooth_frame(1))
    assert len(predict()) == 1
    assert len(errors) == 1


def test_a_checkpoint_is_remembered_and_a_broken_one_is_said(
    context: ReviewContext, one_click: OneClick, qtbot: QtBot, tmp_path: Path
) -> None:
    assert remembered_checkpoint() == one_click.checkpoint
    errors: list[str] = []
    context.said.connect(
        lambda level, text: errors.append(text) if level == "error" else None
    )
    broken = tmp_path / "broken.safetensors"
    broken.touch()
    one_click.use(broken)
    qtbot.waitUntil(lambda: bool(errors), timeout=20_000)
    assert errors == ["That is no checkpoint."]
    assert one_click.checkpoint is None
    broken.unlink()
    assert remembered_checkpoint() is None


def test_without_a_checkpoint_or_an_image_it_says_what_to_do(
    context: ReviewContext,
) -> None:
    said: list[str] = []
    context.said.connect(lambda _level, text: said.append(text))
    one_click = OneClick(context)
    one_click.predict()
    assert "Choose a checkpoint" in said[-1]
    one_click.shut_down()


def test_labels_selected_over_an_image_mean_that_image(
    context: ReviewContext, predict: Predict
) -> None:
    context.viewer.add_image(smooth_frame(1), name="picture")
    context.viewer.add_labels(np.zeros((64, 80), np.uint8), name="drawn")
    (words,) = predict()
    assert words.startswith("picture:")
    (again,) = predict()  # the answer's own layers are no pictures
    assert again.startswith("picture:")


def test_the_newest_checkpoint_of_the_project_is_taken_if_none_was_chosen(
    context: ReviewContext,
    monkeypatch: pytest.MonkeyPatch,
    toy_folder: Path,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(worker_process, "worker_program", lambda: SERVER)
    for age, name in enumerate(("newer", "older")):
        run = tmp_path / "other" / "runs" / name
        run.mkdir(parents=True)
        (run / "best.safetensors").touch()
        os.utime(run / "best.safetensors", (1000 - age, 1000 - age))
    made = OneClick(context)
    assert made.checkpoint is None
    assert context.open(toy_folder, tmp_path / "other")
    newest = tmp_path / "other" / "runs" / "newer" / "best.safetensors"
    assert (made.checkpoint, made.of_project) == (newest, True)
    assert remembered_checkpoint() is None
    assert context.open(toy_folder, tmp_path / "project")
    assert made.checkpoint is None
    chosen = tmp_path / "chosen.safetensors"
    chosen.touch()
    made.use(chosen)
    assert context.open(toy_folder, tmp_path / "other")
    assert (made.checkpoint, made.of_project) == (chosen, False)
    made.shut_down()
