"""Files that a command is asked to write, checked before it does anything.

The fields of an `Options` say by a mark what they are to files: an `Output`, or
something that is `Read`. Whoever takes options from a person looks at the marks, so
that no command has to, and none can forget that what is read is never written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from ..data.project import Project, find_project, kept_reading
from ..errors import InputError
from ..files import real_path, why_unwritable
from ..learn.folder.naming import stored_naming

#: Endings of pages, which can be made again, and of other files that outputs may be.
_PAGE, _OUTPUTS = ".html", (".csv", ".html", ".json", ".png")


class Read(Enum):
    """Something that is read.

    A file (or the program's own folder) alone, a data set, a run and so its data, or a
    project folder.
    """

    FILE, DATA, RUN, PROJECT = "file", "data", "run", "project"


@dataclass(frozen=True)
class Output:
    """A file to write; ``-`` is standard output.

    Attributes
    ----------
    suffix
        What its name has to end in.
    """

    suffix: str = ""


def check_output(
    flag: str, path: Path, output: Output, read: Mapping[Path, Read]
) -> None:
    """Refuse an output that cannot be, or may not be, written.

    Into the data folder nothing is written, and nothing over what is read. In the
    program's own folders (a project, given or default; a run; predictions; where a
    checkpoint lies) only pages are replaced, and directly in the project folder also
    tables, JSON and pictures that the program does not read itself.

    Parameters
    ----------
    flag
        What names the output on the command line.
    path
        The output.
    output
        Its mark.
    read
        What is read, links followed.

    Raises
    ------
    InputError
        If it is refused.
    """
    out = real_path(path)
    for source in _sources(read):
        if source.is_dir() and out.is_relative_to(source):
            raise InputError(
                f"{flag} {path} lies in the data folder, which is only read: name a "
                "file outside."
            )
        if out == source:
            raise InputError(f"{flag} {path} is a file that is read: name another.")
    for folder, is_project in _own_folders(read):
        if out.is_relative_to(folder) and not _may_replace(out, folder, is_project):
            raise InputError(
                f"{flag} {path} is a file that the program keeps in {folder}: name "
                "another."
            )
    _check_writable(flag, path, output.suffix)


def naming_of(run: Path) -> tuple[Path, dict[str, Any]]:
    """Return how a run's data were named, and by which folder: a fold's is above it."""
    own = stored_naming(run)
    above = {} if own else stored_naming(run.parent)
    return (run.parent, above) if above else (run, own)


def _sources(read: Mapping[Path, Read]) -> Iterator[Path]:
    """Yield the data folders, and the files, that nothing may be written to."""
    for path, mark in read.items():
        if mark is Read.RUN:
            _, named = naming_of(path)
            places = {**named, **named.get("reading", {})}
            kinds = {"data": Read.DATA, "masks_csv": Read.FILE}
            own = {Path(places[key]): kinds[key] for key in kinds if key in places}
            yield from _sources(own)
        elif path.is_dir() or mark is Read.PROJECT:
            yield from [path] if mark is Read.DATA else []
        else:
            yield path
            if mark is Read.DATA:  # a frame's file, beside which its mask lies
                beside = path.parent.iterdir() if path.exists() else ()
                yield from (one for one in beside if one.stem == f"{path.stem}_mask")
        if mark is Read.DATA:
            yield from _kept_masks(path, read)


def _kept_masks(data: Path, read: Mapping[Path, Read]) -> list[Path]:
    """Return the file of masks that was chosen for a data set before, if one was."""
    project = next((path for path in read if read[path] is Read.PROJECT), None)
    try:
        masks = kept_reading(find_project(data, project)).masks_csv
    except InputError:  # which the command says, if it matters
        return []
    return [] if masks is None else [masks]


def _own_folders(read: Mapping[Path, Read]) -> Iterator[tuple[Path, bool]]:
    """Yield the folders that the program writes, and whether each is a project."""
    for path, mark in read.items():
        if mark is Read.DATA:
            if Read.PROJECT not in read.values():
                yield find_project(path).root, True
        elif path.is_dir():
            yield path, mark is Read.PROJECT
        elif path.suffix == ".safetensors":
            yield path.parent, False
        if mark is Read.RUN:  # and what it is a fold of, and its project
            folder, named = naming_of(path)
            yield folder, False
            if "project" in named:
                yield Path(named["project"]), True
            elif "data" in named:
                yield find_project(Path(named["data"])).root, True


def _may_replace(out: Path, folder: Path, is_project: bool) -> bool:
    if not out.is_file() or out.suffix.lower() == _PAGE:
        return True
    beside_the_store = is_project and out.parent == folder
    is_output = out.suffix.lower() in _OUTPUTS and out != Project(folder).reading
    return beside_the_store and is_output


def _check_writable(flag: str, path: Path, suffix: str) -> None:
    if path.suffix.lower() != suffix and suffix:
        raise InputError(f"{flag} {path}: name a file that ends in {suffix}.")
    if not path.parent.is_dir():
        raise InputError(
            f"{flag} {path}: the folder {path.parent} is not there; create it first."
        )
    if path.is_dir():
        raise InputError(f"{flag} {path} is a folder: name a file.")
    if (why := why_unwritable(path.parent)) is not None:
        raise InputError(
            f"{flag} {path} cannot be written ({why}): name a file in a folder you may"
            " write."
        )
