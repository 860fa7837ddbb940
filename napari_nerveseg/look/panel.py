"""Tab Look: contrast, decision rule, looks of the layers, comparison."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from qtpy.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..canvas.contrast import CLAHE, EQUALISED, GAMMA, RAW, SMOOTH, VIEWS
from ..canvas.contrast_views import ContrastViews
from ..window.context import ReviewContext
from ..window.controls import CollapsibleBox, label
from ..window.keys import with_key
from ..window.slider_row import SliderRow
from .compare_box import CompareBox
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


_WORDS = {
    RAW: "Raw: as it is stored",
    EQUALISED: "Histogram equalised",
    CLAHE: "CLAHE: equalised tile by tile",
    GAMMA: "Gamma",
    SMOOTH: "Speckle smoothed",
}


class ContrastBox(QWidget):
    """A choice of views, and the sliders of the one that is on."""

    def __init__(self, views: ContrastViews) -> None:
        super().__init__()
        self.setObjectName("contrast_box")
        self._views = views
        self._choice = QComboBox()
        self._choice.setObjectName("contrast_view")
        self._choice.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._choice.setToolTip(
            with_key("How the image is shown; the frame stays as it is", "next_view")
        )
        for view in VIEWS:
            self._choice.addItem(_WORDS[view], view)
        self._choice.activated.connect(
            lambda _row: views.change(view=self._choice.currentData())
        )
        self._sliders = self._make_sliders()
        top = QHBoxLayout()
        top.addWidget(label("contrast_title", "Contrast", "heading"))
        top.addWidget(self._choice, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        for _view, _setting, slider in self._sliders:
            layout.addWidget(slider)
        views.changed.connect(self._show_state)
        self._show_state()

    def _make_sliders(self) -> tuple[tuple[str, str, SliderRow], ...]:
        """Return the view that each slider belongs to, its setting, and the slider."""
        change = self._views.change
        # fmt: off
        clip = SliderRow(
            "contrast_clip", "Clip limit", "How much a tile may be stretched",
            (0.001, 0.1), 0.001, "{:.3f}".format, lambda value: change(clip=value),
        )
        tile = SliderRow(
            "contrast_tile", "Tile", "Side of a tile in pixels",
            (16, 256), 8, "{:.0f} px".format, lambda value: change(tile=int(value)),
        )
        gamma = SliderRow(
            "contrast_gamma", "Gamma", "Below 1 is brighter, above 1 darker",
            (0.2, 3.0), 0.05, "{:.2f}".format, lambda value: change(gamma=value),
        )
        window = SliderRow(
            "contrast_window", "Window", "Side of the smoothing window in pixels",
            (3, 15), 2, "{:.0f} px".format, lambda value: change(window=int(value)),
        )
        # fmt: on
        return (
            (CLAHE, "clip", clip),
            (CLAHE, "tile", tile),
            (GAMMA, "gamma", gamma),
            (SMOOTH, "window", window),
        )

    def _show_state(self) -> None:
        contrast = self._views.contrast
        self._choice.setCurrentIndex(VIEWS.index(contrast.view))
        for view, setting, slider in self._sliders:
            slider.show_value(getattr(contrast, setting))
            slider.setVisible(view == contrast.view)
