"""A few words on the canvas itself: what is shown is not the frame as it is."""

from __future__ import annotations

from typing import Any

from . import compat


class CanvasNote:
    """Lines in the canvas's corner, one a topic; none, and nothing is there."""

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._lines: dict[str, str] = {}

    @property
    def text(self) -> str:
        """What can be read there."""
        return "\n".join(self._lines.values())

    def say(self, topic: str, line: str) -> None:
        """Write the line of one topic; an empty one takes it away."""
        self._lines.pop(topic, None)
        if line:
            self._lines[topic] = line
        overlay = compat.text_overlay(self._viewer)
        overlay.text, overlay.visible = self.text, bool(self._lines)

    def clear(self) -> None:
        """Take all lines away."""
        for topic in tuple(self._lines):
            self.say(topic, "")
