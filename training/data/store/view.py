"""Reading labels: as they are now, or as they were at one action."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import combinations

from ...errors import InputError
from .derived_state import DerivedState
from .records import Action, Mask, MaskVersion, VerdictRecord
from .snapshots import snapshot_id
from .words import DEFAULT_STATUS


class LabelView:
    """Labels as of one moment. `LabelStore` is the view of now.

    Every answer but the masks comes from memory.

    Parameters
    ----------
    derived
        What is in effect.
    load
        Reads one mask version.
    """

    def __init__(
        self, derived: DerivedState, load: Callable[[MaskVersion], Mask]
    ) -> None:
        self._derived, self._load = derived, load
        self._lock = threading.RLock()  # held while the derived is asked, never longer

    @property
    def last_action(self) -> int:
        """The id of the newest action, 0 if there is none."""
        return self._derived.last

    def frozen(self) -> LabelView:
        """Return the labels as they are now; later changes do not reach it."""
        with self._lock:
            return LabelView(self._derived.up_to(self._derived.last), self._load)

    @property
    def snapshot_id(self) -> str:
        """What names these labels for good; see `LabelStore.at`."""
        with self._lock:
            return snapshot_id(self._derived)

    def current_mask(self, frame: str) -> Mask | None:
        """Return the mask that holds, (H, W) bool; None means the source's.

        Raises
        ------
        InputError
            If its bytes were damaged on disk.
        """
        with self._lock:
            version = self._derived.masks.get(frame)
        return None if version is None else self._load(version)

    def current_area(self, frame: str) -> int | None:
        """Return the true pixels of the mask that holds; None means the source's."""
        version = self.mask_version(frame)
        return None if version is None else version.area

    def version(self, frame: str) -> int | None:
        """Return the id of the mask version that holds; None means the source's."""
        version = self.mask_version(frame)
        return None if version is None else version.id

    def mask_version(self, frame: str) -> MaskVersion | None:
        """Return the provenance of the mask that holds; None means the source's."""
        with self._lock:
            return self._derived.masks.get(frame)

    def versions(self, frame: str) -> list[MaskVersion]:
        """Return every mask version that a frame ever had, undone ones too.

        Oldest first; the source's mask, which comes before them, is none of them.
        """
        with self._lock:
            entries = self._derived.touching(frame)
            return [entry.masks[frame] for entry in entries if frame in entry.masks]

    def mask_of(self, frame: str, version: int) -> Mask:
        """Return the mask of one version by its id, (H, W) bool.

        Raises
        ------
        InputError
            If the frame never had such a version, or its bytes were damaged on disk.
        """
        for known in self.versions(frame):
            if known.id == version:
                return self._load(known)
        raise InputError(f"Frame {frame} never had a mask version {version}.")

    def edited(self) -> set[str]:
        """Return the frames whose mask is not the source's."""
        with self._lock:
            return set(self._derived.masks)

    def status(self, frame: str) -> str:
        """Return a frame's status."""
        with self._lock:
            return self._derived.statuses.get(frame, DEFAULT_STATUS)

    def statuses(self) -> dict[str, str]:
        """Return the status of every frame that was given one."""
        with self._lock:
            return dict(self._derived.statuses)

    def excluded(self) -> frozenset[str]:
        """Return the frames whose status is ``excluded``; see `Labels.excluded`."""
        with self._lock:
            statuses = self._derived.statuses.items()
            return frozenset(f for f, status in statuses if status == "excluded")

    def verdicts(self) -> list[VerdictRecord]:
        """Return the newest verdict in effect of every group, oldest first."""
        with self._lock:
            return self._derived.verdicts()

    def ambiguous(self) -> frozenset[str]:
        """Return the frames whose label a reviewer called ambiguous, at last."""
        decided: set[str] = set()
        ambiguous: set[str] = set()
        for record in reversed(self.verdicts()):
            if record.verdict == "ambiguous":
                ambiguous |= set(record.concerned) - decided
            if record.about_labels:
                decided |= set(record.concerned)
        return frozenset(ambiguous)

    def not_duplicates(self) -> set[frozenset[str]]:
        """Return the pairs of frames that a reviewer said are not duplicates.

        The verdict holds for every pair of its group with one of its frames in it.
        """
        return {
            frozenset(pair)
            for record in self.verdicts()
            if record.verdict == "not-duplicate"
            for pair in combinations(record.group, 2)
            if set(pair) & set(record.concerned)
        }

    def history(self, frame: str | None = None) -> list[Action]:
        """Return all actions, or those that touched one frame, oldest first."""
        with self._lock:
            derived = self._derived
            entries = derived.entries() if frame is None else derived.touching(frame)
            return [derived.action(entry) for entry in entries]

    def last_edit(self, frame: str) -> Action | None:
        """Return the newest action in effect, undo records apart, on a frame."""
        with self._lock:
            entry = self._derived.last_edit(frame)
            return None if entry is None else self._derived.action(entry)

    def changed_since(self, action: int) -> set[str]:
        """Return the frames that later actions, undo records too, touched."""
        with self._lock:
            return {f for entry in self._derived.entries(action) for f in entry.frames}
