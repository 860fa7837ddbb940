"""Tab Look: contrast, decision rule, looks of the layers, comparison."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from ..window.context import ReviewContext
from ..window.controls import CollapsibleBox
from .compare_box import CompareBox
from .contrast_box import ContrastBox
from .looks_box import LooksBox
from .rule_box import STEP, RuleBox

#: What its keys do, by name.
COMMANDS = ("next_view", "flip_fill", "threshold_up", "threshold_down", "own_rule")


class LookPanel(QScrollArea):
    """What changes nothing but what one sees."""

    def __init__(self, context: ReviewContext) -> None:
        super().__init__()
        self.setObjectName("look_panel")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._display = context.display
        self.rule, self.compare = RuleBox(context), CompareBox(context)
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(14)
        layout.addWidget(ContrastBox(context.display.contrast))
        layout.addWidget(self.rule)
        for name, title, tip, box in (
            (
                "looks_section",
                "Layers",
                "Colour, contour and opacity of each layer",
                LooksBox(context.display.looks),
            ),
            (
                "compare_section",
                "Compare masks",
                "Two models, or two versions of the labels, against each other",
                self.compare,
            ),
        ):
            layout.addWidget(CollapsibleBox(name, title, tip, box))
        layout.addStretch(1)
        self.setWidget(inside)

    def enter(self) -> None:
        """Come into view."""
        self.rule.enter()
        self.compare.enter()

    def leave(self) -> None:
        """Go out of view."""
        self.rule.leave()

    def handlers(self) -> dict[str, Callable[[], Any]]:
        """Return what the keys of looking do."""
        return {
            "next_view": self._display.contrast.cycle,
            "flip_fill": self._display.looks.flip_fill,
            "threshold_up": partial(self.rule.shift_threshold, STEP),
            "threshold_down": partial(self.rule.shift_threshold, -STEP),
            "own_rule": self.rule.back_to_own,
        }
