"""Carries out the actions that mend a whole mask: one act, one undo step each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import _engine
from .actions import CopyMask, Mask, Mend, Propagate, Restore
from .mask_tools import TOOLS

if TYPE_CHECKING:
    from .current_labels import CurrentLabels

Frames = tuple[str, ...]


class Mender:
    """Turns each mending action into masks and stores them."""

    def __init__(self, labels: CurrentLabels) -> None:
        self._labels = labels

    def doers(self) -> dict[type, Callable[[Any], Frames]]:
        """Return what carries out each of its actions.

        Each returns the frames that it changed, and raises `InputError` if it cannot
        be done; nothing has changed then.
        """
        return {
            Mend: self._mend,
            CopyMask: self._copy,
            Propagate: self._propagate,
            Restore: self._restore,
        }

    def _mend(self, action: Mend) -> Frames:
        mask = TOOLS[action.tool](self._mask(action.frame), action.radius)
        source = f"{action.tool} {action.radius or ''}".strip()
        return self._store(action.tool, {action.frame: mask}, source)

    def _copy(self, action: CopyMask) -> Frames:
        mask = self._mask(action.other)
        self._check_shape(action.other, action.frame)
        return self._store("copy-mask", {action.frame: mask}, f"copy:{action.other}")

    def _propagate(self, action: Propagate) -> Frames:
        mask = self._mask(action.frame)
        for other in action.others:
            self._check_shape(action.frame, other)
        masks = dict.fromkeys(action.others, mask)
        note = f"mask of {action.frame} to its group"
        return self._store("propagate", masks, f"copy:{action.frame}", note)

    def _restore(self, action: Restore) -> Frames:
        frame = action.frame
        if action.version is None:
            mask = self._labels.source_mask(frame)
            if mask is None:
                raise _engine.InputError(
                    f"The folder holds no mask of frame {frame} to go back to."
                )
            return self._store("restore", {frame: mask}, "restore:folder")
        mask = self._labels.store.mask_of(frame, action.version)
        source = f"restore:{action.version}"
        return self._store("restore", {frame: mask}, source)

    def _mask(self, frame: str) -> Mask:
        mask = self._labels.mask(frame)
        if mask is None:
            raise _engine.InputError(
                f"Frame {frame} has no mask yet: paint one, or say that there is no"
                " nerve (verified empty)."
            )
        return mask

    def _check_shape(self, given: str, taking: str) -> None:
        shapes = self._labels.shape(given), self._labels.shape(taking)
        if shapes[0] != shapes[1]:
            raise _engine.InputError(
                f"Frame {given} is {shapes[0]} and frame {taking} is {shapes[1]}"
                " (height, width): a mask fits frames of one size only."
            )

    def _store(
        self, kind: str, masks: dict[str, Mask], source: str, note: str = ""
    ) -> Frames:
        """Store those masks that are new; equal ones need no version."""
        new = {f: mask for f, mask in masks.items() if not self._labels.holds(f, mask)}
        return self._labels.store_masks(kind, new, source, note=note) if new else ()
