"""Files that a command is asked to write, checked before it does anything.

Parameters of commands say by a mark in their annotation what they are to files: an
`Output`, or something that is `Read`. `guarded` looks at the marks, so that no command
has to, and none can forget that what is read is never written.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

import typer

from ..errors import InputError
from ..files import real_path, why_unwritable
from .kept import check_not_kept
from .reading import Read, naming_of

R = TypeVar("R")


@dataclass(frozen=True)
class Output:
    """A file to write; ``-`` is standard output.

    Attributes
    ----------
    suffix
        What its name has to end in.
    """

    suffix: str = ""


def guarded(command: Callable[..., R]) -> Callable[..., R]:
    """Have a command check its outputs first.

    Parameters
    ----------
    command
        Whose parameters are marked by `Output` and `Read`.

    Returns
    -------
    callable
        The same for typer, which gets paths that are read in full. It raises
        `InputError` if an output cannot be written, is of what is read, or a file that
        the program itself keeps.
    """
    signature = inspect.signature(command, eval_str=True)
    parameters = signature.parameters

    @functools.wraps(command)
    def checked(**given: Any) -> R:
        read: dict[Path, Read] = {}
        for name, parameter in parameters.items():
            for kind in _marks(parameter, Read):
                if given.get(name):
                    given[name] = real_path(given[name])  # a sentence says no "."
                    read[given[name]] = kind
        for name, parameter in parameters.items():
            for mark in _marks(parameter, Output):
                path = given.get(name)
                if path is not None and str(path) != "-":
                    check_apart(_flag(parameter), path, read)
                    check_not_kept(_flag(parameter), path, read)
                    _check_writable(_flag(parameter), path, mark.suffix)
        return command(**given)

    checked.__signature__ = signature  # type: ignore[attr-defined]
    checked.__annotations__ = {p.name: p.annotation for p in parameters.values()}
    return checked


M = TypeVar("M")


def _marks(parameter: inspect.Parameter, kind: type[M]) -> list[M]:
    return [mark for mark in get_args(parameter.annotation) if isinstance(mark, kind)]


def _flag(parameter: inspect.Parameter) -> str:
    """Return what names a parameter on the command line."""
    # In an annotation, typer takes the first name for a default until it looks again.
    named = (
        name
        for option in _marks(parameter, typer.models.OptionInfo)
        for name in (option.default, *(option.param_decls or ()))
        if isinstance(name, str)
    )
    return next(named, f"--{parameter.name.replace('_', '-')}")


def check_apart(flag: str, path: Path, read: Mapping[Path, Read]) -> None:
    """Refuse to write over what is read, or into its data folder.

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
        If it is.
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


def _sources(read: Mapping[Path, Read]) -> Iterable[Path]:
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
    from ..data.project import find_project, kept_reading

    project = next((path for path in read if read[path] is Read.PROJECT), None)
    try:
        masks = kept_reading(find_project(data, project)).masks_csv
    except InputError:  # which the command says, if it matters
        return []
    return [] if masks is None else [masks]


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
