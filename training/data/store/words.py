"""The words that a frame's status and a reviewer's verdict may be: one list each."""

from __future__ import annotations

#: What a frame's status may be, the default first.
STATUSES = ("unreviewed", "approved", "flagged", "excluded")

#: What a frame is before anybody looked at it.
DEFAULT_STATUS = STATUSES[0]

#: What a reviewer may decide about a group of duplicate frames.
VERDICTS = (
    "keep",
    "all-empty",
    "union",
    "intersection",
    "majority",
    "redraw",
    "exclude",
    "not-duplicate",
    "ambiguous",
)

#: The status that a verdict gives the frames that it is about.
VERDICT_STATUS = {"exclude": "excluded", "redraw": "flagged"}
