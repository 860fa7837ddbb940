"""What a reviewer may say of a frame and of a group, and what is a group: each once."""

from __future__ import annotations

#: Frames above this SSIM are duplicates, unless the user says otherwise.
SSIM_THRESHOLD = 0.99

#: Two nerves with a lower Dice than this disagree, unless the user says otherwise.
SHAPE_DICE = 0.70

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

#: Verdicts that settle a group whatever its masks say.
FINAL = ("not-duplicate", "ambiguous")

#: The status that a verdict gives the frames that it is about.
VERDICT_STATUS = {"exclude": "excluded", "redraw": "flagged"}
