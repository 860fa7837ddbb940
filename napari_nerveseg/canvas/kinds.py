"""The kinds of layer that show one frame, by the names they have in the layer list."""

from __future__ import annotations

IMAGE, TRUTH, PREDICTION, ERROR, PROBABILITY, UNCERTAINTY = (
    "image",
    "ground truth",
    "prediction",
    "error",
    "probability",
    "uncertainty",
)
#: Two models, or two versions of the labels, against each other on one frame.
VERSION_A, VERSION_B = "compared A", "compared B"
#: Kinds of a pair alone: A minus B, and the mask of the other frame of the two.
DIFFERENCE, OTHER = "difference", "other mask"
#: All kinds of one frame, from the bottom of the layer list to its top.
KINDS = (
    IMAGE,
    PROBABILITY,
    UNCERTAINTY,
    ERROR,
    PREDICTION,
    TRUTH,
    VERSION_B,
    VERSION_A,
)
#: Kinds that are drawn as masks, contour or fill, in one colour.
MASKS = (TRUTH, PREDICTION, VERSION_A, VERSION_B, OTHER)
#: Kinds that are drawn as heat.
HEATS = (PROBABILITY, UNCERTAINTY)
#: Kinds that nobody sees before asking for them.
HIDDEN_AT_FIRST = (ERROR, PROBABILITY, UNCERTAINTY, DIFFERENCE, OTHER)
