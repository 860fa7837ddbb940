"""Bytes that arrive in any pieces, to events: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Event = dict[str, Any]


class EventLines:
    """Cuts a stream into lines and keeps the last, unfinished one.

    Lines that are no event, a library that prints, most often, are passed over.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Event]:
        """Take what has arrived and yield the events that it completes."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            event = _parse(line)
            if event is not None:
                yield event

    def finish(self) -> Iterator[Event]:
        """Yield the event in a last line that lacks its line feed."""
        yield from self.feed(b"\n")


class FileTail:
    """Reads what another process appends to a file of events."""

    def __init__(self, path: Path) -> None:
        self._path, self._offset, self._lines = path, 0, EventLines()

    def read(self) -> list[Event]:
        """Return the whole lines that were appended since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError:  # not there yet, or gone with its folder
            return []
        self._offset += len(data)
        return list(self._lines.feed(data))


def _parse(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    named = isinstance(event, dict) and isinstance(event.get("event"), str)
    return event if named else None


def tail_of(text: bytes, limit: int) -> bytes:
    """Return the last ``limit`` bytes, from the beginning of a line if possible."""
    if len(text) <= limit:
        return text
    cut = text[-limit:]
    return cut[cut.find(b"\n") + 1 :]
