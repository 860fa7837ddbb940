"""Flags made from what they set: a training's settings, how a data folder is read."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from ..data.reading import Reading
from ..errors import InputError
from ..guarded import load_json
from ..learn.settings.augmentation import Augmentation
from ..learn.settings.config import TrainConfig
from ..learn.settings.words import documented, holds_numbers, whole_numbers
from .reading import Read

R = TypeVar("R")

#: The parameter that a command gets its settings by, and how its data are read.
_SETTINGS, _READING = "settings", "reading"

#: Commands after which the project keeps what was chosen on how the data are read.
KEEPING = frozenset(
    {"scan", "duplicates", "train", "crossval", "tune", "resolve", "review"}
)

#: What ``--as-found`` does to choices in those commands, and in the others.
_KEPT, _ONCE = (
    "Choices are kept in the project.",
    "Here for this once: this command keeps and forgets no choice.",
)

#: The parameter of a command behind which help lists how its data are read.
_PROJECT = "project"

_CONFIG = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Settings as JSON, such as a run's config.json; flags beat it.",
    ),
    Read.FILE,
]


def with_settings(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command ``--config`` and a flag for every setting of a training.

    Parameters
    ----------
    command
        Takes ``settings``: a dict of those that were given, by name, as
        `TrainConfig.from_json` takes them.

    Returns
    -------
    callable
        What typer registers: with the flags in the place of ``settings``.
    """
    flags = _flags()

    @functools.wraps(command)
    def flagged(**given: Any) -> R:
        chosen = {name: given.pop(name) for name in flags}
        return command(**given, settings=_settings(chosen.pop("config"), chosen))

    own = inspect.signature(command, eval_str=True)
    kept = [p for p in own.parameters.values() if p.name != _SETTINGS]
    return _with_parameters(flagged, own, [*kept, *flags.values()])


def with_reading(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command a flag for every choice on how its data are read.

    Parameters
    ----------
    command
        Takes ``reading``, a `Reading`; one that does not is returned as it is.

    Returns
    -------
    callable
        What typer registers: with the flags in the place of ``reading``.
    """
    own = inspect.signature(command, eval_str=True)
    if _READING not in own.parameters:
        return command
    flags = _reading_flags(command.__name__ in KEEPING)

    @functools.wraps(command)
    def flagged(**given: Any) -> R:
        chosen = {name: given.pop(name) for name in flags}
        return command(**given, reading=Reading(**chosen))

    names = [name for name in own.parameters if name != _READING]
    behind = names.index(_PROJECT) + 1
    kept = [
        own.parameters[name].replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for name in names
    ]
    parameters = [*kept[:behind], *flags.values(), *kept[behind:]]
    return _with_parameters(flagged, own, parameters)


#: Names of settings with two words and more, where no path and no flag goes on.
_NAMES = "|".join(field.name for field in fields(TrainConfig) if "_" in field.name)
_SETTING = re.compile(rf"(?<![\w/\\.-])({_NAMES})(?![\w/\\-]|\.\w)")


def as_typed(text: str) -> str:
    """Return a sentence with settings as they are typed: ``--val-subjects``.

    The engine, the window and files call them by their names. Single words, such as
    epochs, can be read as they are.
    """
    if text.startswith("--space "):  # whose file names them
        return text
    return _SETTING.sub(lambda found: f"--{found[1].replace('_', '-')}", text)


def _with_parameters(
    flagged: Callable[..., R],
    own: inspect.Signature,
    parameters: list[inspect.Parameter],
) -> Callable[..., R]:
    flagged.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    flagged.__annotations__ = {p.name: p.annotation for p in parameters}
    return flagged


def _reading_flags(keeps: bool) -> dict[str, inspect.Parameter]:
    hints, made = get_type_hints(Reading), {}
    for field in fields(Reading):
        if not field.metadata:
            continue
        hint, about = hints[field.name], field.metadata
        text = about["help"]
        if field.name == "as_found":
            text += f" {_KEPT if keeps else _ONCE}"
        option = typer.Option(about["flag"], metavar=about["metavar"], help=text)
        kind: Any = Annotated[hint, option]
        if hint == Path | None:
            kind = Annotated[hint, option, Read.FILE]
        made[field.name] = _parameter(field.name, kind).replace(default=field.default)
    return made


def _flags() -> dict[str, inspect.Parameter]:
    """Return the flags as parameters that are None where nothing was given."""
    made = {"config": _parameter("config", _CONFIG)}
    for cls in (TrainConfig, Augmentation):
        types, texts = get_type_hints(cls), documented(cls)
        for field in fields(cls):
            if field.name != "augmentation":  # whose own fields follow
                kind, text = types[field.name], texts[field.name]
                made[field.name] = _parameter(field.name, _option(field, kind, text))
    return made


def _parameter(name: str, annotation: Any) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=None, annotation=annotation)


def _option(field: Any, kind: Any, text: str) -> Any:
    """Return what typer has to know of a setting's flag."""
    flag = f"--{field.name.replace('_', '-')}"
    if kind is bool:
        both = f"{flag}/--no-{flag[2:]}"
        return Annotated[bool | None, typer.Option(both, help=text)]
    if holds_numbers(field.name):
        shape = "HxW" if field.name == "size" else "N,N,…"
        return Annotated[str | None, typer.Option(flag, metavar=shape, help=text)]
    option = typer.Option(flag, help=text)
    if field.name == "init_from":
        return Annotated[kind | None, option, Read.FILE]
    return Annotated[kind | None, option]


def _settings(config: Path | None, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Join a file's settings and the flags, which beat it."""
    settings = {} if config is None else _read(config)
    strengths = {field.name for field in fields(Augmentation)}
    for name, value in chosen.items():
        if value is None:
            continue
        if name not in strengths:
            settings[name] = _typed(name, value)
        elif isinstance(known := settings.get("augmentation", {}), dict):
            settings["augmentation"] = {**known, name: value}
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
