"""The rule that cuts masks from probabilities, live, on this frame and on all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QVBoxLayout, QWidget

from .. import _engine
from ..review.live_rule import RuleSummary
from ..window.context import ReviewContext
from ..window.controls import button, label
from ..window.keys import with_key
from ..window.slider_row import SliderRow
from ..window.wrapping import WrappingRow

#: Milliseconds between two looks at how far the reading of the maps has come.
LOOK = 250
#: What one key press changes the threshold by.
STEP = 0.05

_NO_MAPS = (
    "No probability maps: predict this frame (R), or open predictions that have them"
    " in the tab Predict."
)


class RuleBox(QWidget):
    """Three sliders; what they do to the frame shown, and to the whole data set."""

    def __init__(self, context: ReviewContext) -> None:
        super().__init__()
        self.setObjectName("rule_box")
        self._context = context
        self._sliders = self._make_sliders()
        self.frame_words = label("rule_frame", wraps=True)
        self.all_words = label("rule_all", role="quiet", wraps=True)
        self.reset = button(
            "rule_reset",
            "Reset to the checkpoint's rule",
            "Take the masks as the checkpoint's own rule cuts them",
            self.back_to_own,
            "own_rule",
        )
        title = label("rule_title", "Decision rule", "heading")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(WrappingRow(title, self.reset))
        for slider in self._sliders.values():
            layout.addWidget(slider)
        layout.addWidget(self.frame_words)
        layout.addWidget(self.all_words)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK)
        self._timer.timeout.connect(self._on_time)
        for news in (
            context.session_changed,
            context.predictions_changed,
            context.rule_changed,
        ):
            news.connect(self._show_state)
        for news in (context.selected_changed, context.table_changed):
            news.connect(self._show_words)
        self._show_state()

    def enter(self) -> None:
        """Read what the sliders need, once they are in view."""
        if self._context.session is not None:
            self._context.session.rule.read_all()
        self._timer.start()
        self._show_state()

    def leave(self) -> None:
        """Stop looking at it."""
        self._timer.stop()

    def change(self, **values: Any) -> None:
        """Change some of the rule's settings, for instance ``threshold=0.4``."""
        session = self._context.session
        if session is not None:
            session.rule.read_all()
            session.set_rule(replace(session.rule.now, **values))

    def shift_threshold(self, by: float) -> None:
        """Raise or lower the threshold, from key to key."""
        session = self._context.session
        if (
            session is None
            or session.probability(self._context.current() or "") is None
        ):
            self._context.said.emit("info", _NO_MAPS)
            return
        wanted = min(max(session.rule.now.threshold + by, STEP), 1.0)
        self.change(threshold=round(wanted, 4))
        self._context.said.emit("info", f"Rule: {session.rule.now.words()}.")

    def back_to_own(self) -> None:
        """Take the checkpoint's rule again."""
        if self._context.session is not None:
            self._context.session.set_rule(None)
            self._context.said.emit("info", "The checkpoint's own rule again.")

    def _make_sliders(self) -> dict[str, SliderRow]:
        # fmt: off
        rows = (
            ("threshold", "rule_threshold", "Threshold", with_key(
                "Probability from which a pixel is nerve", "threshold_up"),
             (0.0, 1.0), 0.01, "{:.2f}".format),
            ("presence_threshold", "rule_presence", "Presence",
             "Presence of a nerve below which the mask is empty",
             (0.0, 1.0), 0.01, "{:.2f}".format),
            ("min_area_share", "rule_min_area", "Least area",
             "Share of the frame below which a mask is emptied",
             (0.0, 0.03), 0.0005, _per_cent),
        )
        # fmt: on
        return {
            setting: SliderRow(
                name, text, tip, limits, step, words, self._changer(setting)
            )
            for setting, name, text, tip, limits, step, words in rows
        }

    def _changer(self, setting: str) -> Any:
        return lambda value: self.change(**{setting: value})

    def _show_state(self) -> None:
        session = self._context.session
        rule = _engine.DecisionRule() if session is None else session.rule.now
        for setting, slider in self._sliders.items():
            slider.show_value(getattr(rule, setting))
        self.reset.setEnabled(
            session is not None and session.predictions.rule is not None
        )
        self._show_words()

    def _show_words(self, *_what: object) -> None:
        session, frame = self._context.session, self._context.current()
        if session is None or frame is None or not self.isVisible():
            return
        has_map = session.probability(frame) is not None
        for slider in self._sliders.values():
            slider.setEnabled(has_map)
        self.frame_words.setText(_frame_words(session, frame) if has_map else _NO_MAPS)
        summary = session.rule.summary()
        if session.rule.waiting and summary.read:  # an edit is read anew
            self._timer.start()
        self.all_words.setVisible(summary.total > 0)
        self.all_words.setText(summary_words(summary))

    def _on_time(self) -> None:
        """Follow the reading of the maps, and stop when all are read."""
        session = self._context.session
        if session is None or not session.rule.waiting:
            self._timer.stop()
        self._show_words()


def summary_words(summary: RuleSummary) -> str:
    """Return what a rule does to all frames, in words."""
    read = f"All {summary.total:,} frames"
    if summary.read < summary.total:
        read = f"The {summary.read:,} of {summary.total:,} frames read so far"
    masks = "mask differs" if summary.changed == 1 else "masks differ"
    parts = [f"{read}: {summary.changed:,} {masks} from the checkpoint's rule"]
    if summary.score is not None and summary.own_score is not None:
        gain = summary.score - summary.own_score
        parts.append(f"mean Dice {summary.score:.4f} ({gain:+.4f})")
        parts.append(f"blank masks would have {summary.blank_score:.4f}")
    if not summary.exact:
        parts.append("reckoned without the filter of connected parts")
    return "; ".join(parts) + "."


def _frame_words(session: Any, frame: str) -> str:
    mask, row = session.predicted_mask(frame), session.row(frame)
    area = 0 if mask is None else int(mask.sum())
    found = f"nerve of {area:,} px" if area else "no nerve"
    dice = "" if row.dice is None else f" · Dice {row.dice:.3f}"
    presence = session.predictions.presence(frame)
    sure = "" if presence is None else f" · presence {presence:.2f}"
    return f"Frame {frame}: {found}{sure}{dice}"


def _per_cent(share: float) -> str:
    return f"{100 * share:.2f} %"
