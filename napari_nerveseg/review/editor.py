"""Carries out the actions that change labels, each as one act of the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _engine
from .actions import (
    AcceptPrediction,
    Action,
    ApplyRule,
    Decide,
    Mask,
    Paint,
    Redo,
    RedoAction,
    SetStatus,
    Undo,
    UndoAction,
    VerifyEmpty,
)
from .current_labels import CurrentLabels, Say
from .mending import Mender
from .verdicts import COMMON, common_masks

if TYPE_CHECKING:
    from .._engine import UndoResult
    from .predictions import Predictions

Frames = tuple[str, ...]

#: Frames that a sentence names before it only counts.
NAMED = 5


class Editor:
    """Checks an action, writes it, and tells which frames it changed."""

    def __init__(
        self, labels: CurrentLabels, predictions: Predictions, say: Say
    ) -> None:
        self._labels, self._predictions, self._say = labels, predictions, say
        self._doers: dict[type[Action], Callable[[Any], Frames]] = {
            Paint: self._paint,
            SetStatus: self._set_status,
            Decide: self._decide,
            ApplyRule: self._apply_rule,
            AcceptPrediction: self._accept,
            VerifyEmpty: self._verify_empty,
            Undo: self._undo,
            Redo: self._redo,
            UndoAction: self._undo_action,
            RedoAction: self._redo_action,
            **Mender(labels).doers(),
        }

    def do(self, action: Action) -> Frames:
        """Carry out ``action``; return the frames whose label it changed.

        Raises
        ------
        InputError
            If it cannot be done; nothing has changed then.
        """
        return self._doers[type(action)](action)

    # ---- masks and statuses --------------------------------------------------

    def _paint(self, action: Paint) -> Frames:
        shape = self._labels.shape(action.frame)
        if action.mask.shape != shape:
            raise _engine.InputError(
                f"The mask painted on frame {action.frame} is {action.mask.shape} where"
                f" the frame is {shape} (height, width); paint on the frame itself."
            )
        mask = self._labels.rebased(action.frame, action.mask)
        if not self._differs(action.frame, mask):
            return ()
        if self._labels.approved(action.frame):  # whose status changes with it
            self._labels.flush()
            masks = {action.frame: mask}
            lost = self._labels.settle()
            return (*lost, *self._labels.store_masks(action.kind, masks, "painted"))
        self._labels.paint(action.frame, mask, action.kind)
        return (action.frame,)

    def _differs(self, frame: str, mask: Mask) -> bool:
        """Say whether a stroke changed a pixel; a missing mask counts as blank."""
        before = self._labels.mask(frame)
        if before is None:
            return bool(mask.any())
        return not np.array_equal(before, mask)

    def _set_status(self, action: SetStatus) -> Frames:
        self._labels.check(action.frames)
        frames = tuple(
            frame
            for frame in dict.fromkeys(action.frames)
            if self._labels.store.status(frame) != action.status or action.note
        )
        if action.status == "approved":
            self._refuse_missing(frames)
        if frames:
            statuses = dict.fromkeys(frames, action.status)
            self._labels.write(
                lambda: self._labels.store.act(
                    "status", statuses=statuses, note=action.note
                )
            )
        return frames

    def _refuse_missing(self, frames: Sequence[str]) -> None:
        missing = [frame for frame in frames if self._labels.missing(frame)]
        if missing:
            raise _engine.InputError(
                f"There is no mask to approve on {_named(missing)}; paint one, or say"
                " that there is no nerve (verified empty)."
            )

    def _accept(self, action: AcceptPrediction) -> Frames:
        frame = action.frame
        mask = self._predictions.mask(frame)
        if mask is None:
            raise _engine.InputError(
                f"Frame {frame} has no prediction to accept; predict it first."
            )
        if mask.shape != self._labels.shape(frame):
            raise _engine.InputError(
                f"The prediction of frame {frame} has another size than the frame;"
                " predict it again."
            )
        masks = {} if self._labels.holds(frame, mask) else {frame: mask}
        statuses = {frame: "approved"} if action.approve else {}
        if not masks and not statuses:
            return ()
        source = f"prediction:{self._predictions.source(frame)}"
        return self._labels.store_masks("accept-prediction", masks, source, statuses)

    def _verify_empty(self, action: VerifyEmpty) -> Frames:
        frame = action.frame
        empty = np.zeros(self._labels.shape(frame), dtype=bool)
        masks = {} if self._labels.holds(frame, empty) else {frame: empty}
        return self._labels.store_masks(
            "verify-empty", masks, "verified empty", statuses={frame: "approved"}
        )

    # ---- verdicts ------------------------------------------------------------

    def _decide(self, action: Decide) -> Frames:
        self._labels.check(action.group)
        frames = _chosen(action)
        masks = self._verdict_masks(action) if action.verdict in COMMON else {}
        record = _engine.VerdictRecord(
            group=action.group,
            verdict=action.verdict,
            kept=action.kept,
            frames=frames,
            reason=action.reason,
        )
        source = f"verdict:{action.verdict}"
        changes = {f: _engine.MaskChange(mask, source) for f, mask in masks.items()}
        store = self._labels.store
        self._labels.write(
            lambda: store.act(
                "verdict",
                masks=changes,
                verdict=record,
                reason=action.reason,
                note=f"{action.verdict} {action.kept or ''}".strip(),
            )
        )
        self._labels.forget(action.group)
        return action.group

    def _verdict_masks(self, action: Decide) -> dict[str, Mask]:
        """Return the masks that the verdict changes; equal ones need no version."""
        masks = {frame: self._labels.mask(frame) for frame in action.group}
        shapes = {frame: self._labels.shape(frame) for frame in action.group}
        result = common_masks(action.verdict, masks, shapes, action.kept)
        changed = {
            f: mask for f, mask in result.items() if not self._labels.holds(f, mask)
        }
        if not changed and self._settled_otherwise(action):
            raise _engine.InputError(
                f"The masks of {', '.join(action.group)} are the same already, so that"
                f" {action.verdict} would decide nothing: take back first what made"
                " them so."
            )
        return changed

    def _settled_otherwise(self, action: Decide) -> bool:
        """Say whether another verdict has made all masks one already.

        Whose mask is kept, or what is joined, cannot be said anew then: "keep A" after
        "keep B" would keep what was B's. That all are empty can be.
        """
        group, given = set(action.group), (action.verdict, action.kept)
        return action.verdict != "all-empty" and any(
            set(v.group) == group
            and v.verdict in COMMON
            and (v.verdict, v.kept) != given
            for v in self._labels.store.verdicts()
        )

    def _apply_rule(self, action: ApplyRule) -> Frames:
        store, plan = self._labels.store, action.plan
        self._labels.write(lambda: _engine.apply_rule(store, plan))
        frames = tuple(change.frame for change in plan.changes)
        self._labels.forget(frames)
        return frames

    # ---- undo ----------------------------------------------------------------

    def _undo(self, action: Undo) -> Frames:
        frame, store = action.frame, self._labels.store
        done = self._labels.write(lambda: store.undo_frame(frame))
        if done is None:
            self._say("info", f"Nothing to undo on frame {frame}.")
            return ()
        self._say("info", f"Undone on frame {frame}: {done.kind}.")
        self._labels.forget((frame,))
        return (frame,)

    def _redo(self, action: Redo) -> Frames:
        frame, store = action.frame, self._labels.store
        done = self._labels.write(lambda: store.redo_frame(frame))
        if done is None:
            self._say("info", f"Nothing to redo on frame {frame}.")
            return ()
        self._say("info", f"Done again on frame {frame}: {done.kind}.")
        self._labels.forget((frame,))
        return (frame,)

    def _undo_action(self, action: UndoAction) -> Frames:
        store = self._labels.store
        result = self._labels.write(
            lambda: store.undo(action.action, force=action.force)
        )
        return self._tell(result, "undone")

    def _redo_action(self, action: RedoAction) -> Frames:
        store = self._labels.store
        result = self._labels.write(lambda: store.redo(action.action))
        return self._tell(result, "done again")

    def _tell(self, result: UndoResult, what: str) -> Frames:
        frames = (*result.undone, *result.left)
        self._labels.forget(frames)
        if result.left:
            self._say(
                "warning",
                f"Changed since, and left as they are: {_named(result.left)}.",
            )
        self._say("info", f"Action {what} on {_named(result.undone)}.")
        return frames


def _chosen(action: Decide) -> Frames:
    """Return the frames that an exclude or redraw is about."""
    if action.verdict == "exclude" and not action.frames:
        if action.kept is None:
            raise _engine.InputError(
                f"The verdict exclude needs to know which frames of"
                f" {_named(action.group)} to leave out; choose them."
            )
        return tuple(frame for frame in action.group if frame != action.kept)
    if action.verdict == "redraw" and not action.frames:
        return action.group
    return action.frames


def _named(frames: Sequence[str]) -> str:
    if len(frames) <= NAMED:
        return ", ".join(frames) or "no frame"
    return f"{', '.join(frames[:NAMED])} and {len(frames) - NAMED} more frames"
