"""One long-lived worker that holds the network and answers picture by picture."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QObject, Signal

from .. import _engine
from . import words
from .answer import answer_from
from .worker_process import WorkerProcess

#: Gives the picture that the asker shows now; None if it is gone.
Current = Callable[[], npt.NDArray[Any] | None]


@dataclass(frozen=True)
class _Request:
    frame: str
    grey: npt.NDArray[np.uint8]
    hash: str
    current: Current | None
    image: Path
    out: Path
    mask: Path

    def remove(self) -> None:
        """Delete its files."""
        for path in (self.image, self.out, self.mask):
            path.unlink(missing_ok=True)


class PredictionServer(QObject):
    """Loads a checkpoint once, then predicts whatever it is given.

    The worker is started when it is first needed and again after it has died; what
    was asked for at that moment is given up and said once through ``failed``.

    Signals: ``loading(name)``; ``loaded(event)`` with ``checkpoint``, ``name``,
    ``device`` and ``meta``; ``answered(Answer)``; ``dropped(text)`` for an answer
    that came too late; ``failed(text)``; ``busy_changed(bool)``.

    Parameters
    ----------
    program
        Command line of the worker, for tests.
    """

    loading = Signal(str)
    loaded = Signal(object)
    answered = Signal(object)
    dropped = Signal(str)
    failed = Signal(str)
    busy_changed = Signal(bool)

    def __init__(
        self, parent: QObject | None = None, *, program: Sequence[str] | None = None
    ) -> None:
        super().__init__(parent)
        self._program = program
        self._process: WorkerProcess | None = None
        self._checkpoint: Path | None = None
        self._device = "auto"
        self._name = ""
        self._error = ""
        self._busy = self._is_loading = False
        self._count = 0
        self._requests: dict[int, _Request] = {}
        self._folder = tempfile.TemporaryDirectory(
            prefix="nerveseg-", ignore_cleanup_errors=True
        )

    @property
    def checkpoint(self) -> Path | None:
        """The checkpoint that is loaded, or is to be; None if none was chosen."""
        return self._checkpoint

    @property
    def busy(self) -> bool:
        """Whether an answer, or a network, is being waited for."""
        return self._busy

    @property
    def pid(self) -> int:
        """The worker's process id; 0 if it does not run."""
        return 0 if self._process is None else self._process.pid

    def load(self, checkpoint: Path, device: str = "auto") -> None:
        """Load a checkpoint: a file, or the run folder that it lies in."""
        self._checkpoint, self._device = checkpoint.absolute(), device
        if self._process is None:
            self._start()
        else:
            self._send_load()
        self._tell_busy()

    def predict(
        self, image: npt.NDArray[Any], frame: str, current: Current | None = None
    ) -> int:
        """Ask for a prediction.

        Parameters
        ----------
        image
            (H, W) grey or (H, W, 3 or 4) colour, any numeric type; `to_grey` says
            how it becomes the (H, W) uint8 that the network sees.
        frame
            The FrameId, or whatever else names the picture.
        current
            Asked when the answer comes: what is shown then, or None if it is gone.
            If it differs, the answer is dropped.

        Returns
        -------
        int
            The request's number, which the answer carries.

        Raises
        ------
        InputError
            If no checkpoint was chosen, or the image is none.
        """
        if self._checkpoint is None:
            raise _engine.InputError(
                "No checkpoint is chosen; choose one in the tab Predict, or train one."
            )
        grey = _engine.to_grey(image)
        if self._process is None:
            self._start()
        return self._ask(grey, frame, current)

    def close(self) -> None:
        """End the worker and remove its temporary files."""
        self._requests.clear()
        if self._process is not None:
            process, self._process = self._process, None
            process.ended.disconnect(self._on_ended)
            process.stop_now()
        self._folder.cleanup()

    # ---- asking --------------------------------------------------------------

    def _start(self) -> None:
        self._error = ""
        self._process = WorkerProcess(self, self._program)
        self._process.line.connect(self._take)
        self._process.ended.connect(self._on_ended)
        self._process.start()
        self._process.send({"command": "serve"})
        self._send_load()

    def _send_load(self) -> None:
        if self._process is not None and self._checkpoint is not None:
            self._is_loading = True
            self.loading.emit(self._checkpoint.name)
            self._process.send(
                {
                    "command": "load",
                    "checkpoint": str(self._checkpoint),
                    "device": self._device,
                }
            )

    def _ask(
        self, grey: npt.NDArray[np.uint8], frame: str, current: Current | None
    ) -> int:
        self._count += 1
        number, where = self._count, Path(self._folder.name)
        request = _Request(
            frame,
            grey.copy(),  # what is shown may be drawn on
            _engine.pixel_digest(grey),
            current,
            where / f"{number}.npy",
            where / f"{number}-probability.npy",
            where / f"{number}-mask.npy",
        )
        np.save(request.image, grey, allow_pickle=False)
        self._requests[number] = request
        if self._process is not None:
            self._process.send(
                {
                    "command": "predict",
                    "request": number,
                    "frame": frame,
                    "hash": request.hash,
                    "image": str(request.image),
                    "out": str(request.out),
                    "mask": str(request.mask),
                }
            )
        self._tell_busy()
        return number

    # ---- being told ----------------------------------------------------------

    def _take(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "loaded":
            self._is_loading, self._name = False, str(event.get("name", ""))
            self.loaded.emit(event)
        elif kind == "prediction":
            self._on_answer(event)
        elif kind == "error":
            self._on_error(event)
        self._tell_busy()

    def _on_answer(self, event: dict[str, Any]) -> None:
        number = int(event["request"])
        request = self._requests.pop(number, None)
        if request is None:
            return
        probability, mask = np.load(request.out), np.load(request.mask)
        request.remove()
        if self._is_stale(number, request, str(event["hash"])):
            self.dropped.emit(words.of_stale_answer(request.frame))
        else:
            self.answered.emit(answer_from(event, probability, mask, self._name))

    def _is_stale(self, number: int, request: _Request, answered: str) -> bool:
        """Say whether the answer is for other pixels than are shown by now."""
        newer = any(
            other.frame == request.frame and other.hash != request.hash
            for later, other in self._requests.items()
            if later > number
        )
        if newer or answered != request.hash:
            return True
        if request.current is None:
            return False
        now = request.current()
        return now is None or not np.array_equal(_engine.to_grey(now), request.grey)

    def _on_error(self, event: dict[str, Any]) -> None:
        text = words.of_error(event)
        if "request" in event:
            request = self._requests.pop(int(event["request"]), None)
            if request is not None:
                request.remove()
                self.failed.emit(text)
        elif "checkpoint" in event:
            self._is_loading, self._checkpoint = False, None
            self._give_up()
            self.failed.emit(text)
        else:  # its last words; the end of the process follows
            self._error = text

    def _on_ended(self, death: str) -> None:
        process, self._process = self._process, None
        self._is_loading = False
        self._give_up()
        if process is not None:
            process.deleteLater()
        self.failed.emit(self._error or death or words.of_death(0, signalled=False))
        self._tell_busy()

    def _give_up(self) -> None:
        for request in self._requests.values():
            request.remove()
        self._requests.clear()

    def _tell_busy(self) -> None:
        busy = self._is_loading or bool(self._requests)
        if busy != self._busy:
            self._busy = busy
            self.busy_changed.emit(busy)
