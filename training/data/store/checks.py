"""What the store refuses to take."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import InputError
from .derived_state import DerivedState
from .packing import is_frame
from .records import MaskChange, VerdictRecord
from .words import STATUSES, VERDICTS


def check_change(
    masks: Mapping[str, MaskChange],
    statuses: Mapping[str, str],
    verdict: VerdictRecord | None,
    derived: DerivedState,
) -> None:
    """Check an action before it is written.

    Raises
    ------
    InputError
        If it changes nothing, or one of its parts is not what it should be.
    """
    if not masks and not statuses and verdict is None:
        raise InputError(
            "An action without masks, statuses or verdict changes nothing; give one."
        )
    for frame, change in masks.items():
        _check_size(frame, change, derived)
    for status in statuses.values():
        if status not in STATUSES:
            raise InputError(
                f"'{status}' is no status; take one of {', '.join(STATUSES)}."
            )
    if verdict is not None:
        _check_verdict(verdict)


def _check_size(frame: str, change: MaskChange, derived: DerivedState) -> None:
    before = derived.masks.get(frame)
    shape = change.mask.shape
    if len(shape) == 2 and not is_frame(shape):
        raise InputError(
            f"The new mask of frame {frame} is {shape} (height, width), which no frame "
            "is; give one of the frame's size."
        )
    if before is not None and shape != before.shape:
        raise InputError(
            f"The new mask of frame {frame} is {shape}, its last one {before.shape} "
            "(height, width); give one of the frame's size."
        )


def _check_verdict(verdict: VerdictRecord) -> None:
    if verdict.verdict not in VERDICTS:
        raise InputError(
            f"'{verdict.verdict}' is no verdict; take one of {', '.join(VERDICTS)}."
        )
    named = {*verdict.frames, *([verdict.kept] if verdict.kept else [])}
    strangers = sorted(named - set(verdict.group))
    if strangers or not verdict.group:
        raise InputError(
            f"The verdict's frames {', '.join(strangers) or '(none)'} are not in its "
            "group; name frames of the group."
        )
