"""What the panels share: the viewer, the open session, and news as Qt signals.

Panels call the context and listen to it; they never ask each other. It outlives the
dock's widgets by a moment, so that closing the dock can put everything away.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import _engine
from ..canvas.compare import PairView
from ..canvas.fitting import Fitting
from ..canvas.layer_bridge import LayerBridge
from ..canvas.memory import remember_reviewer, remembered_reviewer
from ..jobs.idle_worker import IdleWorker
from ..jobs.timers import single_shot
from ..review.actions import Select
from ..review.session import ReviewSession
from .display import CanvasDisplay
from .other_windows import OtherWindows
from .state import ReviewState

if TYPE_CHECKING:
    from .._engine import Reading


#: Milliseconds in which news about many frames are drawn once.
NEWS = 120

_BLIND = (
    "Blind reading: you start from the folder's own masks, see nobody's verdicts, and "
    "yours are kept apart."
)


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """Collect no cycles until the work is done.

    Opening a folder makes so many objects that the collector walks through all half a
    million of napari's, for a third of a second, and finds next to nothing.

    Nothing is taken for old by that (``gc.freeze``): the parts of a closed window,
    which hang together in cycles, must be found soon, for Qt has taken some of them
    away already and crashes where others turn up while it paints.
    """
    ran = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if ran:
            gc.enable()


class ReviewContext(ReviewState):
    """One review, from opening to closing: what all panels share."""

    def __init__(self, viewer: Any) -> None:
        super().__init__(viewer)
        self._hidden: Path | None = None  # predictions that a blind reader must not see
        self.display = CanvasDisplay(self)
        self._others = OtherWindows(self)
        self._fitting = Fitting(viewer, self)
        self._idle: IdleWorker | None = None
        self._news = single_shot(self, NEWS, self._refresh_table)
        viewer.events.theme.connect(self._on_theme)
        viewer.layers.events.connect(self._on_layers)

    # Open and close ---------------------------------------------------------------

    @no_collection()
    def open(
        self,
        data: Path,
        project: Path | None = None,
        reading: Reading | Mapping[str, Any] | None = None,
        *,
        blind: bool = False,
    ) -> bool:
        """Open a data folder; a problem is said, and what was open stays open.

        ``reading`` is how it is read, over what its project keeps; ``blind`` begins or
        continues the reviewer's blind reading.
        """
        if self.session is not None:
            self.session.flush()  # the same project may be opened again
        try:
            session = ReviewSession.open(
                data,
                project,
                author=remembered_reviewer(),
                reading=reading,
                blind=blind,
            )
        except (_engine.InputError, _engine.EngineClash, OSError) as problem:
            self.say("error", str(problem))
            return False
        self.close()
        self.session = session
        self.source = {
            "data": str(data.absolute()),
            "project": str(session.project.root.absolute()),
            # Workers must see what the window shows, whatever is chosen meanwhile.
            "reading": session.reading.exactly().to_command(),
        }
        self._listen(session)
        options = self.display.options(session)
        self.bridge = LayerBridge(
            self.viewer, session, self.say_error, more=self.display.compared, **options
        )
        self.pair = PairView(self.viewer, session, self.say_error, **options)
        self._refresh_table()
        self._idle = IdleWorker(session, self)
        self.session_changed.emit()
        if session.selected is None:  # nobody knew better
            self.do(Select(session.dataset.ids[0]))
        if session.recalled:
            self.said.emit("info", f"Read as before: {session.recalled}.")
        for note in (session.project.note, session.store.note):
            if note:
                self.say("warning", note)
        return True

    def read_as(self, name: str) -> None:
        """Let all that follows be by the reviewer ``name``."""
        session, name = self.session, name.strip()
        if session is None or not name or name == session.store.author:
            return
        remember_reviewer(name)
        if session.blind:
            self.read_blind(True)  # of somebody else
        else:
            session.flush()
            session.store.author = name

    def read_blind(self, blind: bool) -> None:
        """Go over to the reviewer's blind reading, or back to the project's labels."""
        session = self.session
        if session is None or self.drawing():
            return
        if self.open_again(blind=blind) and blind:
            self.said.emit("info", _BLIND)

    def open_again(
        self,
        reading: Reading | Mapping[str, Any] | None = None,
        *,
        blind: bool | None = None,
    ) -> bool:
        """Open what is open as before, but for what is chosen; see `open`.

        Predictions that were loaded are loaded again. A blind reader does not see
        them, but whoever reads as usual afterwards does.
        """
        session = self.session
        if session is None:
            return False
        data, project = (Path(self.source[name]) for name in ("data", "project"))
        how = _engine.Reading.of(reading).over(session.reading)
        if blind is None:
            blind = session.blind
        loaded = session.predictions.loaded
        kept = self._hidden if loaded is None else loaded.path
        if not self.open(data, project, how, blind=blind):
            return False
        if blind:
            self._hidden = kept
        elif kept is not None:
            self.load_predictions(kept)
        return True

    def close(self) -> None:
        """Close what is open: strokes are written, layers and connections go."""
        if self.session is None or self.bridge is None or self.pair is None:
            return
        self.display.compare(None)
        self._hidden = None
        session, self.session = self.session, None
        bridge, self.bridge = self.bridge, None
        pair, self.pair = self.pair, None
        try:
            self._news.stop()
            if self._idle is not None:
                self._idle.stop()
                self._idle.deleteLater()
                self._idle = None
            pair.leave()
            bridge.close()
            for signal, listener in self._connections(session):
                signal.disconnect(listener)
        finally:  # whatever a window that goes has taken along
            session.close()
        self.session_changed.emit()

    def shut_down(self) -> None:
        """Close the session and stop listening to the viewer."""
        self.close()
        self._others.stop()
        self.display.shut_down()
        self._fitting.stop()
        with contextlib.suppress(ValueError):  # napari's word for: it was not connected
            self.viewer.events.theme.disconnect(self._on_theme)
            self.viewer.layers.events.disconnect(self._on_layers)

    # For the panels ---------------------------------------------------------------

    def show_pair(self, a: str, b: str) -> None:
        """Put two frames, A and B, on the canvas."""
        if self.pair is not None and self.bridge is not None and not self.drawing():
            self.bridge.pause(True)
            self.pair.show(a, b)
            if not self.pair.shown:
                self.bridge.pause(False)

    def leave_pair(self) -> None:
        """Go back to one frame."""
        if self.pair is not None and self.pair.shown and self.bridge is not None:
            self.pair.leave()
            self.bridge.pause(False)

    def load_predictions(self, path: Path) -> bool:
        """Show the predictions in ``path`` beside the ground truth, or say why not."""
        if self.session is None:
            return False
        try:
            self.session.load_predictions(path)
        except _engine.InputError as problem:
            self.say_error(str(problem))
            return False
        n = len(self.session.predictions.ids)
        self.say("info", f"Predictions for {n:,} frames from {path}.")
        return True

    # The session's news -----------------------------------------------------------

    def _listen(self, session: ReviewSession) -> None:
        for signal, listener in self._connections(session):
            signal.connect(listener)

    def _connections(self, session: ReviewSession) -> tuple[tuple[Any, Any], ...]:
        return (
            (session.message, self.say),
            (session.selected_changed, self._on_selected),
            (session.frames_changed, self._on_frames),
            (session.scan_changed, self._news_later),
            (session.scores_changed, self._news_later),
            (session.duplicates_changed, self._on_conflicts),
            (session.predictions_changed, self._on_predictions),
            (session.rule_changed, self._on_rule),
            (session.pending_changed, self._on_pending),
        )

    def _on_selected(self, frame: str | None) -> None:
        self.selected_changed.emit(frame)

    def _on_frames(self, frames: tuple[str, ...]) -> None:
        self._refresh_table()
        self.frames_changed.emit(frames)

    def _on_pending(self, n: int) -> None:
        self.pending_changed.emit(n)

    def _on_conflicts(self) -> None:
        self._news_later()
        self.conflicts_changed.emit()

    def _on_predictions(self) -> None:
        self._news_later()
        self.predictions_changed.emit()

    def _on_rule(self) -> None:
        self._news_later()
        self.rule_changed.emit()

    def _news_later(self) -> None:
        if not self._news.isActive():
            self._news.start()

    def _refresh_table(self) -> None:
        if self.session is not None:
            self.table.set_columns(self.session.columns())
            self.table_changed.emit()

    def _on_layers(self, event: Any) -> None:
        if event.type in ("inserted", "removed", "visible"):
            self.layers_changed.emit()

    def _on_theme(self) -> None:
        self.theme_changed.emit(self.theme_palette())
