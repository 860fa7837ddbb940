"""One click on any image: ask the worker, put its answer where it belongs."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject, Signal

from .. import _engine
from ..canvas import picture_source
from ..canvas.memory import remember_checkpoint, remembered_checkpoint
from ..canvas.picture_source import Index
from ..jobs.answer import Answer
from ..jobs.prediction_server import Current, PredictionServer
from ..review.counting import counted
from ..review.predictions import LivePrediction
from ..window.context import ReviewContext
from .answer_layers import AnswerLayers

_NO_IMAGE = "Select an image layer first: there is none to predict on."

Deliver = Callable[[Answer], None]


class OneClick(QObject):
    """Predicts on the active layer, however it came to be there.

    Attributes
    ----------
    checkpoint : Path or None
        What predicts; the one chosen last, on whatever day.
    of_project : bool
        Whether nobody chose it: it is the newest of the open project.

    Signals: ``answered(text)`` with the answer in words; ``checkpoint_changed()``;
    ``stack_started(job)`` when a whole stack is being predicted.
    """

    answered = Signal(str)
    checkpoint_changed = Signal()
    stack_started = Signal(object)

    def __init__(self, context: ReviewContext) -> None:
        super().__init__()
        self._context = context
        self._layers = AnswerLayers(context.viewer)
        self._deliver: dict[int, tuple[Deliver, str]] = {}
        self._stack: StackJob | None = None
        self._greys: tuple[Path, _engine.GreyRanges | None] | None = None
        self.checkpoint: Path | None = remembered_checkpoint()
        self.of_project = False
        context.session_changed.connect(self._on_session)
        self._server = PredictionServer(self)
        self._server.answered.connect(self._on_answer)
        self._server.dropped.connect(self._on_dropped)
        self._server.failed.connect(self._on_failed)
        self._loading = ""  # what is, while nothing else was said
        self._server.loading.connect(self._on_loading)
        self._server.loaded.connect(self._on_loaded)

    def use(self, checkpoint: Path) -> None:
        """Take a checkpoint, a file or a run folder, from now on and next time."""
        self.checkpoint, self.of_project = checkpoint, False
        remember_checkpoint(checkpoint)
        self._server.load(checkpoint)
        self.checkpoint_changed.emit()

    def adopt(self, checkpoint: Path) -> None:
        """Take a checkpoint that was just trained, unless one was chosen before."""
        if self.checkpoint is None or self.of_project:
            self.use(checkpoint)

    def predict(self, *, whole_stack: bool = False) -> None:
        """Predict on what is active: a frame of the review, or any image layer."""
        if self.checkpoint is None:
            self._context.say(
                "warning", "Choose a checkpoint in the tab Predict first."
            )
            return
        if self._server.checkpoint != self.checkpoint.absolute():
            self._server.load(self.checkpoint)
        frame = self._session_frame()
        layer = self._picture()
        if frame is not None:
            self._ask_frame(frame)
        elif layer is None:
            self._context.say("warning", _NO_IMAGE)
        elif whole_stack and picture_source.stack_shape(layer):
            self._ask_stack(layer)
        else:
            self._ask_plane(
                layer, picture_source.shown_index(layer, self._context.viewer)
            )

    def shut_down(self) -> None:
        """End the worker."""
        if self._stack is not None:
            self._stack.cancel()
        self._deliver.clear()
        self._server.close()

    def _on_session(self) -> None:
        """Take the newest checkpoint of the project, if nobody ever chose one."""
        session = self._context.session
        if session is None or not (self.checkpoint is None or self.of_project):
            return
        self.checkpoint = newest_checkpoint(session.project.runs)
        self.of_project = self.checkpoint is not None
        self.checkpoint_changed.emit()

    # What is active ---------------------------------------------------------------

    def _session_frame(self) -> str | None:
        """Return the review's frame if one of its layers is active, or none at all."""
        active = self._context.viewer.layers.selection.active
        if self._context.session is None or not (
            active is None or self._context.owns(active)
        ):
            return None
        return self._context.current()

    def _picture(self) -> Any | None:
        """Return the active image layer, else the image below it, else the topmost."""
        layers = list(self._context.viewer.layers)
        active = self._context.viewer.layers.selection.active
        below = layers[: layers.index(active) + 1] if active in layers else layers
        for layer in [*reversed(below), *reversed(layers)]:
            if picture_source.is_picture(layer) and not self._layers.is_answer(layer):
                return layer
        return None

    # Asking -----------------------------------------------------------------------

    def _ask_frame(self, frame: str) -> None:
        session = self._context.session
        if session is None:
            return

        def deliver(answer: Answer) -> None:
            session.take_prediction(
                frame,
                LivePrediction(
                    answer.probability,
                    answer.mask,
                    answer.presence,
                    answer.source,
                    answer.rule,
                ),
            )

        def current() -> Any | None:
            return session.frame(frame) if self._context.session is session else None

        try:
            self._ask(session.frame(frame), frame, current, deliver)
        except _engine.InputError as problem:
            self._context.say_error(str(problem))

    def _ask_plane(self, layer: Any, index: Index, then: Deliver | None = None) -> None:
        kept = weakref.ref(layer)

        def current() -> Any | None:
            layer = kept()
            if layer is None or layer not in self._context.viewer.layers:
                return None
            return picture_source.plane(layer, index, greys)

        def deliver(answer: Answer) -> None:
            layer = kept()
            if layer is not None:
                self._layers.show(layer, index, answer.probability, answer.mask)
            if then is not None:
                then(answer)

        name = layer.name + "".join(f"#{at + 1}" for at in index)
        try:
            greys = self._trained_greys()
            pixels = picture_source.plane(layer, index, greys)
            how = picture_source.reading_words(layer, greys)
            self._ask(pixels, name, current, deliver, how)
        except _engine.InputError as problem:
            self._context.say_error(str(problem))

    def _trained_greys(self) -> _engine.GreyRanges | None:
        """Return how the checkpoint's run read deep frames; raise if it is unclear.

        By the layer's own extremes the same picture would have another grey.
        """
        if self.checkpoint is None:
            return None
        if self._greys is None or self._greys[0] != self.checkpoint:
            text = _engine.trained_greys(self.checkpoint)
            found = None if text is None else _engine.GreyRanges.parse(text)
            self._greys = self.checkpoint, found
        return self._greys[1]

    def _ask_stack(self, layer: Any) -> None:
        if self._stack is not None:
            self._context.said.emit("info", "A stack is being predicted already.")
            return
        indices = picture_source.all_indices(layer)
        job = StackJob(len(indices), self)
        self._stack = job
        for ending in (job.finished, job.failed, job.cancelled):
            ending.connect(self._on_stack_end)
        job.finished.connect(lambda _what: self._answer(job.words()))
        self.stack_started.emit(job)

        def ask_next() -> None:
            if job.running and job.done < len(indices):
                self._ask_plane(layer, indices[job.done], then=step)

        def step(answer: Answer) -> None:
            job.step(bool(answer.mask.any()))
            ask_next()

        ask_next()

    def _ask(
        self,
        pixels: Any,
        name: str,
        current: Current,
        then: Deliver,
        how: str = "",
    ) -> None:
        number = self._server.predict(pixels, name, current)
        self._deliver[number] = then, how
        self._loading = ""
        self._context.said.emit("info", f"Predicting {name}…")

    # Being told -------------------------------------------------------------------

    def _on_answer(self, answer: Answer) -> None:
        deliver, how = self._deliver.pop(answer.request, (None, ""))
        self._answer(answer_words(answer) + how)
        if deliver is not None:
            deliver(answer)

    def _on_loading(self, name: str) -> None:
        self._loading = name
        self._context.said.emit("progress", f"Loading {name}…")

    def _on_loaded(self, _event: object) -> None:
        """Take back that it is being loaded; an answer, which may have come, stays."""
        if self._loading:
            self._context.said.emit("progress", f"{self._loading} is loaded.")
        self._loading = ""

    def _answer(self, words: str) -> None:
        self._loading = ""
        self._context.said.emit("info", words)
        self.answered.emit(words)

    def _on_dropped(self, text: str) -> None:
        self._loading = ""
        self._context.say("info", text)
        self._fail_stack(text)

    def _on_failed(self, text: str) -> None:
        self._deliver.clear()
        self._loading = ""
        self._context.say_error(text)
        self._fail_stack(text)
        if self._server.checkpoint is None:
            self.checkpoint = None
            self.checkpoint_changed.emit()

    def _fail_stack(self, text: str) -> None:
        if self._stack is not None:
            self._stack.fail(text)

    def _on_stack_end(self, *_what: object) -> None:
        self._stack = None


