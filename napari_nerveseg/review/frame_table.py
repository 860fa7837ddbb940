"""The table of all frames as arrays, kept up to date row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from .._engine import DataSet, LabelStore
    from .current_labels import CurrentLabels


#: Up to this many changed rows, an area that is not known yet is found by decoding.
DECODED_AT_ONCE = 8

Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Column:
    """One column that a person sees, and filters by.

    Attributes
    ----------
    name, title, width, tip
        In `FrameTable.columns`, over the column, its pixels, and its tooltip.
    example
        A filter by it, which begins with its name in filters.
    place
        Where the example stands among those of its kind: the most wanted first.
    number
        How its numbers are formatted; empty for text.
    """

    name: str
    title: str
    width: int
    tip: str
    example: str
    place: int
    number: str = ""


# fmt: off
COLUMNS = (
    Column("frame", "Frame", 68, "The frame's name", "id:12_*", 5),
    Column("subject", "Subject", 60, "The subject that the frame shows",
           "subject:7", 1),
    Column("area", "Area", 54,
           "Pixels of the ground truth; 0 is a mask that says: no nerve",
           "area>2000", 2, ",.0f"),
    Column("dice", "Dice", 50,
           "Dice of prediction and ground truth; both empty counts 1",
           "dice<0.5", 1, ".3f"),
    Column("uncertainty", "Unsure", 58,
           "Uncertainty: how much flips or members disagree on the predicted mask",
           "uncertainty>0.2", 3, ".3f"),
    Column("conflict", "Conflict", 90,
           "What kind of conflict the frame's duplicate group has",
           "conflict:shape", 3),
    Column("status", "Status", 96,
           "What you said of the frame; no nerve is approved with an empty mask",
           "status:flagged", 2),
    Column("note", "Note", 90, "What you wrote when you gave the status",
           'note:"two nerves"', 4),
)
# fmt: on

#: Columns of yes and no, which nobody sees as such.
FLAGS = ("edited", "missing", "unread", "verified_empty")


def empty_columns() -> Columns:
    """Return `FrameTable.columns` of no frame."""
    kinds: dict[str, type] = {
        one.name: float if one.number else np.str_ for one in COLUMNS
    }
    kinds |= dict.fromkeys(FLAGS, bool)
    return {name: np.empty(0, kind) for name, kind in kinds.items()}


@dataclass(frozen=True)
class FrameRow:
    """One line of the table.

    Attributes
    ----------
    id, subject
        The frame and its subject, if its name tells.
    area
        True pixels of the mask; None if there is no mask or it is not counted yet.
    dice
        Dice of prediction and mask in [0, 1]; None if unknown.
    conflict
        Kind of the open conflict that the frame is in, or None.
    status
        unreviewed, approved, flagged or excluded.
    edited
        Whether the mask is another than the source's.
    missing
        Whether there is no mask (which is not an empty one).
    unread
        Whether that is because the one in the folder could not be read.
    verified_empty
        Whether a person approved an empty mask.
    uncertainty
        Disagreement under flips or between members, mean over their masks; None if
        unknown.
    note
        What a person wrote when giving the status.
    """

    id: str
    subject: str | None
    area: int | None
    dice: float | None
    conflict: str | None
    status: str
    edited: bool
    missing: bool
    unread: bool
    verified_empty: bool
    uncertainty: float | None = None
    note: str = ""


class FrameTable:
    """Columns of one length, rows in frame order.

    Attributes
    ----------
    columns : dict of str to ndarray
        ``frame``, ``subject``, ``conflict``, ``status`` (text, empty for none),
        ``note`` (text, as objects: any length), ``area``, ``dice``, ``uncertainty``
        (float64, NaN for unknown), ``edited``, ``missing``, ``unread``,
        ``verified_empty`` (bool).
    """

    def __init__(self, dataset: DataSet, labels: CurrentLabels) -> None:
        self._labels = labels
        self._rows = {frame: row for row, frame in enumerate(dataset.ids)}
        n = len(self._rows)
        self.columns: Columns = {
            "frame": np.array(dataset.ids, dtype=np.str_),
            "subject": np.array([e.subject or "" for e in dataset.entries], np.str_),
            "area": np.full(n, np.nan),
            "dice": np.full(n, np.nan),
            "uncertainty": np.full(n, np.nan),
            "conflict": np.zeros(n, dtype="U24"),
            "status": np.full(n, "unreviewed", dtype="U12"),
            "note": np.full(n, "", dtype=object),
            "edited": np.zeros(n, dtype=bool),
            "missing": np.array([e.mask_path is None for e in dataset.entries], bool),
            "unread": np.zeros(n, dtype=bool),
            "verified_empty": np.zeros(n, dtype=bool),
        }
        self._has_file = ~self.columns["missing"]
        # Of all others nobody knows anything yet.
        self._refresh_known({*labels.store.edited(), *labels.store.statuses()})

    def row(self, frame: str) -> FrameRow:
        """Return one line."""
        at = self._rows[frame]
        cell = {
            name: values[at : at + 1].tolist()[0]
            for name, values in self.columns.items()
        }
        return FrameRow(
            id=frame,
            subject=cell["subject"] or None,
            area=None if np.isnan(cell["area"]) else int(cell["area"]),
            dice=None if np.isnan(cell["dice"]) else cell["dice"],
            conflict=cell["conflict"] or None,
            status=cell["status"],
            edited=cell["edited"],
            missing=cell["missing"],
            unread=cell["unread"],
            verified_empty=cell["verified_empty"],
            uncertainty=None if np.isnan(cell["uncertainty"]) else cell["uncertainty"],
            note=cell["note"],
        )

    def refresh(self, frames: Iterable[str]) -> None:
        """Read area and status of ``frames`` from the labels."""
        known = [frame for frame in frames if frame in self._rows]
        for frame in known if len(known) <= DECODED_AT_ONCE else ():
            self._labels.area(frame)
        self._refresh_known(known)

    def take_source_areas(self, areas: Mapping[str, int | None]) -> None:
        """Take the areas of the source's masks that a scan counted."""
        self._labels.take_source_areas(areas)
        self._refresh_areas(frame for frame in areas if frame in self._rows)

    def set_dice(self, frame: str, dice: float | None) -> None:
        """Write one frame's Dice."""
        self.columns["dice"][self._rows[frame]] = np.nan if dice is None else dice

    def set_all_dice(self, dice: npt.NDArray[np.float64]) -> None:
        """Write the Dice of all frames, (N,) float64, NaN where it is not known."""
        self.columns["dice"][:] = dice

    def take_uncertainty(
        self, frames: Iterable[str], of: Callable[[str], float | None]
    ) -> None:
        """Write the uncertainty of ``frames`` as ``of`` tells it."""
        column = self.columns["uncertainty"]
        for frame in frames:
            value = of(frame)
            column[self._rows[frame]] = np.nan if value is None else value

    def set_conflicts(self, kinds: Mapping[str, str]) -> None:
        """Write the conflict column: the kind of each frame in an open conflict."""
        column = self.columns["conflict"]
        column[:] = ""
        for frame, kind in kinds.items():
            column[self._rows[frame]] = kind

    def _refresh_known(self, frames: Iterable[str]) -> None:
        frames = [frame for frame in frames if frame in self._rows]
        statuses = self._labels.store.statuses()
        notes = notes_of(self._labels.store, frames)
        columns = self.columns
        for frame in frames:
            at = self._rows[frame]
            columns["note"][at] = notes.get(frame, "")
            columns["status"][at] = statuses.get(frame, "unreviewed")
            columns["edited"][at] = self._labels.edited(frame)
        self._refresh_areas(frames)

    def _refresh_areas(self, frames: Iterable[str]) -> None:
        """Write what follows from the areas that are known, and from the status."""
        labels, columns = self._labels, self.columns
        frames = [frame for frame in frames if labels.area_known(frame)]
        rows = [self._rows[frame] for frame in frames]
        areas = [labels.known_area(frame) for frame in frames]
        area = np.array([np.nan if n is None else n for n in areas], dtype=float)
        columns["area"][rows], columns["missing"][rows] = area, np.isnan(area)
        columns["unread"][rows] = np.isnan(area) & self._has_file[rows]
        approved = columns["status"][rows] == "approved"
        columns["verified_empty"][rows] = approved & (area == 0)


#: Up to this many frames, each one's own history is read rather than all of it.
FEW = 32

#: Kinds of action that give a status.
_STATUS = ("status", "verify-empty")


def notes_of(store: LabelStore, frames: Sequence[str]) -> dict[str, str]:
    """Return the notes of those ``frames`` that have one."""
    few = len(frames) <= FEW
    read = (a for f in frames for a in store.history(f)) if few else store.history()
    actions = {a.id: a for a in read if a.kind in _STATUS and a.in_effect}
    notes: dict[str, str] = {}
    for number in sorted(actions):
        notes |= dict.fromkeys(actions[number].frames, actions[number].note)
    return {frame: notes[frame] for frame in frames if notes.get(frame)}
