"""The folder of one training: what it was asked, what it saw, what it did."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...data import DataSet, check_out
from ...data.csv_table import table_text
from ...errors import Failure, InputError, kind_of, sentence_of
from ...events import Event, OnEvent
from ...files import dump_json, write_json, write_whole
from ...guarded import fits, last_lines, parse_json, stored_json
from ...leftovers import sweep
from ...networks.checkpoint import BEST
from .running import check_run_folder, is_running

#: Files whose presence means that a folder holds a run already.
_TAKEN = ("config.json", BEST, "last.pt")

#: Columns of ``metrics.csv``, which are also keys of an epoch's event.
COLUMNS = (
    "epoch",
    "epochs",
    "train_loss",
    "val_loss",
    "val_dice",
    "val_dice_low",
    "val_dice_high",
    "val_dice_nerve",
    "val_blank",
    "learning_rate",
    "seconds",
    "seconds_left",
    "memory_gb",
    "best",
)

#: Endings of what is written into a run folder.
_WRITTEN = (".csv", ".json", ".jsonl", ".npz", ".pt", ".safetensors")

#: Bytes of a log that are looked at together.
_BLOCK = 1 << 20

#: Seconds between two progress events of one stage in ``events.jsonl``.
_LOG_INTERVAL = 1.0


class RunFolder:
    """Writes a run folder.

    Parameters
    ----------
    path
        The folder; made if it is not there.
    dataset
        Whose data folder it must not lie in; None has none.
    resume
        Go on in a folder that holds a training; nothing in it changes before `begin`.

    Raises
    ------
    InputError
        If it holds a run already, lies in the data folder, or cannot be made; to
        resume, if it holds none, or one that is running.
    """

    def __init__(
        self, path: Path, dataset: DataSet | None = None, *, resume: bool = False
    ) -> None:
        self.path = check_out(Path(path), dataset)
        self.resumes = resume
        if resume:
            _check_idle(self.path)
        else:
            _check_free(self.path)
        self._made = [p for p in (self.path, *self.path.parents) if not p.exists()]
        self._before = set(self.path.iterdir()) if self.path.is_dir() else set()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for request in ("stop", "pause"):
                (self.path / request).unlink(missing_ok=True)
            (self.path / "pid").write_text(f"{os.getpid()}\n", encoding="ascii")
        except OSError as error:
            raise InputError(
                f"{self.path} cannot be a run folder ({error.strerror}): name another "
                "one with --out."
            ) from error
        self._identity = _identity(self.path)
        self._logged: tuple[str, float] = ("", 0.0)
        self._unwritten: list[str] | None = [] if resume else None

    @property
    def best(self) -> Path:
        """The best checkpoint."""
        return self.path / BEST

    @property
    def last(self) -> Path:
        """The state after the last whole epoch."""
        return self.path / "last.pt"

    @property
    def log_file(self) -> Path:
        """What happened, a line an event."""
        return self.path / "events.jsonl"

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Note in ``events.jsonl`` how the block ended, and drop ``pid``.

        If the input was wrong before the first epoch, nothing is left of a new folder,
        and one that was to be resumed is as it was.
        """
        try:
            yield
        except BaseException as error:  # an interrupt is an end, too
            if isinstance(error, InputError) and self._is_untouched():
                self._remove()
            else:
                self._log_end(error)
            raise
        finally:
            for name in ("pid", "pause"):
                (self.path / name).unlink(missing_ok=True)

    def _is_untouched(self) -> bool:
        if self.resumes:
            return self._unwritten is not None
        return not self.last.exists()

    def _log_end(self, error: BaseException) -> None:
        end = {"event": "error", "kind": kind_of(error), "text": sentence_of(error)}
        with contextlib.suppress(OSError):  # a full disk must not hide why it ended
            self.begin()
            self.log(end)

    def _remove(self) -> None:
        for path in set(self.path.iterdir()) - self._before:
            path.unlink()
        for folder in self._made:
            with contextlib.suppress(OSError):  # somebody else has put something in
                folder.rmdir()

    def begin(self) -> None:
        """Write from here on; what was logged so far follows what was there before."""
        if self._unwritten is None:
            return
        lines, self._unwritten = self._unwritten, None
        sweep(self.path)
        self._cut_torn_line()
        (self.path / "result.json").unlink(missing_ok=True)
        self._append("".join(lines))

    def _cut_torn_line(self) -> None:
        """Drop what a killed process left of the last line of ``events.jsonl``."""
        if not self.log_file.exists():
            return
        with self.log_file.open("rb+") as file:
            end = start = file.seek(0, os.SEEK_END)
            while start:  # block by block, as nobody knows how long it is
                start = max(0, start - _BLOCK)
                file.seek(start)
                newline = file.read(_BLOCK).rfind(b"\n", 0, end - start)
                if newline >= 0:
                    start += newline + 1
                    break
            if start < end:
                file.truncate(start)

    def check_there(self) -> None:
        """See that the folder is still the one that was begun in.

        Raises
        ------
        Failure
            If it is not; whoever writes would make another, with nothing else in it.
        """
        if _identity(self.path) != self._identity:
            raise Failure(
                f"{self.path} was removed or replaced while it was written, and what "
                "it held is gone: start again, and leave the folder where it is until "
                "all is done."
            )

    def write(self, name: str, value: Any) -> None:
        """Write one JSON file."""
        self.check_there()
        write_json(self.path / name, value)

    def read(self, name: str, shape: Any = dict) -> dict[str, Any]:
        """Return what one JSON file holds, nothing if it is not there.

        Raises
        ------
        InputError
            If it is damaged, or of another shape; see `training.guarded.fits`.
        """
        remedy = "put it back as it was, or start another run"
        return stored_json(self.path / name, remedy, shape)

    def log(self, event: Event) -> None:
        """Append an event to ``events.jsonl``, progress at most once a second."""
        if event["event"] == "progress" and event["done"] != event["total"]:
            stage, when = self._logged
            now = time.monotonic()
            if stage == event["stage"] and now - when < _LOG_INTERVAL:
                return
            self._logged = event["stage"], now
        line = dump_json(event, indent=None) + "\n"
        if self._unwritten is None:
            self._append(line)
        else:
            self._unwritten.append(line)

    def _append(self, lines: str) -> None:
        """Append whole lines; if the disk is full, none of them."""
        with self.log_file.open("ab") as file:
            before = file.tell()
            try:
                file.write(lines.encode())
                file.flush()
            except OSError:
                with contextlib.suppress(OSError):
                    file.truncate(before)
                raise

    def listener(self, on_event: OnEvent | None) -> OnEvent:
        """Give a listener that logs each event and passes it on."""

        def both(event: Event) -> None:
            self.log(event)
            if on_event is not None:
                on_event(event)

        return both

    def epochs_told(self) -> set[int]:
        """Return the epochs that ``events.jsonl`` tells of."""
        if not self.log_file.exists():
            return set()
        told = set()
        for line in last_lines(self.log_file):
            if b'"epoch"' not in line:
                continue
            with contextlib.suppress(ValueError):  # a damaged line tells of nothing
                event = parse_json(line)
                if fits(event, {"event": "epoch", "epoch": int}):
                    told.add(event["epoch"])
        return told

    def write_table(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write ``metrics.csv``, a line an epoch."""
        self.check_there()
        write_whole(self.path / "metrics.csv", table_text(COLUMNS, rows))


class Onlooker(RunFolder):
    """The run folder of a rank that is not the first: nothing is written.

    Parameters
    ----------
    path
        The folder that the first rank writes.
    resume
        Whether that one goes on in it.
    """

    def __init__(self, path: Path, *, resume: bool = False) -> None:
        self.path, self.resumes = Path(path), resume

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Note nothing: the first rank does."""
        yield

    def begin(self) -> None:
        """Begin nothing."""

    def check_there(self) -> None:
        """See to nothing: the first rank does."""

    def write(self, name: str, value: Any) -> None:
        """Write nothing."""

    def read(self, name: str, shape: Any = dict) -> dict[str, Any]:
        """Return nothing: the first rank compares."""
        return {}

    def log(self, event: Event) -> None:
        """Log nothing."""


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _check_free(path: Path) -> None:
    taken = [name for name in _TAKEN if (path / name).exists()]
    if taken:
        raise InputError(
            f"{path} already holds a training ({taken[0]}): name another folder with "
            "--out, or go on with it by --resume."
        )


def _check_idle(path: Path) -> None:
    check_run_folder(path)
    if is_running(path):
        raise InputError(
            f"{path} is being trained by another process: stop that one first, with "
            "'nerveseg stop'."
        )
    for entry in path.iterdir():
        if not entry.is_file() and (entry.suffix in _WRITTEN or not entry.is_dir()):
            raise InputError(
                f"{entry} is no file but a folder, a pipe or a device: move it away."
            )


#: The folder of out-of-fold predictions in it.
OUT_OF_FOLD = "oof"


class CrossvalFolder(RunFolder):
    """Writes a cross-validation's folder; parameters as of `RunFolder`.

    ``config.json`` is the last file that is written before the first fold: a folder
    with one can be resumed, and one without holds nothing that is worth keeping.
    """

    def _is_untouched(self) -> bool:
        return super()._is_untouched() and (
            self.resumes or not (self.path / "config.json").exists()
        )
