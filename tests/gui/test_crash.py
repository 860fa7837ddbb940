"""kill -9 in the middle of things: all but the unfinished stroke is there again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from napari_nerveseg.review.session import ReviewSession
from training.data.store import LabelStore

ROOT = Path(__file__).resolve().parents[2]

#: Opens a review, paints two dabs, gives a verdict, then stops for good in the middle
#: of what it was told to do, and says so.
CHILD = """
import sys, time
from pathlib import Path
from napari.components import ViewerModel
from qtpy.QtWidgets import QApplication
from napari_nerveseg.review.actions import Decide
from napari_nerveseg.window.context import ReviewContext
from napari_nerveseg.canvas.kinds import TRUTH
from training.data.store import rows

def stop(*_what, **_more):
    print("in the middle", flush=True)
    time.sleep(600)

application = QApplication([])
context = ReviewContext(ViewerModel())
assert context.open(Path(sys.argv[1]), Path(sys.argv[2]))
layer = context.bridge.layers.layer(TRUTH)

def stroke(place):
    layer.selected_label, layer.brush_size, layer.mode = 1, 6, "paint"
    layer._begin_stroke()
    layer.paint(place, 1)

def dab(place):
    stroke(place)
    layer._commit_stroke()

dab((10, 10))
dab((10, 30))
context.session.do(Decide(("1_1", "1_3"), "exclude", kept="1_1"))
what = sys.argv[3]
if what == "stroke":
    stroke((40, 40))
    stop()
elif what == "save":
    rows.add_mask = stop  # the transaction has begun, the mask is not in it
    dab((40, 40))
    time.sleep(600)
else:
    rows.add_verdict = stop  # masks and statuses are in, the verdict is not
    context.session.do(Decide(("2_1", "2_3"), "all-empty"))
"""


@pytest.mark.parametrize("what", ["stroke", "save", "verdict"])
def test_a_kill_costs_the_unfinished_act_and_nothing_else(
    toy_folder: Path, tmp_path: Path, what: str
) -> None:
    project = tmp_path / "killed"
    command = [sys.executable, "-c", CHILD, str(toy_folder), str(project), what]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"in the middle\n"
        child.kill()
    session = ReviewSession.open(toy_folder, project)
    try:
        kinds = [action.kind for action in session.history()]
        assert kinds == ["paint", "paint", "verdict"]
        mask = session.mask("1_1")
        assert mask is not None
        assert mask[10, 10] and mask[10, 30] and not mask[40, 40]
        assert session.row("1_3").status == "excluded"
        assert session.row("2_1").status == "unreviewed"
        other = session.mask("2_1")
        assert other is not None and other.any()
    finally:
        session.close()
    with LabelStore.open(project / "labels.sqlite") as store:
        assert np.array_equal(store.current_mask("1_1"), mask)
