"""The dock "Nerve review": header, empty state, tabs, keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from qtpy.QtCore import QEvent, QSize, Qt
from qtpy.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from qtpy.QtWidgets import (
    QApplication,
    QDockWidget,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from .. import _engine
from ..canvas import compat
from ..canvas.theme import Palette, style_sheet
from ..conflicts.noise import NoiseReader
from ..conflicts.panel import ConflictsPanel
from ..frames.panel import FramesPanel
from ..look.panel import COMMANDS as OF_LOOK
from ..look.panel import LookPanel
from ..mend.panel import COMMANDS as OF_MEND
from ..mend.panel import MendPanel
from ..predict.panel import COMMANDS as OF_PREDICT
from ..predict.panel import PredictPanel
from ..predict.predicting import OneClick
from ..predict.stale_warning import StaleWarning
from ..reading.dialog import show_reading
from ..statistics.panel import DataPanel
from ..train.closing import CloseQuestion
from ..train.panel import TrainPanel
from ..window.commands import Commands
from ..window.context import ReviewContext
from ..window.controls import label
from ..window.dialog import show_once
from ..window.keys import CONFLICTS, Keys, names_of
from ..window.workers import Workers
from .cheat_sheet import CheatSheet
from .empty_state import EmptyState
from .header import Header
from .key_map import KeyMap, relabel
from .keys_dialog import KeysDialog
from .last_place import LastPlace
from .second_look import SecondLook
from .tabs import Tabs
from .tool_bar import ToolBar
from .tour_strip import TourStrip

if TYPE_CHECKING:
    import napari

    from .._engine import Reading

#: Of the dock in pixels, at first and at least; the rest is the picture's.
WIDTH, LEAST_WIDTH = 320, 280
#: The same in letters, where the font is large.
LETTERS, LEAST_LETTERS = 44, 30

#: The keys of panels that are made later, by title.
_COMMANDS = {
    "Conflicts": names_of(CONFLICTS),
    "Look": OF_LOOK,
    "Mend": OF_MEND,
    "Predict": OF_PREDICT,
}


class NerveReview(QWidget):
    """Everything of the plugin in one dock.

    Parameters
    ----------
    napari_viewer
        The viewer that it reviews in.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.setObjectName("nerve_review")
        self.setAcceptDrops(True)
        self.setMinimumWidth(LEAST_WIDTH)
        self._away: partial[None] | None = None
        self._tab, self._was_seen = "Frames", False
        self._viewer = napari_viewer
        layout = QVBoxLayout(self)
        try:
            _engine.check()
        except _engine.EngineClash as clash:
            layout.addWidget(label("engine_clash", str(clash), "heading", wraps=True))
            return
        self.key_map = KeyMap(compat.main_window(napari_viewer))
        self.context = ReviewContext(napari_viewer)
        self.workers = Workers(self.context)
        self.one_click = OneClick(self.context)
        StaleWarning(self.context)
        self._make_panels()
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.header)
        layout.addWidget(self.second_look)
        layout.addWidget(self.tour)
        layout.addWidget(self._stack, 1)
        self._keys = self._make_keys(napari_viewer)
        main = compat.main_window(napari_viewer)
        self.closing = None if main is None else CloseQuestion(main, self.workers)
        self.tools = None if main is None else ToolBar(self.context, main)
        self._listen()
        self.place = LastPlace(self.context, self.tabs, self.frames)
        self._on_theme(self.context.theme_palette())
        self._on_session()

    def open(
        self,
        data: Path,
        project: Path | None = None,
        reading: Reading | Mapping[str, Any] | None = None,
    ) -> bool:
        """Open a data folder; see `ReviewContext.open`."""
        return self.context.open(data, project, reading)

    def show_keys(self) -> None:
        """Show the sheet of keys."""
        show_once(self, CheatSheet, lambda: CheatSheet(self, self.change_keys))

    def show_panels(self) -> None:
        """Show or hide napari's own panels."""
        if self.tools is not None:
            self.tools.panels.toggle()

    def show_tab(self, title: str) -> None:
        """Show the tab called ``title``."""
        self.tabs.setCurrentWidget(self.tabs.panel(title))

    def predict_only(self) -> None:
        """Show the tab Predict alone, for any image, without a folder."""
        self._offer_tabs()
        self.show_tab("Predict")
        self._stack.setCurrentWidget(self.tabs)

    def change_keys(self) -> None:
        """Show the dialog in which commands get other keys."""
        show_once(self, KeysDialog, lambda: KeysDialog(self, self.key_map))

    def close_review(self) -> None:
        """Write what is pending, end workers, give layers and keys back."""
        if self._away is not None:
            self._away()

    # Qt's events ------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Leave the rest of the window to the picture, until somebody drags the edge.

        Qt gives a dock what its widest part would like to have.
        """
        super().showEvent(event)
        main, dock = compat.main_window(self._viewer), self.parent()
        if main is not None and isinstance(dock, QDockWidget) and not self._was_seen:
            self._was_seen = True
            # napari's font comes with its style sheet, so not before now.
            letter = self.header.project.fontMetrics().averageCharWidth()
            self.setMinimumWidth(max(LEAST_WIDTH, LEAST_LETTERS * letter))
            wide = max(WIDTH, LETTERS * letter)
            main.resizeDocks([dock], [wide], Qt.Orientation.Horizontal)

    def sizeHint(self) -> QSize:
        """Return what the table needs; the rest of the window is the picture's."""
        return QSize(WIDTH, 600)

    def changeEvent(self, event: QEvent) -> None:
        """Put everything away when napari takes the widget out of its dock."""
        super().changeEvent(event)
        taken_out = event.type() == QEvent.Type.ParentChange and self.parent() is None
        if taken_out and self._away is not None:
            self._away()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take folders and files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        paths = [url.toLocalFile() for url in event.mimeData().urls()]
        if paths and paths[0]:
            event.acceptProposedAction()
            self.open(Path(paths[0]))

    # Panels that are made when they are needed ------------------------------------

    @property
    def conflicts(self) -> ConflictsPanel:
        """The tab Conflicts."""
        return cast(ConflictsPanel, self.tabs.panel("Conflicts"))

    @property
    def data(self) -> DataPanel:
        """The tab Data."""
        return cast(DataPanel, self.tabs.panel("Data"))

    @property
    def look(self) -> LookPanel:
        """The tab Look."""
        return cast(LookPanel, self.tabs.panel("Look"))

    @property
    def mend(self) -> MendPanel:
        """The tab Mend."""
        return cast(MendPanel, self.tabs.panel("Mend"))

    @property
    def train(self) -> TrainPanel:
        """The tab Train."""
        return cast(TrainPanel, self.tabs.panel("Train"))

    @property
    def predict(self) -> PredictPanel:
        """The tab Predict."""
        return cast(PredictPanel, self.tabs.panel("Predict"))

    # Building ---------------------------------------------------------------------

    def _make_panels(self) -> None:
        self.commands = Commands(self.context)
        self.header = Header(self.context, self.show_keys)
        self.second_look = SecondLook(self.context, self.commands)
        self.frames = FramesPanel(self.context, self.commands)
        self.noise = NoiseReader(self.context)
        self.empty = EmptyState(
            self.context, self.workers, self.header.choose, self.predict_only
        )
        self.tour = TourStrip(self.context, self.show_tab)
        self.tabs = Tabs()
        self.tabs.setObjectName("tabs")
        self.tabs.add_panel(self.frames, "Frames")
        for title, make in (
            ("Conflicts", self._make_conflicts),
            ("Data", self._make_data),
            ("Look", lambda: LookPanel(self.context)),
            ("Mend", lambda: MendPanel(self.context)),
            ("Train", lambda: TrainPanel(self.context, self.workers)),
            (
                "Predict",
                lambda: PredictPanel(self.context, self.workers, self.one_click),
            ),
        ):
            self.tabs.add_later(make, title)
        self._stack = QStackedWidget()
        self._stack.setObjectName("pages")
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.tabs)

    def _command(self, title: str, name: str) -> None:
        """Do what a key of a panel does, which nobody may have seen yet."""
        self.tabs.panel(title).handlers()[name]()

    def _make_conflicts(self) -> ConflictsPanel:
        return ConflictsPanel(self.context, self.workers, self.commands, self.noise)

    def _make_data(self) -> DataPanel:
        made = DataPanel(self.context, self.workers)
        made.wanted.connect(self._on_frames_wanted)
        made.reading_wanted.connect(lambda: show_reading(self.context, self.window()))
        return made

    def _make_keys(self, viewer: Any) -> Keys | None:
        window = compat.main_window(viewer)
        if window is None:
            return None
        handlers: dict[str, Callable[[], None]] = {
            **self.commands.handlers(),
            **self.frames.handlers(),
            **{
                name: partial(self._command, title, name)
                for title, names in _COMMANDS.items()
                for name in names
            },
            "show_panels": self.show_panels,
            "show_keys": self.show_keys,
        }
        keys = Keys(window, handlers)
        keys.enable_group(CONFLICTS, False)
        return keys

    def _listen(self) -> None:
        self.context.session_changed.connect(self._on_session)
        self.context.conflict_wanted.connect(self._on_conflict)
        self.context.theme_changed.connect(self._on_theme)
        self.key_map.changed.connect(self._on_keys)
        self.tabs.currentChanged.connect(self._on_tab)
        self.workers.checkpoint_made.connect(self.one_click.adopt)
        # The widget may be destroyed by napari at any time; what it leaves behind is
        # put away by a function that does not hold the widget.
        away = partial(
            _put_away,
            self.context,
            self.one_click,
            self.workers,
            self._keys,
            self.noise,
            self.closing,
            self.tools,
        )
        self._away = away
        self.destroyed.connect(away)
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(away)

    # What happens -----------------------------------------------------------------

    def _on_session(self) -> None:
        """Show the tab that was in view when a folder was open, Frames at first."""
        is_open = self.context.session is not None
        if not is_open and not self.tabs.isHidden():
            self._tab = self.tabs.title()
        self._offer_tabs()
        if is_open and self.tour.isHidden():
            self.show_tab(self._tab)
        if is_open:
            self._on_tab()
        self._stack.setCurrentWidget(self.tabs if is_open else self.empty)
        if self.workers.left_running():
            self.tabs.panel("Train")  # which follows it

    def _offer_tabs(self) -> None:
        """Offer the tabs that need no folder while there is none."""
        is_open = self.context.session is not None
        blocked = self.tabs.blockSignals(True)  # Qt goes on from a tab that is barred
        for n, title in enumerate(self.tabs.titles()):
            usable = is_open or title == "Predict"
            self.tabs.setTabEnabled(n, usable)
            self.tabs.setTabToolTip(n, "" if usable else "Open a folder first")
        self.tabs.blockSignals(blocked)

    def _on_tab(self, _index: int = 0) -> None:
        title = self.tabs.title()
        if self._keys is not None:
            self._keys.enable_group(CONFLICTS, title == "Conflicts")
        if title == "Conflicts":
            self.conflicts.enter()
        elif self.tabs.made("Conflicts"):
            self.conflicts.leave()
        if title in ("Look", "Mend", "Train"):
            self.tabs.panel(title).enter()
        if title != "Look" and self.tabs.made("Look"):
            self.look.leave()

    def _on_conflict(self, conflict: Any) -> None:
        self.show_tab("Conflicts")
        self.conflicts.show_conflict(conflict)

    def _on_frames_wanted(self, title: str, frames: tuple[str, ...]) -> None:
        self.show_tab("Frames")
        self.frames.queues.show(title, frames)

    def _on_keys(self, changed: dict[str, str]) -> None:
        if self._keys is not None:
            self._keys.renew()
        relabel(self, changed)

    def _on_theme(self, colours: Palette) -> None:
        self.setStyleSheet(style_sheet(colours))


def _put_away(
    context: ReviewContext,
    one_click: OneClick,
    workers: Workers,
    keys: Keys | None,
    noise: NoiseReader,
    closing: CloseQuestion | None,
    tools: ToolBar | None,
    *_: object,
) -> None:
    """Leave nothing behind: connections, processes, layers, keys; twice is fine."""
    if closing is not None:
        closing.leave()
    if tools is not None:
        tools.close_tools()
    noise.stop()
    one_click.shut_down()
    workers.shut_down()
    context.shut_down()
    if keys is not None:
        keys.close()
