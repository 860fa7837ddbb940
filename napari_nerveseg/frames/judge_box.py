"""The verdicts on one frame, or on all that are selected: buttons with keys, a note."""

from __future__ import annotations

from qtpy.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget

from ..window.commands import Commands
from ..window.context import ReviewContext
from ..window.controls import button
from ..window.history_dialog import HistoryDialog
from ..window.keys import key_of, with_key
from ..window.wrapping import WrappingRow

#: Command, words on the button, tooltip.
_VERDICTS = (
    ("approve", "Approve", "The ground truth is right; go to the next frame"),
    ("flag", "Flag", "Something is wrong with this frame; go to the next"),
    ("exclude", "Exclude", "Leave this frame out of training; go to the next"),
    ("verify_empty", "No nerve", "This frame shows no nerve: empty mask, approved"),
    ("accept", "Take prediction", "Make the prediction the ground truth"),
    ("edit", "Draw", "Take the brush for the ground truth of this frame"),
    ("undo", "Undo edit", "Undo the last edit of this frame, and of no other"),
    ("unreview", "Unreview", "Say that nobody has judged this frame yet"),
)
#: Those that a selection of several frames takes as well.
_BULK = ("approve", "flag", "exclude", "unreview")


class JudgeBox(QWidget):
    """Buttons for what the keys do, the note of a flag, and the history."""

    def __init__(self, context: ReviewContext, commands: Commands) -> None:
        super().__init__()
        self.setObjectName("judge_box")
        self._context, self._commands = context, commands
        self.note = self._note_line()
        self._buttons = self._made()
        self._buttons["approve"].setProperty("role", "main")
        history = button(
            "frames_history",
            "History…",
            "Bulk verdicts and rules; take one back over all its frames",
            lambda: HistoryDialog(context, self).show(),
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.note)
        layout.addLayout(WrappingRow(*self._buttons.values(), history))

    def show_chosen(self, count: int) -> None:
        """Say on the buttons how many frames they are about; 0 is the current one."""
        for name, word, _tip in _VERDICTS:
            made = self._buttons[name]
            many = f" {count:,}" if count and name in _BULK else ""
            made.setText(f"{word}{many}  {key_of(name)}")
            made.setEnabled(not count or name in _BULK)

    def _made(self) -> dict[str, QPushButton]:
        handlers = self._commands.handlers()
        return {
            name: button(
                f"{name}_frame", f"{word}  {key_of(name)}", tip, handlers[name], name
            )
            for name, word, tip in _VERDICTS
        }

    def _note_line(self) -> QLineEdit:
        line = QLineEdit()
        line.setObjectName("flag_note")
        line.setAccessibleName("Note of the flag")
        line.setPlaceholderText("Note: Enter flags the frame with it and goes on")
        line.setToolTip(with_key("Why you flag it; kept and searchable", "flag_note"))
        line.setClearButtonEnabled(True)
        line.returnPressed.connect(self._flag)
        return line

    def _flag(self) -> None:
        """Flag with the note; the line is empty then, and the canvas has the keys."""
        note = self.note.text().strip()
        self.note.clear()
        self._context.focus_canvas()
        self._commands.set_status("flagged", note=note)
