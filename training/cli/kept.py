"""Files that the program keeps in its own folders, and no output replaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ..errors import InputError
from ..files import real_path
from .reading import Read, naming_of

#: What an output may be; any other file in a folder of the program's is kept.
_OUTPUTS = frozenset({".csv", ".html", ".json", ".png"})

#: Of files of these kinds, those that the program writes into its folders itself, but
#: for pages, which can be made again.
KEPT = frozenset(
    {
        "best.json",
        "config.json",
        "demo.json",
        "ensemble.json",
        "environment.json",
        "excluded.json",
        "fingerprint.json",
        "folds.json",
        "metrics.csv",
        "predictions.csv",
        "reading.json",
        "result.json",
        "scan.json",
        "snapshot.json",
        "source.json",
        "splits.json",
        "status.csv",
        "study.json",
        "train_masks.csv",
        "trials.csv",
        "truth.json",
        "zarr.json",
    }
)


def check_not_kept(flag: str, path: Path, read: Mapping[Path, Read]) -> None:
    """Refuse to write over a file that the program keeps in a folder of its own.

    That is a run, a checkpoint's folder, predictions, or the project folder, given or
    default. What a user put there, such as a ``scores.json`` of an earlier call, may be
    written again, and so may pages (HTML). Label stores, checkpoints, maps, masks and
    the files named in `KEPT` are never replaced.

    Parameters
    ----------
    flag
        What names the output on the command line.
    path
        The output.
    read
        What is read, links followed.

    Raises
    ------
    InputError
        If it is such a file.
    """
    out = real_path(path)
    if not out.is_file() or not _is_kept(out):
        return
    for folder in _own_folders(read):
        if out.is_relative_to(folder):
            raise InputError(
                f"{flag} {path} is a file that the program keeps in {folder}: name "
                "another."
            )


def _is_kept(file: Path) -> bool:
    name = file.name.lower()
    is_output = file.suffix.lower() in _OUTPUTS
    return not is_output or name in KEPT or name.endswith("_mask.png")


def _own_folders(read: Mapping[Path, Read]) -> Iterator[Path]:
    for path, mark in read.items():
        if mark is Read.DATA:
            if Read.PROJECT not in read.values():
                yield _project_of(path)
        elif path.is_dir():
            yield path
        elif path.suffix == ".safetensors":
            yield path.parent
        if mark is Read.RUN:
            yield from _of_run(path)


def _of_run(run: Path) -> Iterator[Path]:
    """Yield the project of a run, and what the run is a fold of."""
    folder, named = naming_of(run)
    yield folder
    if "project" in named:
        yield Path(named["project"])
    elif "data" in named:
        yield _project_of(Path(named["data"]))


def _project_of(data: Path) -> Path:
    from ..data.project import find_project

    return find_project(data).root
