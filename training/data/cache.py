"""Decoded frames, kept in the project folder and mapped into memory."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..events import OnEvent, Progress, ShouldStop, message
from ..files import digest_json
from ..leftovers import sweep
from .dataset import DataSet, FrameEntry
from .packs import SUFFIX, CachedSource, checksum_of, read_pack, write_pack
from .parallel import in_threads
from .problems import BadFile, Problem
from .project import Project
from .stamps import Stamp, content_digest, stamp_of

Frame = NDArray[np.uint8]

#: Bytes of pixels in one pack: few files to map, and memory stays bounded.
PACK_BYTES = 64 << 20

#: Bytes of frames that one `FrameCache` keeps without writing them.
MEMORY_BYTES = 128 << 20


@dataclass(frozen=True)
class LoadedFrames:
    """Frames that could be read, with their ids, and what kept the others out.

    Attributes
    ----------
    ids
        FrameIds in the order asked for.
    frames
        (H, W) uint8 each, read-only where they are mapped.
    problems
        One a frame that is left out.
    """

    ids: tuple[str, ...]
    frames: list[Frame]
    problems: tuple[Problem, ...]


class FrameCache:
    """A data set's frames: from the project folder if there, else decoded.

    `frame` never writes (a window calls it); `fill` decodes many frames on all
    cores and writes them as packs. A cached frame counts as long as its source's
    size and times are unchanged, or, if a time moved, its content is the same.

    Safe for several processes: packs never change once written, two processes that
    fill at once write a frame twice at worst.

    Parameters
    ----------
    dataset
        Where frames are decoded from.
    project
        Where packs lie (``frames/``); None keeps nothing on disk.
    """

    def __init__(self, dataset: DataSet, project: Project | None = None) -> None:
        self.dataset = dataset
        self._root = None if project is None else project.frames
        self._packed: dict[
            tuple[str, int | None], list[tuple[CachedSource, Frame]]
        ] = {}
        self._packs: dict[Path, list[CachedSource]] = {}
        self._listed: tuple[Path | None, int] = (None, 0)
        self._proved: dict[CachedSource, Stamp] = {}
        self._intact: dict[CachedSource, bool] = {}
        self._n_damaged = 0
        self._recent: OrderedDict[str, tuple[Stamp, Frame]] = OrderedDict()
        self._recent_bytes = 0
        self._lock = threading.RLock()

    @property
    def _folder(self) -> Path | None:
        """Where packs lie: frames that are read otherwise are other frames."""
        if self._root is None:
            return None
        reading = self.dataset.reading
        folder = self._root / "luminance" if reading.luminance else self._root
        if reading.grey_range is None:
            return folder
        return folder / f"grey-{digest_json(reading.grey_range)[:12]}"

    def frame(self, frame_id: str) -> Frame:
        """Return one frame, (H, W) uint8 and read-only; raises as `DataSet.frame`."""
        entry = self.dataset.entry(frame_id)
        now = stamp_of(entry.path)
        with self._lock:
            found = None if now is None else self._find(entry, now)
        if found is None:
            found = self.dataset.frame(frame_id)
            found.flags.writeable = False
            if now is not None:
                self._remember(frame_id, now, found)
        return found

    def fill(
        self,
        ids: Iterable[str] | None = None,
        on_event: OnEvent | None = None,
        should_stop: ShouldStop | None = None,
    ) -> dict[str, BadFile]:
        """Decode what is not cached yet, on all cores, and write it as packs.

        Where there is no project folder, or it takes no more (a full disk), the
        frames stay in memory; the latter is told as a message.

        Parameters
        ----------
        ids
            The frames; None is all.
        on_event, should_stop
            As everywhere.

        Returns
        -------
        dict
            FrameId to what is wrong with its file, for frames that cannot be read.

        Raises
        ------
        Cancelled
            If ``should_stop`` says so; packs written until then stay.
        """
        ids = tuple(self.dataset.ids if ids is None else dict.fromkeys(ids))
        progress = Progress("Decoding frames", len(ids), on_event, should_stop)
        errors: dict[str, BadFile] = {}
        waiting: list[tuple[CachedSource, Frame]] = []
        entries = self._missing(ids, progress)
        self._tell_damage(on_event)
        for entry, result in in_threads(self._decode, entries):
            if isinstance(result, BadFile):
                errors[entry.id] = result
            elif result is not None:
                waiting.append(result)
            if sum(frame.size for _, frame in waiting) >= PACK_BYTES:
                self._store(waiting, on_event)
                waiting = []
            progress.step()
        if waiting:
            self._store(waiting, on_event)
        folder = self._folder
        if folder is not None and entries:
            with self._lock:
                self._drop_stale()
            sweep(folder)
        return errors

    def _tell_damage(self, on_event: OnEvent | None) -> None:
        bad = self._n_damaged + sum(not intact for intact in self._intact.values())
        if bad:
            text = f"The frame cache {self._folder} is damaged: it is made anew there."
            message(on_event, text, "warning")

    def _missing(self, ids: Iterable[str], progress: Progress) -> list[FrameEntry]:
        missing = []
        for frame_id in ids:
            entry = self.dataset.entry(frame_id)
            now = stamp_of(entry.path)
            with self._lock:
                found = None if now is None else self._find(entry, now)
            if found is None:
                missing.append(entry)
            else:
                progress.step()
        return missing

    def _decode(self, entry: FrameEntry) -> tuple[CachedSource, Frame] | BadFile | None:
        """Return a frame with its source; None if the file changed meanwhile."""
        before = stamp_of(entry.path)
        try:
            frame = self.dataset.frame(entry.id)
            assert before is not None
            digest = content_digest(entry.path, before)
        except BadFile as error:
            return error
        after = stamp_of(entry.path)
        if after is None or before[:3] != after[:3]:
            return None
        source = CachedSource(
            str(entry.path), entry.page, before, digest, checksum_of(frame)
        )
        return source, frame

    def _store(
        self, frames: list[tuple[CachedSource, Frame]], on_event: OnEvent | None
    ) -> None:
        folder = self._folder
        if folder is not None:
            try:
                path = write_pack(folder, frames)
                with self._lock:
                    self._take(path)
                return
            except OSError as error:
                message(
                    on_event,
                    f"The frame cache {folder} takes no more "
                    f"({error.strerror}): frames stay in memory.",
                    "warning",
                )
                self._root = None
        with self._lock:
            self._index(frames)

    def _find(self, entry: FrameEntry, now: Stamp) -> Frame | None:
        recent = self._recent.get(entry.id)
        if recent is not None and recent[0].proves(now):
            self._recent.move_to_end(entry.id)
            return recent[1]
        self._refresh()
        candidates = self._packed.get((str(entry.path), entry.page), ())
        for source, frame in reversed(candidates):
            if self._holds(source, now) and self._is_intact(source, frame):
                return frame
        return None

    def _is_intact(self, source: CachedSource, frame: Frame) -> bool:
        """Say whether a frame is what was written; looked at once."""
        if source not in self._intact:
            self._intact[source] = checksum_of(frame) == source.checksum
        return self._intact[source]

    def _holds(self, source: CachedSource, now: Stamp) -> bool:
        """Say whether a source is unchanged: by size and times, else by content."""
        if source.stamp.proves(now) or (
            source in self._proved and self._proved[source].proves(now)
        ):
            return True
        if source.stamp.size != now.size:
            return False
        try:
            same = content_digest(Path(source.path), now) == source.sha256
        except OSError:
            return False
        if same:
            self._proved[source] = now
        return same

    def _remember(self, frame_id: str, stamp: Stamp, frame: Frame) -> None:
        with self._lock:
            old = self._recent.pop(frame_id, None)
            self._recent_bytes += frame.nbytes - (old[1].nbytes if old else 0)
            self._recent[frame_id] = (stamp, frame)
            while self._recent_bytes > MEMORY_BYTES and len(self._recent) > 1:
                _, (_, dropped) = self._recent.popitem(last=False)
                self._recent_bytes -= dropped.nbytes

    def _refresh(self) -> None:
        """Map packs that appeared since the last look, ours or another process's."""
        folder = self._folder
        if folder is None:
            return
        try:
            changed = (folder, folder.stat().st_mtime_ns)
            if changed == self._listed:
                return
            names = sorted(os.listdir(folder))  # noqa: PTH208 (it is quicker)
        except OSError:
            return
        self._listed = changed
        for name in names:
            if name.startswith("pack-") and name.endswith(SUFFIX):
                self._take(folder / name)

    def _take(self, path: Path) -> None:
        if path in self._packs:
            return
        try:
            frames = read_pack(path)
        except (OSError, ValueError):
            frames = []  # cut short by a crash of the system: as if it were not there
            self._n_damaged += 1
        self._packs[path] = [source for source, _ in frames]
        self._index(frames)

    def _index(self, frames: list[tuple[CachedSource, Frame]]) -> None:
        for source, frame in frames:
            frame.flags.writeable = False
            key = (source.path, source.page)
            self._packed.setdefault(key, []).append((source, frame))

    def _drop_stale(self) -> None:
        """Delete packs of which no frame is true any more."""
        for path, sources in list(self._packs.items()):
            if any(self._may_hold(source) for source in sources):
                continue
            for source in sources:
                kept = self._packed[source.path, source.page]
                kept[:] = [pair for pair in kept if pair[0] is not source]
            with contextlib.suppress(OSError):  # Windows keeps what is mapped
                path.unlink()
            del self._packs[path]

    def _may_hold(self, source: CachedSource) -> bool:
        if not self._intact.get(source, True):
            return False
        now = stamp_of(Path(source.path))
        # A file that is away may lie on a disk that is not plugged in today.
        return now is None or self._holds(source, now)


def load_frames(
    dataset: DataSet,
    ids: Iterable[str] | None = None,
    project: Project | None = None,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> LoadedFrames:
    """Load frames through the cache, leaving out those that cannot be read.

    Parameters
    ----------
    dataset, project
        As in `FrameCache`. Without a project all frames are held in memory.
    ids
        The frames; None is all.
    on_event, should_stop
        As everywhere.

    Raises
    ------
    Cancelled
        If ``should_stop`` says so.
    """
    ids = tuple(dataset.ids if ids is None else ids)
    cache = FrameCache(dataset, project)
    errors = cache.fill(ids, on_event, should_stop)
    frames: dict[str, Frame] = {}
    for frame_id in ids:
        if frame_id not in errors:
            try:
                frames[frame_id] = cache.frame(frame_id)
            except BadFile as error:  # it was damaged while we read the others
                errors[frame_id] = error
    return LoadedFrames(
        tuple(frame_id for frame_id in ids if frame_id in frames),
        [frames[frame_id] for frame_id in ids if frame_id in frames],
        tuple(error.problem(dataset.root, name) for name, error in errors.items()),
    )
