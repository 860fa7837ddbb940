"""What each key does to the frames that are open."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..canvas.kinds import ERROR, IMAGE, PREDICTION, PROBABILITY, TRUTH, UNCERTAINTY
from ..canvas.strokes import take_brush
from ..review.actions import (
    AcceptPrediction,
    Action,
    Redo,
    SetStatus,
    Undo,
    VerifyEmpty,
)
from .context import ReviewContext

_TOGGLES = {
    "toggle_image": IMAGE,
    "toggle_truth": TRUTH,
    "toggle_prediction": PREDICTION,
    "toggle_error": ERROR,
    "toggle_probability": PROBABILITY,
    "toggle_uncertainty": UNCERTAINTY,
}
#: Why a kind of layer is not there, where that is not plain.
_NONE = {
    UNCERTAINTY: "There is no uncertainty of this frame: tick it where you predict.",
}


class Commands:
    """The commands on frames and layers; buttons and keys call the same functions."""

    def __init__(self, context: ReviewContext) -> None:
        self._context = context

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Return the functions by the names in `keys.COMMANDS`."""
        return {
            "next_frame": partial(self.step, 1),
            "previous_frame": partial(self.step, -1),
            "next_conflict": partial(self.next_conflict, 1),
            "previous_conflict": partial(self.next_conflict, -1),
            "next_unreviewed": self.next_unreviewed,
            "approve": partial(self.set_status, "approved"),
            "flag": partial(self.set_status, "flagged"),
            "exclude": partial(self.set_status, "excluded"),
            "unreview": partial(self.set_status, "unreviewed", advance=False),
            "verify_empty": self.verify_empty,
            "accept": self.accept_prediction,
            "edit": self.edit,
            "undo": self.undo,
            "redo": self.redo,
            **{name: partial(self.toggle, kind) for name, kind in _TOGGLES.items()},
        }

    # Where to ---------------------------------------------------------------------

    def step(self, by: int) -> None:
        """Go ``by`` rows on in the table, as it is sorted and filtered now."""
        session, table = self._context.session, self._context.table
        if session is None or table.rowCount() == 0:
            return
        row = table.row_of(session.selected or "")
        target = row + by if row >= 0 else 0
        if 0 <= target < table.rowCount():
            self._context.go(table.frame_at(target))
        else:
            self._say(
                "This is the last frame." if by > 0 else "This is the first frame."
            )

    def next_unreviewed(self) -> None:
        """Go to the next unreviewed row of the table, from the top after the end."""
        session, table = self._context.session, self._context.table
        if session is None:
            return
        frames = table.frames()
        here = table.row_of(session.selected or "")
        for frame in frames[here + 1 :] + frames[: here + 1]:
            if session.row(frame).status == "unreviewed":
                self._context.go(frame)
                return
        self._say("No unreviewed frame is left in this list.")

    def next_conflict(self, step: int = 1) -> None:
        """Show the next (``step=-1``: previous) conflict that nobody has resolved."""
        session = self._context.session
        if session is None:
            return
        conflict = session.next_conflict(step)
        if conflict is not None:
            self._context.conflict_wanted.emit(conflict)
        elif session.duplicates is None:
            self._say("Search for near-duplicates first, in the tab Conflicts.")
        else:
            self._say("No unresolved conflict is left.")

    # Judge and mend ---------------------------------------------------------------

    def set_status(self, status: str, *, advance: bool = True, note: str = "") -> None:
        """Give the current frame a status, then go to the next row.

        Where several rows are selected, all of them get it, as one action.
        """
        chosen = self._context.table.chosen
        if not chosen:
            self._act(lambda frame: SetStatus((frame,), status, note), advance=advance)
        elif not self._context.drawing() and self._context.do(
            SetStatus(chosen, status, note)
        ):
            self._say(f"{len(chosen):,} frames {status}; History… takes that back.")

    def verify_empty(self) -> None:
        """Say that the current frame shows no nerve, then go to the next row."""
        self._act(VerifyEmpty, advance=True)

    def accept_prediction(self) -> None:
        """Take the prediction of the current frame as its ground truth.

        In a queue that is the verdict: the frame is approved and the next one comes.
        """
        queued = self._context.table.queued
        self._act(lambda frame: AcceptPrediction(frame, queued), advance=queued)

    def edit(self) -> None:
        """Take the brush for the ground truth of the current frame."""
        context, frame = self._context, self._context.current()
        if (
            context.bridge is None
            or context.pair is None
            or frame is None
            or context.drawing()
        ):
            return
        if context.pair.shown:
            context.pair.paint(context.pair.frames.index(frame))
            return
        truth = context.bridge.layers.layer(TRUTH)
        if truth is None:
            self._say(f"There is no picture of frame {frame} to draw on.")
            return
        take_brush(context.viewer, truth)
        self._say("Draw with the brush; D goes on.")

    def undo(self) -> None:
        """Undo the current frame's last edit; on other layers, napari's own undo."""
        layer = self._foreign("undo")
        if layer is not None:
            layer.undo()
        else:
            self._act(Undo)

    def redo(self) -> None:
        """Redo the current frame's edit undone last; elsewhere, napari's own redo."""
        layer = self._foreign("redo")
        if layer is not None:
            layer.redo()
        else:
            self._act(Redo)

    # Layers -----------------------------------------------------------------------

    def toggle(self, kind: str) -> None:
        """Show or hide one kind of layer, and say so."""
        context = self._context
        if context.bridge is None or context.pair is None:
            return
        shown = context.pair if context.pair.shown else context.bridge
        visible = shown.toggle(kind)
        if visible is None:
            self._say(_NONE.get(kind, f"There is no {kind} for this frame yet."))
        else:
            self._say(f"{kind.capitalize()} {'shown' if visible else 'hidden'}.")

    # Inside -----------------------------------------------------------------------

    def _act(self, action: Callable[[str], Action], *, advance: bool = False) -> None:
        """Act on the current frame; the next row is looked up before rows can move."""
        context = self._context
        frame = context.current()
        if frame is None or context.drawing():
            return
        row = context.table.row_of(frame) + 1
        following = (
            context.table.frame_at(row) if 0 < row < context.table.rowCount() else None
        )
        done = context.do(action(frame))
        in_pair = context.pair is not None and context.pair.shown
        if done and advance and following is not None and not in_pair:
            context.go(following)

    def _foreign(self, method: str) -> Any | None:
        """Return the active layer if it is not ours and can do ``method`` itself."""
        layer = self._context.viewer.layers.selection.active
        if layer is None or not hasattr(layer, method) or self._context.owns(layer):
            return None
        return layer

    def _say(self, text: str) -> None:
        self._context.said.emit("info", text)
