"""The folder of one training: what it was asked, what it saw, what it did."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import platform
import time
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from .. import __version__
from ..data import DataSet, check_out
from ..errors import InputError, kind_of, sentence_of
from ..events import Event, OnEvent, ShouldStop
from ..files import dump_json, whole_file, write_json
from ..networks.checkpoint import BEST

#: Files whose presence means that a folder holds a run already.
_TAKEN = ("config.json", BEST, "last.pt")

#: Columns of ``metrics.csv``, which are also the keys of an epoch's event.
COLUMNS = (
    "epoch",
    "epochs",
    "train_loss",
    "val_loss",
    "val_dice",
    "val_dice_nerve",
    "val_blank",
    "learning_rate",
    "seconds",
    "seconds_left",
    "best",
)

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

    Raises
    ------
    InputError
        If it holds a run already, lies in the data folder, or cannot be made.
    """

    def __init__(self, path: Path, dataset: DataSet | None = None) -> None:
        self.path = check_out(Path(path), dataset)
        taken = [name for name in _TAKEN if (self.path / name).exists()]
        if taken:
            raise InputError(
                f"{self.path} already holds a training ({taken[0]}): name another "
                "folder with --out."
            )
        self._made = [p for p in (self.path, *self.path.parents) if not p.exists()]
        self._before = set(self.path.iterdir()) if self.path.is_dir() else set()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / "stop").unlink(missing_ok=True)
            (self.path / "pid").write_text(f"{os.getpid()}\n", encoding="ascii")
        except OSError as error:
            raise InputError(
                f"{self.path} cannot be a run folder ({error.strerror}): name another "
                "one with --out."
            ) from error
        self._logged: tuple[str, float] = ("", 0.0)

    @property
    def best(self) -> Path:
        """The best checkpoint."""
        return self.path / BEST

    @property
    def last(self) -> Path:
        """The state after the last whole epoch."""
        return self.path / "last.pt"

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Note in ``events.jsonl`` how the block ended, and drop ``pid``.

        If the input was wrong before the first epoch, nothing is left of the folder.
        """
        try:
            yield
        except BaseException as error:  # an interrupt is an end, too
            if isinstance(error, InputError) and not self.last.exists():
                self._remove()
            else:
                self._log_end(error)
            raise
        finally:
            (self.path / "pid").unlink(missing_ok=True)

    def _log_end(self, error: BaseException) -> None:
        end = {"event": "error", "kind": kind_of(error), "text": sentence_of(error)}
        with contextlib.suppress(OSError):  # a full disk must not hide why it ended
            self.log(end)

    def _remove(self) -> None:
        for path in set(self.path.iterdir()) - self._before:
            path.unlink()
        for folder in self._made:
            with contextlib.suppress(OSError):  # somebody else has put something in
                folder.rmdir()

    def write(self, name: str, value: Any) -> None:
        """Write one JSON file."""
        write_json(self.path / name, value)

    def log(self, event: Event) -> None:
        """Append an event to ``events.jsonl``, progress at most once a second."""
        if event["event"] == "progress" and event["done"] != event["total"]:
            stage, when = self._logged
            now = time.monotonic()
            if stage == event["stage"] and now - when < _LOG_INTERVAL:
                return
            self._logged = event["stage"], now
        with (self.path / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(dump_json(event, indent=None) + "\n")

    def listener(self, on_event: OnEvent | None) -> OnEvent:
        """Give a listener that logs each event and passes it on."""

        def both(event: Event) -> None:
            self.log(event)
            if on_event is not None:
                on_event(event)

        return both

    def stopper(self, should_stop: ShouldStop | None) -> ShouldStop:
        """Also stop once there is a file ``stop`` in the folder."""
        file = self.path / "stop"
        return lambda: (should_stop is not None and should_stop()) or file.exists()

    def add_row(self, event: Mapping[str, Any]) -> None:
        """Append an epoch to ``metrics.csv``."""
        path = self.path / "metrics.csv"
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore")
        if not path.exists():
            writer.writeheader()
        writer.writerow(event)
        with path.open("a", encoding="utf-8", newline="") as file:
            file.write(text.getvalue())

    def save_last(self, state: Mapping[str, Any]) -> None:
        """Write ``last.pt``: tensors and plain values only, whole or not at all."""
        with whole_file(self.last) as temporary:
            torch.save(dict(state), temporary)


def environment(device: torch.device, autocast: bool) -> dict[str, Any]:
    """Return what a training ran on, for ``environment.json``."""
    gpu = torch.cuda.get_device_name(device) if device.type == "cuda" else None
    libraries = ("torch", "numpy", "safetensors", "tifffile", "imagecodecs")
    return {
        "nerveseg": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "machine": platform.machine(),
        "libraries": {name: metadata.version(name) for name in libraries},
        "device": str(device),
        "gpu": gpu,
        "bfloat16": autocast,
        "threads": torch.get_num_threads(),
    }
