"""One worker's life: one command, its events, one last event."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_args, get_origin, get_type_hints

from ..errors import Cancelled, InputError
from .channel import Channel, Command
from .commands import COMMANDS
from .failures import EXIT, error_event
from .serve import serve

#: Commands that go on when the window that started them closes.
LASTING = ("train", "resume", "crossval", "tune")


def run(channel: Channel) -> int:
    """Do what the channel asks for, and return the exit code."""
    try:
        command = channel.next()
        if command is None:
            raise Cancelled("before any command came")
        value = _do(channel, command)
    except (Exception, KeyboardInterrupt) as error:
        event = error_event(error)
        channel.send(event)
        return EXIT[event["kind"]]
    channel.send({"event": "result", "value": value})
    return 0


def _do(channel: Channel, command: Command) -> Any:
    name = command["command"]
    settings = {key: value for key, value in command.items() if key != "command"}
    if name == "serve":
        check(name, serve, settings, channel)
        return serve(channel)
    if name not in COMMANDS:
        known = ", ".join([*COMMANDS, "serve"])
        raise InputError(f"the worker knows no command {name!r}: it knows {known}")
    work = COMMANDS[name]
    outlives = name in LASTING
    should_stop = channel.asked.is_set if outlives else channel.stopped_or_closed
    check(name, work, settings, channel.send, should_stop)
    return work(channel.send, should_stop, **settings)


def check(
    name: str, work: Callable[..., Any], settings: dict[str, Any], *given: object
) -> None:
    """Raise `InputError` if a command lacks a setting, or has a wrong one."""
    try:
        inspect.signature(work).bind(*given, **settings)
    except TypeError as error:
        raise InputError(f"command {name}: {error}") from None
    hints = get_type_hints(work)
    for key, value in settings.items():
        wanted = _kinds(hints[key])
        if not any(_is_a(value, kind) for kind in wanted):
            words = " or ".join(_WORDS[kind] for kind in wanted if kind in _WORDS)
            raise InputError(f"command {name}: {key} has to be {words}, not {value!r}")


#: How a message calls what JSON can carry for a setting.
_WORDS = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    Mapping: "an object",
    list: "a list",
    type(None): "null",
}


def _kinds(hint: Any) -> list[type]:
    """Return the types that a setting may have: those of a union, one by one."""
    origin = get_origin(hint)
    if origin in (Mapping, list):
        return [origin]
    return [hint] if origin is None else [k for a in get_args(hint) for k in _kinds(a)]


def _is_a(value: object, kind: type) -> bool:
    if kind in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, int | float if kind is float else kind)
