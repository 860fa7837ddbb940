"""``last.pt``: everything from which a training goes on, and nothing that runs.

It holds tensors and plain values only. It is read so that whatever else a file holds is
refused before any of it is built.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch

from ...errors import InputError
from ...files import write_whole
from ...guarded import damaged, read_bytes

#: Layout of ``last.pt``.
VERSION = 2

#: Bytes of the largest network's state, and of all that is no weight in any.
_MOST, _REST = 4 << 30, 64 << 20


@dataclass(frozen=True)
class Saved:
    """A training after a whole epoch.

    Attributes
    ----------
    epoch
        The last one that was finished.
    config
        Every setting, as ``config.json`` has it.
    outcome
        How the epochs went so far, the best one included.
    rows
        The epochs' events so far.
    clock
        Steps and seconds; see `training.learn.fit.schedule.Clock.state`.
    weights
        See `training.learn.fit.loop.Trainer.state`.
    """

    epoch: int
    config: dict[str, Any]
    outcome: dict[str, Any]
    rows: list[dict[str, Any]]
    clock: dict[str, Any]
    weights: dict[str, Any]


def save_last(path: Path, saved: Saved) -> None:
    """Write a state, whole or not at all.

    Raises
    ------
    OSError
        If the disk is full; what was there before is left as it was.
    """
    # By way of memory: torch's own writer tells of a full disk as an inner fault.
    buffer = io.BytesIO()
    values = {field.name: getattr(saved, field.name) for field in fields(Saved)}
    torch.save({"version": VERSION, **values}, buffer)
    write_whole(path, buffer.getvalue())


def load_last(path: Path, network_bytes: int | None = None) -> Saved:
    """Read a state onto the processor without executing anything from it.

    Parameters
    ----------
    path
        The file.
    network_bytes
        Of the weights of the network that it has to be of, which bound the file: it
        holds them, their average and two moments of each. None: not known.

    Raises
    ------
    InputError
        If it is damaged, longer than it can be, holds more than tensors and plain
        values, or is of another version.
    """
    most = _MOST if network_bytes is None else 4 * network_bytes + _REST
    try:
        data = io.BytesIO(read_bytes(path, most))
    except (OSError, ValueError) as error:
        remedy = "put it back, or train again, with --init-from and the best checkpoint"
        raise damaged(path, error, remedy) from error
    if not _is_stored(data):
        raise _refused(path)
    try:
        with warnings.catch_warnings():  # of other kinds of archive, which it refuses
            warnings.simplefilter("ignore")
            found = torch.load(data, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged or hostile file makes torch raise
        raise _refused(path) from error
    if not isinstance(found, Mapping):
        raise _refused(path)
    version = found.get("version")
    if type(version) is not int or not 0 < version < 1000:
        raise _refused(path)
    if version != VERSION:
        raise InputError(
            f"{path} is of version {version}, and this nerveseg goes on "
            f"from version {VERSION}: train again, with --init-from and its best "
            "checkpoint."
        )
    values = {key: value for key, value in found.items() if key != "version"}
    kinds = {"epoch": int, "rows": list}
    if set(values) != {field.name for field in fields(Saved)} or not all(
        isinstance(value, kinds.get(key, dict)) for key, value in values.items()
    ):
        raise _refused(path)
    return Saved(**values)


def _is_stored(data: io.BytesIO) -> bool:
    """Say whether a file is a whole archive that nothing in it is packed in.

    torch writes no other, reads packed ones whatever they unpack to, and compares no
    checksum, which is done here. What is before an archive or behind it is refused,
    for another reader could take that for the archive.
    """
    content = data.getbuffer()
    try:
        with zipfile.ZipFile(data) as archive:
            entries = archive.infolist()
            alone = not archive.comment and min(e.header_offset for e in entries) == 0
            stored = all(one.compress_type == zipfile.ZIP_STORED for one in entries)
            small = sum(one.file_size for one in entries) <= len(content)
            whole = stored and small and archive.testzip() is None
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, RuntimeError):
        return False
    finally:
        data.seek(0)
    return whole and alone and bytes(content[-22:-18]) == b"PK\5\6"


def _refused(path: Path) -> InputError:
    return InputError(
        f"{path} is damaged, or holds more than tensors and plain values, of which "
        "nothing was run: train again, with --init-from and the run's best checkpoint."
    )