def answer_words(answer: Answer) -> str:
    """Return an answer in words: nerve or not, how sure, how fast, by what."""
    area = int(answer.mask.sum())
    found = f"Nerve of {area:,} px" if area else "No nerve"
    return (
        f"{answer.frame}: {found}, presence {answer.presence:.2f}, "
        f"in {1000 * answer.seconds:.0f} ms by {answer.source}."
    )


BEST = "best.safetensors"


def newest_checkpoint(runs: Path) -> Path | None:
    """Return the best checkpoint of the newest run that has one."""
    found = sorted(runs.glob(f"*/{BEST}"), key=lambda file: file.stat().st_mtime)
    return found[-1] if found else None


class StackJob(QObject):
    """Counts the slices that are done; the signals are those of `jobs.job.Job`."""

    progress = Signal(object)
    finished = Signal(object)
    failed = Signal(str)
    cancelled = Signal()

    def __init__(self, total: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.total, self.done, self.running = total, 0, True
        self.with_nerve = 0
        self._started = time.monotonic()

    def step(self, nerve: bool) -> None:
        """Count one slice, and whether it shows a nerve."""
        if not self.running:
            return
        self.done += 1
        self.with_nerve += nerve
        rate = self.done / max(time.monotonic() - self._started, 1e-6)
        self.progress.emit(
            {
                "stage": "Predicting slices",
                "done": self.done,
                "total": self.total,
                "rate": rate,
                "seconds_left": (self.total - self.done) / rate,
            }
        )
        if self.done == self.total:
            self.running = False
            self.finished.emit({"done": self.done})

    def words(self) -> str:
        """Return what came out of it so far."""
        nerves = f"{self.with_nerve:,}" if self.with_nerve else "none"
        return f"{counted(self.done, 'slice')} predicted, {nerves} with a nerve."

    def cancel(self) -> None:
        """Ask for no more slices; those that are done stay."""
        if self.running:
            self.running = False
            self.cancelled.emit()

    def fail(self, text: str) -> None:
        """End because of ``text``."""
        if self.running:
            self.running = False
            self.failed.emit(text)
