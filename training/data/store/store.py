"""The label store: every change of a label, kept for good."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from ...errors import InputError
from . import rows
from .checks import check_change
from .connections import Connections, close, connect, connect_to_read
from .derived_state import DerivedState, verdict_statuses
from .records import (
    Action,
    Entry,
    Mask,
    MaskChange,
    MaskVersion,
    Snapshot,
    UndoResult,
    VerdictRecord,
)
from .snapshots import last_action_of, snapshot_id
from .sqlite_errors import translate_sqlite_errors
from .undo import Plan, frame_redo, frame_undo, plan_redo, plan_undo
from .view import LabelView


class LabelStore(LabelView):
    """The labels of one project folder, in ``labels.sqlite``.

    Open one with `open`. It is append-only: what holds now is derived from the log of
    actions, and undo is one more action. When `act` returns, the change is on disk.
    One store may be used from several threads, and one file by several processes:
    they read while one writes, and `refresh` shows what the others appended.

    Reading is `LabelView`'s.

    Attributes
    ----------
    path : Path
        The file.
    author : str
        Whose name every change carries.
    note : str or None
        A sentence for the user if the file system forced a slower journal.
    writable : bool
        Whether it was opened to be written.
    """

    def __init__(
        self,
        path: Path,
        author: str,
        connections: Connections,
        note: str | None,
    ) -> None:
        super().__init__(DerivedState(), self._read_mask)
        self.path, self.author, self.note = path, author, note
        # Two connections, so that reading never waits for a write to reach the disk.
        # Locks are taken in this order: writing, reading, the derived's.
        self._writer, self._reader = connections
        self.writable = self._writer is not self._reader
        self._writing, self._reading = threading.RLock(), threading.RLock()
        self._last = rows.LastRows()
        self._own: set[int] = set()
        self._data_version = self._read_data_version()
        self._closer = weakref.finalize(self, close, connections)

    @classmethod
    def open(
        cls, path: Path, *, author: str = "unknown", read_only: bool = False
    ) -> LabelStore:
        """Open a label store; make it if it is not there, bring it up to date if old.

        With ``read_only`` nothing is made, changed or locked, and writing raises
        `InputError`: for a project folder that cannot be written.

        Raises
        ------
        InputError
            If the file is not a label store, was written by a newer program, or
            cannot be opened.
        """
        connections, note = connect_to_read(path) if read_only else connect(path)
        try:
            store = cls(path, author, connections, note)
            store.refresh()
        except BaseException:
            close(connections)
            raise
        return store

    def __enter__(self) -> LabelStore:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; twice does no harm."""
        with self._writing, self._reading:
            self._closer()

    # ---- writing -------------------------------------------------------------

    def act(
        self,
        kind: str,
        *,
        masks: Mapping[str, MaskChange] | None = None,
        statuses: Mapping[str, str] | None = None,
        verdict: VerdictRecord | None = None,
        reason: str = "",
        note: str = "",
    ) -> int:
        """Append one action: all of it, durably, or nothing.

        Parameters
        ----------
        kind
            What was done: ``paint``, ``erase``, ``status``, ``verdict``,
            ``accept-prediction``, ``rule``.
        masks, statuses
            The new mask and status of each frame that gets one.
        verdict
            What was decided about a group. ``exclude`` and ``redraw`` give the frames
            that they are about the status ``excluded`` or ``flagged``; a verdict that
            takes their place gives back what was before.
        reason, note
            Free text; a verdict without a reason of its own takes ``reason``.

        Returns
        -------
        int
            The action's id.

        Raises
        ------
        InputError
            If a status or verdict is not one of ours, a mask has another size than
            the frame's earlier ones, nothing is to change, or the file cannot be
            written.
        TypeError
            If a mask is not a 2-D bool array.
        """
        masks, statuses = dict(masks or {}), dict(statuses or {})
        with self._transaction() as connection:
            if verdict is not None:
                statuses = verdict_statuses(verdict, self._derived) | statuses
            check_change(masks, statuses, verdict, self._derived)
            action, time = rows.add_action(
                connection, kind, self.author, reason=reason, note=note
            )
            provenance = (self.author, reason, time)
            for frame, change in masks.items():
                parent = self.version(frame)
                rows.add_mask(connection, action, frame, change, parent, provenance)
            for frame, status in statuses.items():
                rows.add_status(connection, action, frame, status)
            if verdict is not None:
                record = replace(verdict, reason=verdict.reason or reason)
                rows.add_verdict(connection, action, record)
        return action

    def undo(self, action_id: int, *, force: bool = False) -> UndoResult:
        """Take an action back over all its frames, by one more record.

        Frames whose mask or status was changed since keep that later change and are
        listed as ``left``; with ``force`` those later changes are taken back too.

        Raises
        ------
        InputError
            If there is no such action, or it is undone already.
        GroupActionError
            With ``force``, if a later change reaches frames beyond this action's:
            undo that one first. Nothing is written.
        """
        with self._transaction() as connection:
            plan = plan_undo(self._derived, action_id, force)
            return self._record(connection, "undo", plan)

    def redo(self, action_id: int) -> UndoResult:
        """Bring an undone action back, with what a forced undo took with it.

        Raises
        ------
        InputError
            If there is no such action, or it is in effect.
        """
        with self._transaction() as connection:
            plan = plan_redo(self._derived, action_id)
            return self._record(connection, "redo", plan)

    def undo_frame(self, frame: str) -> Action | None:
        """Take back the last change of one frame, and nothing else.

        Returns
        -------
        Action or None
            What was taken back; None if the frame is as it was found.

        Raises
        ------
        GroupActionError
            If the last change belongs to an action over several frames.
        """
        with self._transaction() as connection:
            entry = frame_undo(self._derived, frame)
            if entry is not None:
                plan = plan_undo(self._derived, entry.id, force=False)
                self._record(connection, "undo", plan)
        return self._after(entry)

    def redo_frame(self, frame: str) -> Action | None:
        """Bring back the change of one frame that was undone last.

        Returns
        -------
        Action or None
            What was brought back; None if nothing was undone, or the frame was
            changed since.
        """
        with self._transaction() as connection:
            entry = frame_redo(self._derived, frame)
            if entry is not None:
                plan = plan_redo(self._derived, entry.id)
                self._record(connection, "redo", plan)
        return self._after(entry)

    def _record(
        self, connection: sqlite3.Connection, kind: str, plan: Plan
    ) -> UndoResult:
        chief: int | None = None
        for target in plan.targets:
            action, _ = rows.add_action(
                connection, kind, self.author, undoes=target, along=chief
            )
            chief = chief or action
        return UndoResult(chief or 0, plan.undone, plan.left)

    def _after(self, entry: Entry | None) -> Action | None:
        with self._lock:
            return None if entry is None else self._derived.action(entry)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the writing connection; commit and take in what was written."""
        with self._writing, translate_sqlite_errors(self.path):
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                self._take_in(self._writer)  # nobody else can write from here on
                before = self._last.actions
                yield self._writer
                newest = rows.last_action(self._writer)
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            self._own.update(range(before + 1, newest + 1))
            self.refresh()

    # ---- snapshots -----------------------------------------------------------

    def take_snapshot(
        self, note: str = "", *, view: LabelView | None = None
    ) -> Snapshot:
        """Give labels a name, and write it down.

        Parameters
        ----------
        note
            What they are good for.
        view
            A frozen view of this store; None takes the labels as they are now.
        """
        with self._transaction() as connection:
            labels = view or self
            snapshot = Snapshot(
                id=labels.snapshot_id,
                time=rows.now(),
                last_action=labels.last_action,
                note=note,
                author=self.author,
            )
            rows.add_snapshot(connection, snapshot)
        return snapshot

    def snapshots(self) -> list[Snapshot]:
        """Return the snapshots that were taken, oldest first."""
        with self._reading, translate_sqlite_errors(self.path):
            return rows.read_snapshots(self._reader, self.path)

    def at(self, snapshot: str) -> LabelView:
        """Return the labels as they were, by their ``snapshot_id``.

        The id need not have been written down by `take_snapshot`.

        Raises
        ------
        InputError
            If this store never held such labels.
        """
        last = last_action_of(snapshot)
        if last is not None and last <= self.last_action:
            with self._lock:
                derived = self._derived.up_to(last)
            if snapshot_id(derived) == snapshot:
                return LabelView(derived, self._read_mask)
        known = ", ".join(dict.fromkeys(s.id for s in self.snapshots())) or "none"
        raise InputError(
            f"There is no snapshot {snapshot} in {self.path}; those taken are: {known}."
        )

    # ---- reading -------------------------------------------------------------

    def touched_by_others(self) -> bool:
        """Say whether anybody else wrote to the file since this was asked last.

        It costs microseconds, and waits for a write of this store that is under way.
        """
        before, self._data_version = self._data_version, self._read_data_version()
        return self._data_version != before

    def _read_data_version(self) -> int:
        """Return SQLite's number of the file's state, which our writes leave alone."""
        with self._writing, translate_sqlite_errors(self.path):
            return int(self._writer.execute("PRAGMA data_version").fetchone()[0])

    def refresh(self) -> int:
        """Take in what other processes appended.

        Returns
        -------
        int
            The newest action's id; `changed_elsewhere` since the one before tells the
            frames.
        """
        with self._reading, translate_sqlite_errors(self.path):
            self._reader.execute("BEGIN")
            try:
                self._take_in(self._reader)
            finally:
                if self._reader.in_transaction:
                    self._reader.execute("COMMIT")
        return self.last_action

    def changed_elsewhere(self, action: int) -> set[str]:
        """Return the frames that others' actions after ``action`` touched."""
        with self._lock:
            entries = self._derived.entries(action)
            return {f for e in entries if e.id not in self._own for f in e.frames}

    def _take_in(self, connection: sqlite3.Connection) -> None:
        entries, last = rows.read_new(connection, self._last, self.path)
        with self._lock:
            for entry in entries:
                if entry.id > self._derived.last:  # no other thread was faster
                    self._derived.add(self._with_frames(entry))
            if last.actions > self._last.actions:
                self._last = last

    def _with_frames(self, entry: Entry) -> Entry:
        target = None if entry.undoes is None else self._derived.entry(entry.undoes)
        return entry if target is None else replace(entry, frames=target.frames)

    def _read_mask(self, version: MaskVersion) -> Mask:
        with self._reading, translate_sqlite_errors(self.path):
            return rows.read_mask(self._reader, version, self.path)
