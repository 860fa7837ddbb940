"""One worker's life: one command, its events, one last event."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..errors import Cancelled, InputError
from .channel import Channel, Command
from .commands import COMMANDS
from .failures import EXIT, error_event
from .serve import serve


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
    # Training goes on when the window that started it closes.
    should_stop = channel.asked.is_set if name == "train" else channel.stopped_or_closed
    check(name, work, settings, channel.send, should_stop)
    return work(channel.send, should_stop, **settings)


def check(
    name: str, work: Callable[..., Any], settings: dict[str, Any], *given: object
) -> None:
    """Raise `InputError` if a command lacks a setting or has one too many."""
    try:
        inspect.signature(work).bind(*given, **settings)
    except TypeError as error:
        raise InputError(f"command {name}: {error}") from None
