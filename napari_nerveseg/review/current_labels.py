"""The labels as they are now: the store over the source, and what is being written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from .. import _engine
from .actions import Mask
from .lru import Lru

if TYPE_CHECKING:
    from .._engine import DataSet, LabelStore

Say = Callable[[str, str], None]
T = TypeVar("T")

#: Decoded masks kept at hand; one of 420 x 580 takes 240 kB.
MASKS_KEPT = 256


@dataclass(frozen=True, eq=False)
class _Write:
    """One stroke on its way to the disk."""

    frame: str
    mask: Mask
    future: Future[int]


class CurrentLabels:
    """Reads and writes ground truth; a stroke is seen before it is on disk.

    Strokes go to the writer thread and are not waited for. All else is waited for,
    after the strokes before it, so that the order on disk is the order of the hand.

    Attributes
    ----------
    store : LabelStore
        The store underneath, for reading what is not a mask.
    """

    def __init__(self, dataset: DataSet, store: LabelStore, say: Say) -> None:
        self.store = store
        self._dataset, self._say = dataset, say
        self._writer = _engine.StoreWriter(store)
        self._writes: list[_Write] = []
        self._overlay: dict[str, Mask] = {}
        self._masks: Lru[Mask | None] = Lru(MASKS_KEPT)
        self._source_areas: dict[str, int | None] = {}
        self._unreadable: set[str] = set()
        self._seen = store.last_action
        self._others_wrote = False

    # ---- reading -------------------------------------------------------------

    def mask(self, frame: str) -> Mask | None:
        """Return the mask, (H, W) bool and read-only, or None if there is none."""
        if frame in self._overlay:
            return self._overlay[frame]
        return self._masks.get(frame, self._read)

    def source_mask(self, frame: str) -> Mask | None:
        """Return the mask in the data folder; None if missing or unreadable.

        An unreadable one is said once.
        """
        try:
            mask = self._dataset.mask(frame)
        except _engine.InputError as error:
            mask = None
            if frame not in self._unreadable:
                self._unreadable.add(frame)
                self._say("warning", str(error))
        self._source_areas[frame] = None if mask is None else int(mask.sum())
        return mask

    def area(self, frame: str) -> int | None:
        """Return the true pixels of the mask; None if there is none."""
        if not self.area_known(frame):
            self.source_mask(frame)
        return self.known_area(frame)

    def known_area(self, frame: str) -> int | None:
        """Return the true pixels as far as they are known without decoding."""
        if frame in self._overlay:
            return int(self._overlay[frame].sum())
        area = self.store.current_area(frame)
        return self._source_areas.get(frame) if area is None else area

    def area_known(self, frame: str) -> bool:
        """Say whether `area` costs nothing."""
        return (
            frame in self._overlay
            or frame in self._source_areas
            or self.store.version(frame) is not None
        )

    def missing(self, frame: str) -> bool:
        """Say whether there is no mask, as far as that is known without decoding."""
        if self.area_known(frame):
            return self.known_area(frame) is None
        return not self._dataset.has_mask(frame)

    def approved(self, frame: str) -> bool:
        """Say whether somebody has approved the mask."""
        return self.store.status(frame) == "approved"

    def edited(self, frame: str) -> bool:
        """Say whether the mask is another than the source's."""
        return frame in self._overlay or self.store.version(frame) is not None

    def take_source_areas(self, areas: Mapping[str, int | None]) -> None:
        """Learn the areas of the source's masks from a scan; None is a missing mask."""
        self._source_areas.update(areas)

    def shape(self, frame: str) -> tuple[int, int]:
        """Return a frame's (H, W)."""
        return self._dataset.shape(frame)

    def check(self, frames: Iterable[str]) -> None:
        """Raise `InputError` if one of ``frames`` is not in the data set."""
        for frame in frames:
            self._dataset.entry(frame)

    # ---- writing -------------------------------------------------------------

    @property
    def pending(self) -> int:
        """Strokes not yet on disk."""
        return len(self._writes)

    def others_wrote(self) -> bool:
        """Say whether another window wrote since `refresh`; False while we write."""
        if not self._writes:
            self._others_wrote |= self.store.touched_by_others()
        return self._others_wrote

    def rebased(self, frame: str, mask: Mask) -> Mask:
        """Return a painted mask with what another window did to the frame meanwhile.

        The pixels that the stroke changed are the stroke's; all others are as they
        are in the store now, so that two people on one frame overwrite nothing.
        """
        if frame in self._overlay or not self.others_wrote():
            return mask
        before = self.mask(frame)
        self.store.refresh()
        self.forget((frame,))
        now = self.mask(frame)
        if before is None or now is None:
            return mask
        return np.where(mask != before, mask, now)

    def paint(self, frame: str, mask: Mask, kind: str) -> None:
        """Store one stroke without waiting."""
        kept = _frozen(mask)
        change = {frame: _engine.MaskChange(kept, "painted")}
        future = self._writer.submit(self.store.act, kind, masks=change)
        self._overlay[frame] = kept
        self._writes.append(_Write(frame, kept, future))

    def write(self, work: Callable[[], T]) -> T:
        """Let the writer thread change the store, after all strokes, and wait.

        Strokes have to be settled before, lest they hide what is written now.

        Raises
        ------
        InputError
            If the store refused; nothing is stored then.
        """
        return self._writer.submit(work).result()

    def holds(self, frame: str, mask: Mask) -> bool:
        """Say whether ``mask`` is the frame's mask already; a missing one is not."""
        before = self.mask(frame)
        return before is not None and np.array_equal(before, mask)

    def store_masks(
        self,
        kind: str,
        masks: Mapping[str, Mask],
        source: str,
        statuses: Mapping[str, str] | None = None,
        note: str = "",
    ) -> tuple[str, ...]:
        """Store new masks, and statuses with them, as one action; wait for it.

        A frame that was approved is unreviewed again by the same action, unless that
        gives it a status: what was approved is not what is there now.

        Returns
        -------
        tuple of str
            The frames that changed.
        """
        changes = {f: _engine.MaskChange(mask, source) for f, mask in masks.items()}
        given = dict(statuses or {})
        again = [f for f in masks if f not in given and self.approved(f)]
        given |= dict.fromkeys(again, "unreviewed")
        self.write(
            lambda: self.store.act(kind, masks=changes, statuses=given, note=note)
        )
        self.forget(masks)
        if again:  # one sentence: of several one would see the last alone
            one = f"Frame {again[0]} was approved: it is"
            many = f"{len(again):,} frames were approved: they are"
            self._say("info", f"{one if len(again) == 1 else many} unreviewed again.")
        return tuple(dict.fromkeys([*masks, *given]))

    def forget(self, frames: Iterable[str]) -> None:
        """Read the masks of ``frames`` anew when they are asked for."""
        for frame in frames:
            self._masks.drop(frame)

    def settle(self) -> tuple[str, ...]:
        """Note which strokes are on disk; return the frames whose stroke was lost.

        A lost stroke leaves the screen as well: what is shown is what is stored.
        """
        lost = []
        for write in [w for w in self._writes if w.future.done()]:
            self._writes.remove(write)
            self._masks.drop(write.frame)
            if self._overlay.get(write.frame) is write.mask:
                del self._overlay[write.frame]
            error = write.future.exception()
            if error is not None:
                lost.append(write.frame)
                self._say("error", _lost_stroke(write.frame, error))
        return tuple(dict.fromkeys(lost))

    def flush(self) -> None:
        """Wait until no stroke is on its way; `settle` then tells what became of it."""
        self._writer.flush()

    def refresh(self) -> tuple[str, ...]:
        """Read what other programs stored; return the frames that changed."""
        self._others_wrote = False
        newest = self.store.refresh()
        changed = self.store.changed_elsewhere(self._seen)
        self._seen = newest
        self.forget(changed)
        return tuple(frame for frame in self._dataset.ids if frame in changed)

    def close(self) -> None:
        """Finish writing and close the store."""
        self._writer.close()
        self.store.close()

    # ---- inside --------------------------------------------------------------

    def _read(self, frame: str) -> Mask | None:
        mask = self.store.current_mask(frame)
        if mask is None:
            mask = self.source_mask(frame)
        return None if mask is None else _frozen(mask)


def _frozen(mask: Mask) -> Mask:
    """Return a copy that nobody can write to."""
    kept: Mask = np.array(mask, dtype=bool)
    kept.setflags(write=False)
    return kept


def _lost_stroke(frame: str, error: BaseException) -> str:
    return f"The last stroke on frame {frame} is not stored; do it again. {error}"
