"""The one document of the window: frames, labels, predictions, conflicts, selection.

Widgets read from it, hand it actions and listen to its signals; nothing else writes.
All calls and all signals belong to one thread, the window's.
"""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import _engine
from .actions import Action, Paint, Select, judged_alike
from .conflict_book import ConflictBook
from .current_labels import CurrentLabels
from .editor import Editor
from .frame_dice import FrameDice
from .frame_table import FrameRow, FrameTable
from .live_rule import LiveRule
from .predictions import LivePrediction, Predictions
from .readings import reading_path
from .session_reads import SessionReads
from .stored_results import StoredResults, similar_pairs

if TYPE_CHECKING:
    from .._engine import Action as StoreAction
    from .._engine import (
        DataSet,
        DecisionRule,
        LabelStore,
        Project,
        Reading,
        StoredPairs,
    )


class ReviewSession(SessionReads):
    """Everything that is known about one data folder, and the only way to change it.

    Open one with `open`. Listen to the signals of `SessionSignals`, read with the
    queries, change with `do`. Call `work` now and then (the window does it from a
    timer): it finishes what was begun in the background and says so through the
    signals.

    Attributes
    ----------
    dataset, project, store
        What was opened.
    found : StoredResults
        What workers found out about the files, and whether it was proved.
    duplicates : StoredPairs or None
        The pairs that the last duplicate search found.
    predictions : Predictions
        What a model said; never ground truth without `AcceptPrediction`.
    rule : LiveRule
        How masks are cut from it, and what that does to all frames.
    selected : str or None
        The frame on screen.
    reading : Reading
        All that was chosen on how the data are read, now or before.
    recalled : str
        What of it was chosen before and not now, as flags.
    blind : bool
        Whether this is a blind reading, apart from the project's labels.
    """

    def __init__(self, dataset: DataSet, project: Project, store: LabelStore) -> None:
        self.dataset, self.project, self.store = dataset, project, store
        self.duplicates: StoredPairs | None = None
        self.selected: str | None = None
        self.reading = dataset.reading
        self.recalled = ""
        self.blind = False
        self.predictions = Predictions(dataset.shape, self._say)
        self.rule = LiveRule(dataset, store, self.predictions)
        self._frames = _engine.FrameCache(dataset, project)
        self.found = StoredResults(dataset, project, self.frame, self._say)
        self._labels = CurrentLabels(dataset, store, self._say)
        self._table = FrameTable(dataset, self._labels)
        self._dice = FrameDice(self._labels, self.predictions, self._table)
        self._book = ConflictBook(dataset.ids, self._labels)
        self._editor = Editor(self._labels, self.predictions, self._say)
        self._offered: StoredPairs | None = None
        self._pending = 0

    @classmethod
    def open(
        cls,
        data: Path,
        project: Path | None = None,
        *,
        author: str | None = None,
        reading: Reading | Mapping[str, Any] | None = None,
        blind: bool = False,
    ) -> ReviewSession:
        """Open a data folder, its project folder and its label store.

        Parameters
        ----------
        data
            The folder or file with frames; it is only read.
        project
            Where to write; by default beside the data, see `find_project`.
        author
            Who makes the edits; by default the name of the user's account.
        reading
            How the data are read, over what the project keeps; it is kept.
        blind
            Whether ``author`` reads blind; see `model.readings`.

        Raises
        ------
        InputError
            If there are no frames, or the project folder cannot be used.
        """
        home = _engine.find_project(data, project)
        chosen = _engine.chosen_reading(home, reading)
        dataset = _engine.open_dataset(data, chosen)
        home.make().sweep()
        who = author or account()
        path = reading_path(home, who) if blind else home.labels
        recalled = _engine.recalled_flags(home, reading)
        store = _engine.LabelStore.open(path, author=who)
        try:
            _engine.keep_reading(home, reading)
        except _engine.InputError:
            store.close()
            raise
        session = cls(dataset, home, store)
        session.reading, session.recalled, session.blind = chosen, recalled, blind
        session.found.recall()
        session._take_areas()
        session.reload_duplicates()
        return session

    # ---- what is known, beside `SessionReads` -----------------------------------

    def row(self, frame: str) -> FrameRow:
        """Return the table's line of one frame; what is unknown is computed."""
        self._table.refresh((frame,))
        self._dice.score(frame)
        return self._table.row(frame)

    def history(self, frame: str | None = None) -> list[StoreAction]:
        """Return the store's actions, of one frame or all, oldest first."""
        self.flush()
        return list(self.store.history(frame))

    # ---- what is done --------------------------------------------------------

    def do(self, action: Action) -> None:
        """Carry out an action.

        Raises
        ------
        InputError
            If it cannot be done; the message says why, and nothing has changed.
        """
        if isinstance(action, Select):
            self._select(action.frame)
            return
        if not isinstance(action, Paint):
            self.flush()
        self.found.check_searched(judged_alike(action), self.duplicates)
        changed = self._editor.do(action)
        self._after_edit(changed)
        self._tell_pending()

    def attempt(self, action: Action) -> bool:
        """Carry out an action; say a refusal through ``message`` instead of raising."""
        try:
            self.do(action)
        except _engine.InputError as error:
            self._say("error", str(error))
            return False
        return True

    def work(self, seconds: float = 0.01) -> bool:
        """Settle finished writes and compute for a while what is still unknown.

        Parameters
        ----------
        seconds
            About how long it may take.

        Returns
        -------
        bool
            Whether there is more to do: call again soon.
        """
        deadline = time.monotonic() + seconds
        lost = self._labels.settle()
        if lost:
            self._after_edit(lost)
        self._tell_pending()
        if self._book.work(deadline):
            self._conflicts_changed()
        scored = self._dice.work(deadline)
        if scored:
            self.scores_changed.emit(tuple(scored))
        return bool(self.pending or self._book.unknown or self._dice.waiting)

    def flush(self) -> None:
        """Wait until every stroke is on disk."""
        self._labels.flush()
        lost = self._labels.settle()
        if lost:
            self._after_edit(lost)
        self._tell_pending()

    def poll(self) -> bool:
        """Take over what another window wrote; say whether it concerns a frame.

        It costs microseconds if not. In a stroke, other pixels would end it.
        """
        return self._labels.others_wrote() and self.refresh()

    def refresh(self) -> bool:
        """Take over what another program wrote; say whether it concerns a frame."""
        self.flush()
        changed = self._labels.refresh()
        if changed:
            self._after_edit(changed)
        return bool(changed)

    def close(self) -> None:
        """Write what is pending, then close the label store."""
        self.rule.close()
        self.flush()
        self._labels.close()

    # ---- what workers found --------------------------------------------------

    def reload_scan(self, digest: str) -> bool:
        """Take over what a worker's scan of this digest saw; say if that is proved.

        See `StoredResults.prove`. What is not proved changes nothing.
        """
        before = self.scan
        changed = self.found.prove(digest)
        if self.scan is not before:
            self._take_areas()
            self._labels.forget(changed)
        self.found.weigh_search()
        self._show_search()
        self._after_edit(changed)
        self.scan_changed.emit()
        return self.found.proved

    def reload_duplicates(self) -> None:
        """Take over the duplicates in the project folder, if there are any."""
        self.found.read_search()
        self._show_search()

    def take_duplicates(
        self, found: StoredPairs, shape_dice: float | None = None
    ) -> None:
        """Show what a search found; two nerves of less Dice than this conflict."""
        self.duplicates = found
        limit = _engine.SHAPE_DICE if shape_dice is None else shape_dice
        self._book.load(similar_pairs(found), limit)
        self._conflicts_changed()

    def load_predictions(self, path: Path) -> None:
        """Show the predictions in a folder, a Zarr run, a submission or mask files.

        Raises
        ------
        InputError
            If there are none.
        """
        before = self.predictions.ids
        dataset = self.dataset
        found = _engine.open_predictions(path, dataset.shape, dataset.ids)
        self.predictions.load(found)
        for text in found.warnings:
            self._say("warning", text)
        self._predictions_changed(before | self.predictions.ids)

    def take_prediction(self, frame: str, prediction: LivePrediction) -> None:
        """Show what a model just said about one frame."""
        self.predictions.put(frame, prediction)
        self._predictions_changed({frame})

    def set_rule(self, rule: DecisionRule | None) -> None:
        """Cut predicted masks by ``rule``; None is each checkpoint's own."""
        self.predictions.rule = rule
        dice = self.rule.dice()
        self._dice.take(self.dataset.ids, dice)
        self.rule_changed.emit()

    # ---- inside --------------------------------------------------------------

    def _show_search(self) -> None:
        """Show the stored search if it may be shown; take back one that may not."""
        search, before = self.found.search, self._offered
        self._offered = search
        if search is not None and search is not self.duplicates:
            self.take_duplicates(search)
        elif search is None and before is not None and before is self.duplicates:
            self.duplicates = None
            self._book.load((), _engine.SHAPE_DICE)
            self._conflicts_changed()

    def _take_areas(self) -> None:
        if self.scan is not None:
            self._table.take_source_areas({f.id: f.area for f in self.scan.frames})

    def _select(self, frame: str | None) -> None:
        if frame is not None:
            self.dataset.entry(frame)
        if frame != self.selected:
            self.selected = frame
            self.selected_changed.emit(frame)

    def _after_edit(self, frames: Sequence[str]) -> None:
        """Bring everything that follows from the labels of ``frames`` up to date."""
        frames = [frame for frame in frames if frame in self.dataset]
        if not frames:
            return
        self._table.refresh(frames)
        self.rule.touch(frames, self.mask(frames[0]) if len(frames) == 1 else None)
        for frame in frames:
            self._dice.touch(frame)
        changed = self._book.touch(frames)
        self.frames_changed.emit(tuple(frames))
        if changed:
            self._conflicts_changed()

    def _conflicts_changed(self) -> None:
        self._table.set_conflicts(self._book.kinds())
        self.duplicates_changed.emit()

    def _predictions_changed(self, frames: Iterable[str]) -> None:
        said = set(frames)
        known = [frame for frame in self.dataset.ids if frame in said]
        self.rule.touch(known)
        for frame in known:
            self._dice.touch(frame)
        self._table.take_uncertainty(known, self.predictions.frame_uncertainty)
        self.predictions_changed.emit(tuple(known))

    def _tell_pending(self) -> None:
        if self._labels.pending != self._pending:
            self._pending = self._labels.pending
            self.pending_changed.emit(self._pending)

    def _say(self, level: str, text: str) -> None:
        self.message.emit(level, text)


def account() -> str:
    """Return the name of the user's account, or ``unknown``."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
