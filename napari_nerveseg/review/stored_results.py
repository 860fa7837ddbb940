"""What workers left in the project folder, and whether it still is of these files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .. import _engine
from .current_labels import Say
from .pair_table import Similar

if TYPE_CHECKING:
    from .._engine import DataSet, Project, Scan, StoredPairs


class StoredResults:
    """The scan and the duplicate search of a project.

    An earlier scan is recalled by the names of the files, in no time; `prove` follows
    once a worker has looked at the files themselves. Until then the scan may be shown,
    and `check_searched` says of any few frames whether the search was of them.

    Parameters
    ----------
    dataset, project
        Whose.
    frame
        Returns the (H, W) uint8 pixels of a frame as they are now.
    say
        Told what cannot be used.

    Attributes
    ----------
    scan : Scan or None
        What is known of the files.
    proved : bool
        Whether the files were that when somebody looked in this session.
    stored : StoredPairs or None
        The duplicate search in the project folder.
    search : StoredPairs or None
        The same, if it is of the frames that `scan` saw.
    """

    def __init__(
        self,
        dataset: DataSet,
        project: Project,
        frame: Callable[[str], npt.NDArray[np.uint8]],
        say: Say,
    ) -> None:
        self._dataset, self._project = dataset, project
        self._frame, self._say = frame, say
        self.scan: Scan | None = None
        self.proved = False
        self.search: StoredPairs | None = None
        self.stored: StoredPairs | None = None

    def recall(self) -> None:
        """Take the last scan's word for it, if there is one of these names."""
        self.scan = _engine.recall_scan(self._dataset, self._project)

    def prove(self, digest: str) -> tuple[str, ...]:
        """Take over what a worker just saw; return which frames are not as was known.

        Nothing is read but what the worker kept. If that is not what it saw (it could
        not be kept, or a file came since the folder was opened), nothing is `proved`.

        Parameters
        ----------
        digest
            `Scan.digest` of the worker's scan.
        """
        before = now = self.scan
        if before is None or before.digest != digest:
            now = _engine.recall_scan(self._dataset, self._project)
        self.proved = now is not None and now.digest == digest
        if not self.proved:
            return ()
        self.scan = now
        return () if before is None or now is None else _others(before, now)

    def read_search(self) -> None:
        """Read the search in the project folder; see `weigh_search`.

        If it is of other frames than a proved scan, the files changed between the two,
        and only another look can tell which of them still holds.
        """
        self.stored = _read_search(self._project, self._say)
        self.proved = self.proved and self._fits()
        self.weigh_search()

    def weigh_search(self) -> None:
        """Offer the search unless it was of other frames; say so once that is sure."""
        fits = self._fits()
        if not fits and self.proved:
            self._say(
                "warning",
                "The frames have changed since the duplicate search; search again.",
            )
        self.search = self.stored if fits else None

    def check_searched(self, frames: Iterable[str], shown: StoredPairs | None) -> None:
        """See that the search was of these frames, by their pixels if need be.

        Parameters
        ----------
        frames
            What is about to be decided on.
        shown
            The search on screen, by which it is decided; None: the stored one.

        Raises
        ------
        InputError
            If one is another picture now.
        """
        searched = self.stored if shown is None else shown
        if searched is None or (self.proved and searched is self.search):
            return
        then = dict(zip(searched.ids, searched.hashes, strict=True))
        for frame in frames:
            digest = then.get(frame)
            if digest and digest != _engine.pixel_digest(self._frame(frame)):
                raise _engine.InputError(
                    f"The picture of {frame} has changed since the duplicate search;"
                    " search again before you decide by it."
                )

    def _fits(self) -> bool:
        if self.stored is None or self.scan is None:
            return True
        now = {frame.id: frame.sha256 for frame in self.scan.frames}
        hashes = {name: now.get(name) or "" for name in self.stored.ids}
        return self.stored.fits(hashes, self._dataset)


def similar_pairs(found: StoredPairs) -> list[Similar]:
    """Return the pairs by name: frame, frame, SSIM."""
    ends = zip(found.i.tolist(), found.j.tolist(), found.ssim.tolist(), strict=True)
    return [(found.ids[i], found.ids[j], ssim) for i, j, ssim in ends]


def _others(before: Scan, now: Scan) -> tuple[str, ...]:
    pairs = zip(before.frames, now.frames, strict=True)
    return tuple(new.id for old, new in pairs if old != new)


def _read_search(project: Project, say: Say) -> StoredPairs | None:
    """Return the earlier search; None, and a word, if it cannot be read."""
    if not project.duplicates.exists():
        return None
    try:
        return _engine.load_duplicates(project.duplicates)
    except _engine.InputError as error:
        say("warning", str(error))
        return None
