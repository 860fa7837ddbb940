"""The filter line: completes what one types, says what is wrong, keeps what is good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from qtpy.QtCore import QStringListModel, Qt, Signal
from qtpy.QtGui import QAction, QKeyEvent
from qtpy.QtWidgets import (
    QCompleter,
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QListView,
    QMenu,
    QToolButton,
    QWidget,
)

from .. import _engine
from ..canvas.memory import remember, remembered
from ..review.query import FLAGS, NUMBERS, TEXTS, complete
from ..window.context import ReviewContext
from ..window.keys import with_key

HELP = (
    "Words that must all hold:\n"
    f"{', '.join(TEXTS.values())}  (* and ? stand for letters, a comma for or)\n"
    f"{', '.join(NUMBERS.values())}  (also <=, >=, =)\n"
    f"{', '.join(FLAGS)}\n"
    "A minus before a word turns it round (-conflict); any other word is part of a"
    " name."
)


class FilterLine(QLineEdit):
    """A line whose last word is completed.

    Signals: ``left()`` when Enter or Escape gives the keys back to the canvas.
    """

    left = Signal()

    def __init__(self, suggest: Callable[[str], list[str]]) -> None:
        super().__init__()
        self._suggest = suggest
        self._words = QStringListModel(self)
        self._completer = QCompleter(self._words, self)
        self._popup = QListView()
        self._completer.setPopup(self._popup)
        self._completer.setWidget(self)  # not setCompleter: it would take the line
        self._completer.setCompletionMode(
            QCompleter.CompletionMode.UnfilteredPopupCompletion
        )
        self._completer.activated.connect(self._take)
        self.textEdited.connect(self._offer)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Enter and Escape choose, close or leave; Ctrl+Space or Down offer."""
        key = event.key()
        ends = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
        if self._popup.isVisible() and key in (*ends, Qt.Key.Key_Tab):
            event.ignore()  # the list of words takes it
        elif key in ends:
            self.left.emit()
        elif key == Qt.Key.Key_Down:
            self._offer()
        else:
            super().keyPressEvent(event)

    def _offer(self, *_what: object) -> None:
        words = self._suggest(self.text()[: self.cursorPosition()])
        self._words.setStringList(words)
        if words and self.hasFocus():
            self._completer.complete()
        else:
            self._popup.hide()

    def _take(self, word: str) -> None:
        """Put ``word`` where the last word before the cursor was."""
        before, after = self._split()
        self.setText(before + word + after)
        self.setCursorPosition(len(before + word))
        if word.endswith(":"):
            self._offer()

    def _split(self) -> tuple[str, str]:
        at = self.cursorPosition()
        text = self.text()
        start = at
        quoted = text[:at].count('"') % 2 == 1
        while start and (quoted or not text[start - 1].isspace()):
            start -= 1
            quoted ^= text[start] == '"'
        return text[:start], text[at:]


class FilterRow(QWidget):
    """The filter line with its menu of saved lines.

    Signals: ``refused(text)`` says what is wrong with the line, or "".
    """

    refused = Signal(str)

    def __init__(self, context: ReviewContext) -> None:
        super().__init__()
        self.setObjectName("filter_row")
        self._context = context
        self.line = FilterLine(lambda text: complete(text, context.table.columns))
        self.line.setObjectName("frames_filter")
        self.line.setAccessibleName("Filter of the frames")
        self.line.setPlaceholderText("Filter: subject:7 dice<0.5 status:flagged")
        self.line.setToolTip(with_key(HELP, "find"))
        self.line.setClearButtonEnabled(True)
        self.line.textChanged.connect(self._on_text)
        self.line.left.connect(context.focus_canvas)
        self.menu = QMenu(self)
        self.menu.setObjectName("filter_menu")
        self.menu.aboutToShow.connect(self._fill_menu)
        saved = QToolButton()
        saved.setObjectName("saved_filters")
        saved.setText("Saved ▾")
        saved.setToolTip("Filters to choose from; keep the line that is there now")
        saved.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        saved.setMenu(self.menu)
        saved.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        row.addWidget(saved)

    def save(self, name: str) -> None:
        """Keep the line by ``name``."""
        if name.strip() and self.line.text().strip():
            save_filter(name.strip(), self.line.text().strip())

    def _on_text(self, text: str) -> None:
        try:
            self._context.table.set_filter(text)
        except _engine.InputError as problem:
            self.refused.emit(str(problem))
        else:
            self.refused.emit("")

    def _fill_menu(self) -> None:
        menu, saved = self.menu, saved_filters()
        menu.clear()
        for lines in (saved, READY_MADE):
            for name, line in lines.items():
                self._add(menu, name, partial(self.line.setText, line), line)
            menu.addSeparator()
        keep = self._add(menu, "Save this filter…", self._ask_name, "By a name")
        keep.setEnabled(bool(self.line.text().strip()))
        remove = menu.addMenu("Forget")
        remove.setEnabled(bool(saved))
        for name, line in saved.items():
            self._add(remove, name, partial(forget_filter, name), line)

    def _add(
        self, menu: QMenu, words: str, act: Callable[[], object], tip: str
    ) -> QAction:
        action = menu.addAction(words)
        action.setToolTip(tip)
        action.triggered.connect(lambda _checked=False: act())
        return action

    def _ask_name(self) -> None:
        line = self.line.text().strip()
        name, agreed = QInputDialog.getText(self, "Save filter", f"Name for {line}")
        if agreed:
            self.save(name)


_KEY = "filters"

#: Lines that everybody needs.
READY_MADE = {
    "Open conflicts": "conflict",
    "Not yet reviewed": "status:unreviewed",
    "Flagged": "status:flagged",
    "Poor predictions": "dice<0.5",
    "Missed or invented nerves": "dice=0",
    "Empty, not verified": "empty -status:approved",
    "Edited": "edited",
    "With a note": "note",
}


@dataclass(frozen=True)
class _Saved:
    lines: dict[str, str] = field(default_factory=dict)


def saved_filters() -> dict[str, str]:
    """Return the saved lines by name."""
    return dict(remembered(_KEY, _Saved(), _sound).lines)


def _sound(saved: _Saved) -> bool:
    return all(isinstance(line, str) for line in saved.lines.values())


def save_filter(name: str, line: str) -> None:
    """Keep a line by a name; a line of the same name goes."""
    remember(_KEY, _Saved({**saved_filters(), name: line}))


def forget_filter(name: str) -> None:
    """Keep no line by this name any more."""
    left = {key: line for key, line in saved_filters().items() if key != name}
    remember(_KEY, _Saved(left))
