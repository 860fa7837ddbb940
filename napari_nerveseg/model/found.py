"""What workers left in the project folder: the scan and the duplicate pairs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .. import _engine
from .current_labels import Say
from .pair_table import Similar

if TYPE_CHECKING:
    from .._engine import DataSet, Project, Scan, StoredPairs


def read_scan(dataset: DataSet, project: Project, seconds: float) -> Scan | None:
    """Return the earlier scan; None if there is none, or much has changed since.

    What has changed is looked at anew, as long as all takes no more than ``seconds``.
    """
    if not (project.frames / "scan.json").exists():
        return None
    end = time.monotonic() + seconds
    try:
        return _engine.scan(
            dataset, project, should_stop=lambda: time.monotonic() > end
        )
    except _engine.Cancelled:
        return None


def read_duplicates(
    project: Project, scan: Scan | None, say: Say
) -> StoredPairs | None:
    """Return the earlier search; None, and a word, if it cannot be used."""
    if not project.duplicates.exists():
        return None
    try:
        found = _engine.load_duplicates(project.duplicates)
    except _engine.InputError as error:
        say("warning", str(error))
        return None
    if scan is not None and not _same_frames(found, scan):
        say(
            "warning",
            "The frames have changed since the duplicate search; search again.",
        )
        return None
    return found


def similar_pairs(found: StoredPairs) -> list[Similar]:
    """Return the pairs by name: frame, frame, SSIM."""
    ends = zip(found.i.tolist(), found.j.tolist(), found.ssim.tolist(), strict=True)
    return [(found.ids[i], found.ids[j], ssim) for i, j, ssim in ends]


def _same_frames(found: StoredPairs, scan: Scan) -> bool:
    now = {frame.id: frame.sha256 for frame in scan.frames}
    return found.fits({name: now.get(name) or "" for name in found.ids})
