"""What goes into the label store and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ...errors import InputError

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class MaskChange:
    """A new mask for one frame.

    Parameters
    ----------
    mask
        (H, W) bool, true where the nerve is; all false is an empty mask.
    source
        Where the mask comes from, for example ``painted`` or ``prediction:run``.
    """

    mask: Mask
    source: str


@dataclass(frozen=True)
class VerdictRecord:
    """What a reviewer decided about one duplicate group.

    Parameters
    ----------
    group
        The frames of the group.
    verdict
        One of `training.data.store.words.VERDICTS`.
    kept
        The frame whose mask the others took, for ``keep``; else None.
    frames
        The frames that the verdict is about; empty means the whole group.
    reason
        The reviewer's own words, or empty.
    action, author, time
        Filled in by the store: the action that brought it, by whom, ISO UTC.
    """

    group: tuple[str, ...]
    verdict: str
    kept: str | None = None
    frames: tuple[str, ...] = ()
    reason: str = ""
    action: int | None = None
    author: str = ""
    time: str = ""

    @property
    def concerned(self) -> tuple[str, ...]:
        """The frames that the verdict is about."""
        return self.frames or self.group

    @property
    def about_labels(self) -> bool:
        """Whether it decides about labels, not only which frames belong together."""
        return self.verdict != "not-duplicate"

    def replaces(self, older: VerdictRecord, frame: str) -> bool:
        """Say whether this verdict takes an older one's place for a frame.

        It does for all frames of the very same group, else for those that it is about.
        """
        if set(self.group) == set(older.group):
            return True
        return self.about_labels and frame in self.concerned


@dataclass(frozen=True)
class MaskVersion:
    """One mask version and its provenance, without the mask itself.

    ``shape`` is (height, width), ``area`` counts true pixels, ``digest`` is the
    sha256 of shape and runs, ``parent`` the version that was current before, or
    None if that was the source's mask.
    """

    id: int
    action: int
    frame: str
    shape: tuple[int, int]
    area: int
    digest: str
    source: str
    parent: int | None
    author: str
    reason: str
    time: str


@dataclass(frozen=True)
class Action:
    """One line of the history.

    ``frames`` are those it touched (for an undo: those of what it undid),
    ``undoes`` the action that it takes back, ``in_effect`` whether it still holds.
    """

    id: int
    kind: str
    author: str
    time: str
    reason: str
    note: str
    frames: tuple[str, ...]
    undoes: int | None
    in_effect: bool


@dataclass(frozen=True)
class Entry:
    """One row of ``actions`` with all that was written beside it.

    ``along`` is the undo record that this one was written together with (a forced
    undo takes back later edits too).
    """

    id: int
    kind: str
    author: str
    time: str
    reason: str
    note: str
    undoes: int | None
    along: int | None
    frames: tuple[str, ...] = ()
    masks: Mapping[str, MaskVersion] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    verdict: VerdictRecord | None = None


@dataclass(frozen=True)
class UndoResult:
    """What an undo or redo did.

    Parameters
    ----------
    action
        The id of the new record.
    undone
        The frames that it changed back (or brought back).
    left
        The frames whose mask or status was changed since by another action that is
        in effect: that later change stays.
    """

    action: int
    undone: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True)
class Snapshot:
    """The labels as of one moment; ``id`` is all that `LabelStore.at` needs."""

    id: str
    time: str
    last_action: int
    note: str = ""
    author: str = ""


class GroupActionError(InputError):
    """The newest change of a frame belongs to an action over several frames.

    Parameters
    ----------
    action
        That action; undo it by its id, over all its frames.
    frame
        The frame whose change was to be undone.
    """

    def __init__(self, action: Action, frame: str) -> None:
        self.action, self.frame = action, frame
        super().__init__(
            f"The last change of frame {frame} is action {action.id} ({action.kind}) "
            f"over {len(action.frames)} frames; undo that one from the history."
        )
