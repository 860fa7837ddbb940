"""One worker's life: one command, its events, one last event."""

from __future__ import annotations

from typing import Any

from ..commands import COMMANDS, Options
from ..errors import Cancelled, InputError
from .channel import Channel, Command
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
    values = {key: value for key, value in command.items() if key != "command"}
    if name == "serve":
        Options.of(values, name)  # of which it has none
        return serve(channel)
    if name not in COMMANDS:
        known = ", ".join([*COMMANDS, "serve"])
        raise InputError(f"the worker knows no command {name!r}: it knows {known}")
    work = COMMANDS[name]
    options = work.options.of(values, name)
    lives_on = options.outlives_window
    should_stop = channel.asked.is_set if lives_on else channel.stopped_or_closed
    return work.run(options, channel.send, should_stop)
