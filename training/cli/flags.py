"""The command line of a command, made from the description of its options."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer
from pydantic.fields import FieldInfo

from ..commands import Command, Options
from ..commands.options import CommandLine, TrainSettings
from ..commands.outputs import Output, Read, check_output
from ..data.reading import Reading
from ..errors import InputError
from ..files import real_path
from ..guarded import load_json
from ..learn.settings.augmentation import Augmentation
from ..learn.settings.config import TrainConfig
from ..learn.settings.words import documented, holds_numbers, whole_numbers

#: What ``--as-found`` does to choices in commands that keep them, and in the others.
_KEPT, _ONCE = (
    "Choices are kept in the project.",
    "Here for this once: this command keeps and forgets no choice.",
)


@dataclass(frozen=True)
class Flag:
    """An argument or option: its name, its type, what typer has to know, its marks."""

    name: str
    kind: Any
    info: Any
    marks: tuple[object, ...] = ()
    default: Any = None

    @property
    def parameter(self) -> inspect.Parameter:
        """It as a parameter of what typer registers."""
        return inspect.Parameter(
            self.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=self.default,
            annotation=Annotated[self.kind, self.info],
        )


def as_callback(
    command: Command, do: Callable[[Options, Path | None], int]
) -> Callable[..., int]:
    """Return what typer registers for a command.

    Parameters
    ----------
    command
        Whose options become arguments and flags.
    do
        Does it, given the options and the file of ``--json``, and returns the exit
        code.

    Returns
    -------
    callable
        Its parameters are the flags. It raises `InputError` if an option is wrong, or
        an output may not be written.
    """
    model = command.options
    flags = {flag.name: flag for flag in flags_of(model)}

    def callback(**given: Any) -> int:
        _check_outputs(flags, given)
        path = given.pop("json", None)
        return do(model.of(_options(model, given)), path)

    parameters = [flag.parameter for flag in flags.values()]
    callback.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    callback.__annotations__ = {one.name: one.annotation for one in parameters}
    return callback


def flags_of(model: type[Options]) -> list[Flag]:
    """Return the arguments and options of a command, in the order of its help."""
    found, has_json = [], model.has_json
    for name, field in model.model_fields.items():
        if _line(field).hidden:
            continue
        if field.annotation is Reading:
            found += _reading_flags(model.keeps_reading)
        elif any(isinstance(mark, TrainSettings) for mark in field.metadata):
            found += _settings_flags()
        else:
            found.append(_flag(name, field))
        last = "reading" if "reading" in model.model_fields else "project"
        if has_json and name == last:
            text = "Write the result; - prints it."
            info = typer.Option(metavar="FILE", help=text)
            found.append(Flag("json", Path | None, info, (Output(),)))
    return found


def _line(field: FieldInfo) -> CommandLine:
    marks = (mark for mark in field.metadata if isinstance(mark, CommandLine))
    return next(marks, CommandLine())


def _flag(name: str, field: FieldInfo) -> Flag:
    line, text = _line(field), " ".join((field.description or "").split())
    default = inspect.Parameter.empty if field.is_required() else field.default
    if line.argument:
        info = typer.Argument(metavar=line.metavar, help=text)
    elif field.annotation is bool and default is False:  # there is no --no-
        info = typer.Option(f"--{name.replace('_', '-')}", help=text)
    else:
        info = typer.Option(metavar=line.metavar, help=text)
    return Flag(name, field.annotation, info, tuple(field.metadata), default)


def _reading_flags(keeps: bool) -> list[Flag]:
    hints, made = get_type_hints(Reading), []
    for field in fields(Reading):
        if not field.metadata:
            continue
        kind, about = hints[field.name], field.metadata
        text = about["help"]
        if field.name == "as_found":
            text += f" {_KEPT if keeps else _ONCE}"
        info = typer.Option(about["flag"], metavar=about["metavar"], help=text)
        marks = (Read.FILE,) if kind == Path | None else ()
        made.append(Flag(field.name, kind, info, marks, field.default))
    return made


def _settings_flags() -> list[Flag]:
    """Return the flags of a training's settings, None where nothing is given."""
    text = "Settings as JSON, such as a run's config.json; flags beat it."
    info = typer.Option(metavar="FILE", help=text)
    made = [Flag("config", Path | None, info, (Read.FILE,))]
    for cls in (TrainConfig, Augmentation):
        types, texts = get_type_hints(cls), documented(cls)
        for name in texts:
            if name != "augmentation":  # whose own fields follow
                made.append(_setting(name, types[name], texts[name]))
    return made


def _setting(name: str, kind: Any, text: str) -> Flag:
    shape = None
    if holds_numbers(name):
        kind, shape = str, "HxW" if name == "size" else "N,N,…"
    info = typer.Option(metavar=shape, help=text)
    marks = (Read.FILE,) if name == "init_from" else ()
    return Flag(name, kind | None, info, marks)


def _check_outputs(flags: Mapping[str, Flag], given: dict[str, Any]) -> None:
    read: dict[Path, Read] = {}
    for name, flag in flags.items():
        for mark in flag.marks:
            if isinstance(mark, Read) and given.get(name):
                given[name] = real_path(given[name])  # a sentence says no "."
                read[given[name]] = mark
    for name, flag in flags.items():
        for mark in flag.marks:
            path = given.get(name)
            if isinstance(mark, Output) and path is not None and str(path) != "-":
                check_output(f"--{name.replace('_', '-')}", path, mark, read)


def _options(model: type[Options], given: dict[str, Any]) -> dict[str, Any]:
    """Return the values of flags as the fields of a model."""
    values: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if field.annotation is Reading:
            own = {one.name for one in fields(Reading)} & given.keys()
            values[name] = Reading(**{one: given[one] for one in own})
        elif name == "config":
            values[name] = _settings(given)
        elif name in given:
            values[name] = given[name]
    return values


def _settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Join a file's settings and the flags, which beat it."""
    settings = {} if given["config"] is None else _read(given["config"])
    for field in fields(TrainConfig):
        if (value := given.get(field.name)) is not None:
            settings[field.name] = _typed(field.name, value)
    known = settings.get("augmentation", {})
    for field in fields(Augmentation):
        if (value := given[field.name]) is not None and isinstance(known, dict):
            settings["augmentation"] = known = {**known, field.name: value}
    return settings


def _typed(name: str, value: Any) -> Any:
    if name == "init_from":  # a relative path means nothing elsewhere
        return str(Path(value).expanduser().resolve())
    return whole_numbers(f"--{name}", value) if holds_numbers(name) else value


def _read(path: Path) -> dict[str, Any]:
    try:
        found = load_json(path)
    except OSError as error:
        raise InputError(
            f"--config {path} cannot be read ({error.strerror}): name a JSON file, "
            "such as a run's config.json."
        ) from error
    except ValueError as error:
        text = str(error).removeprefix("no JSON: ")
        raise InputError(f"--config {path} is no JSON: {text}.") from error
    if not isinstance(found, dict):
        raise InputError(
            f'--config {path} holds no settings by name: write {{"epochs": 20}}.'
        )
    return found
