"""Two runs' curves on one pair of axes."""

from __future__ import annotations

from qtpy.QtWidgets import QWidget

from . import colours
from .curves import Lines, Plots
from .runs import Run


class ComparedCurves(Plots):
    """Run A and run B, each in one colour in both plots.

    Parameters
    ----------
    a, b
        The runs. Of a cross-validation each fold is a line.
    """

    def __init__(self, a: Run, b: Run, parent: QWidget | None = None) -> None:
        tip = "Loss (dashed: validation) and validation Dice of both runs"
        super().__init__("compared_curves", tip, parent)
        self.lines = (
            self._draw(a, "A", colours.MASK_A),
            self._draw(b, "B", colours.MASK_B),
        )

    def _draw(self, run: Run, name: str, colour: str) -> list[Lines]:
        folds = sorted({event.get("fold", 0) for event in run.epochs})
        drawn = {fold: Lines(self, colour, colour) for fold in folds}
        for event in run.epochs:
            drawn[event.get("fold", 0)].add(event)
        for lines in list(drawn.values())[:1]:
            self.legend.addItem(lines.items["train_loss"], name)
        return list(drawn.values())
