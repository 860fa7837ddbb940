"""Tab Data: how much nerve, how large, where, how bright; click to see the frames."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from .. import _engine
from ..canvas.theme import Palette
from ..jobs.job import Job
from ..window.context import ReviewContext
from ..window.controls import button, label
from ..window.job_bar import JobBar
from ..window.workers import Workers
from . import data_bars
from .bar_plot import BarPlot
from .data_plot import DataPlot
from .data_plots import GreyPlot, HeatPlot

_TO_COME = (
    "Nothing has been counted yet. Press the button: shares, areas, places and grey"
    " levels of all frames appear here, and a click on a plot lists its frames."
)
_STALE = "Labels have changed since this was counted; count again to see them."

#: Name, title, tip, and what gives the bars.
_BARS = (
    (
        "data_share",
        "Frames with a nerve (%), by subject",
        "Share of a subject's frames that show a nerve",
        data_bars.nerve_share,
    ),
    (
        "data_area_subject",
        "Area (px), middle half, by subject",
        "From the first to the third quarter of the areas of a subject's nerves",
        data_bars.area_by_subject,
    ),
    (
        "data_area",
        "Area of nerves (px)",
        "How many nerves are how large",
        data_bars.areas,
    ),
    (
        "data_grey",
        "Mean grey of frames",
        "How many frames are how bright",
        data_bars.mean_greys,
    ),
    ("data_sizes", "Sizes (H x W)", "How many frames have which size", data_bars.sizes),
)


class DataPanel(QWidget):
    """The data set in live plots.

    Signals: ``wanted(title, frames)`` when frames of a plot are to be listed;
    ``reading_wanted()`` when how the folder is read is to be shown.
    """

    wanted = Signal(str, tuple)
    reading_wanted = Signal()

    def __init__(self, context: ReviewContext, workers: Workers) -> None:
        super().__init__()
        self.setObjectName("data_panel")
        self._context, self.counts = context, DataCounts(context, workers)
        self._drawn: object = None
        self.count = button(
            "count_data",
            "Count the data set",
            "Look at all frames and masks in the background",
            self._count,
        )
        self.how = button(
            "show_reading",
            "How it is read…",
            "Layout, masks, subjects, depth; and how to read the folder otherwise",
            self.reading_wanted.emit,
        )
        self.job = JobBar("stats", "the count")
        self.summary = label("data_summary", wraps=True)
        self.words = label("data_words", role="quiet", wraps=True)
        self.bars = {name: BarPlot(name, title, tip) for name, title, tip, _ in _BARS}
        self.heat, self.levels = HeatPlot(), GreyPlot()
        *most, sizes = self.bars.values()
        self.plots: tuple[DataPlot, ...] = (*most, self.heat, self.levels, sizes)
        for plot in self.plots:
            plot.chosen.connect(self.wanted)
        self._lay_out()
        self.counts.changed.connect(self._show)
        context.session_changed.connect(self._show)
        context.theme_changed.connect(self._on_theme)
        self._on_theme(context.theme_palette())
        self._show()

    def _lay_out(self) -> None:
        inside, grid = QWidget(), QGridLayout()
        inside.setObjectName("data_plots")
        for n, plot in enumerate(self.plots):
            grid.addWidget(plot, n // 2, n % 2)
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.summary)
        layout.addLayout(grid)
        layout.addWidget(self.words)
        layout.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("data_scroll")
        scroll.setAccessibleName("Plots of the data")
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        top = QHBoxLayout()
        top.addWidget(self.count, 1)
        top.addWidget(self.how)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(6, 6, 6, 6)
        whole.addLayout(top)
        whole.addWidget(self.job)
        whole.addWidget(scroll, 1)

    def _count(self) -> None:
        job = self.counts.begin()
        if job is not None:
            self.job.follow(job, "Starting to count…")
            self.count.setEnabled(False)
            for signal in (job.finished, job.failed, job.cancelled):
                signal.connect(self._show)

    def _show(self, *_what: object) -> None:
        """Draw the last count; without one, say how to get it."""
        found = self.counts.found
        self.count.setEnabled(self._context.session is not None)
        self.how.setEnabled(self._context.session is not None)
        self.count.setText("Count the data set" if found is None else "Count again")
        for plot in self.plots:
            plot.setVisible(found is not None)
        if found is None:
            self.summary.setText(_TO_COME)
            self.words.setText("")
            return
        self.bars["data_sizes"].setVisible(len(found.sizes()) > 1)
        stale = f" {_STALE}" if self.counts.stale else ""
        self.summary.setText(data_bars.summary(found) + stale)
        if found is self._drawn:
            return
        self._drawn = found
        for name, _title, _tip, bars in _BARS:
            self.bars[name].set_bars(bars(found))
        self.heat.set_heat(found.heat, found.with_nerve_in)
        self.levels.set_levels(found.levels.nerve, found.levels.background)
        self.words.setText("\n".join(found.words()))

    def _on_theme(self, theme: Palette) -> None:
        for plot in self.plots:
            plot.set_palette(theme)


class DataCounts(QObject):
    """The statistics of the open folder, and whether labels have changed since.

    Attributes
    ----------
    found : Statistics or None
        The last count.

    Signals: ``changed()`` when there is another count, or it went out of date.
    """

    changed = Signal()

    def __init__(self, context: ReviewContext, workers: Workers) -> None:
        super().__init__(context)
        self._context, self._workers = context, workers
        self.found: _engine.Statistics | None = None
        self._asked = self._counted = -1
        context.session_changed.connect(self._forget)
        context.table_changed.connect(self.changed)

    @property
    def stale(self) -> bool:
        """Whether labels have changed since the count."""
        session = self._context.session
        if session is None or self.found is None:
            return False
        return session.store.last_action != self._counted

    def begin(self) -> Job | None:
        """Count in the background; None if that is under way, or nothing is open."""
        session = self._context.session
        job = self._workers.count_data()
        if session is not None and job is not None:
            self._asked = session.store.last_action
            job.finished.connect(self._take)
        return job

    def _take(self, result: dict[str, Any]) -> None:
        self.found = _engine.Statistics.from_json(result)
        self._counted = self._asked
        n = len(self.found.frames)
        self._context.said.emit("info", f"{n:,} frames counted.")
        self.changed.emit()

    def _forget(self) -> None:
        self.found = None
        self.changed.emit()
