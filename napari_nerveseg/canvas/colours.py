"""The fixed colours of the window, one place.

Layers take the palette of Okabe and Ito (2008, "Color universal design",
https://jfly.uni-koeln.de/color/), which people with any of the common forms of
colour blindness tell apart; states of a frame take what the palette has left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import _engine
from .compat import plainly_mapped

if TYPE_CHECKING:
    from napari.utils.colormaps import Colormap, DirectLabelColormap

try:
    GROUND_TRUTH = _engine.GROUND_TRUTH_COLOUR
    PREDICTION = _engine.PREDICTION_COLOUR
except _engine.EngineClash:  # the dock shows why, and nothing else
    GROUND_TRUTH = PREDICTION = "#FFFFFF"
#: The mask of frame B, and of A, where two frames are compared.
MASK_A, MASK_B = GROUND_TRUTH, "#E69F00"
FALSE_POSITIVE = "#D55E00"
FALSE_NEGATIVE = "#CC79A7"
CONFLICT = "#D55E00"
#: Two models, or two versions of the labels, on one frame.
VERSION_A, VERSION_B = "#009E73", "#CC79A7"

#: What can be chosen for a mask: the palette, and white.
CHOICES = {
    "Sky blue": "#56B4E9",
    "Yellow": "#F0E442",
    "Orange": "#E69F00",
    "Vermilion": "#D55E00",
    "Purple": "#CC79A7",
    "Green": "#009E73",
    "Blue": "#0072B2",
    "White": "#FFFFFF",
}

#: How each frame status is drawn in the timeline and in the table.
STATUS = {
    "unreviewed": "#7A808C",
    "approved": "#009E73",
    "flagged": "#E69F00",
    "excluded": "#0072B2",
}

#: Dice from 0 over a half to 1, where it is told by colour.
DICE_SCALE = ("#D55E00", "#F0E442", "#009E73")

#: The two curves of training.
LOSS_CURVE = "#E69F00"
DICE_CURVE = "#56B4E9"

#: Labels of the error layer.
FALSE_POSITIVE_LABEL = 1
FALSE_NEGATIVE_LABEL = 2

_CLEAR = (0.0, 0.0, 0.0, 0.0)

#: Colours of a heat, one for each value of a map, and the share of the way at which
#: they hide the most that the layer's opacity allows.
_HEAT_LEVELS = 256
_SOLID = 0.25


def mask_colormap(colour: str) -> DirectLabelColormap:
    """Return a colormap that draws every label but 0 in ``colour``."""
    from napari.utils.colormaps import DirectLabelColormap

    return plainly_mapped(
        DirectLabelColormap(color_dict={None: colour, 0: _CLEAR, 1: colour})
    )


def heat_colormap(name: str) -> Colormap:
    """Return napari's colormap ``name``, clear where there is nothing to show.

    It is solid from `_SOLID` upwards; else its darkest colour would lie like a filter
    over every pixel of a frame whose heat is zero nearly everywhere.
    """
    from napari.utils.colormaps import Colormap, ensure_colormap

    levels = np.linspace(0, 1, _HEAT_LEVELS)
    colours = ensure_colormap(name).map(levels)
    colours[:, 3] = np.minimum(levels / _SOLID, 1)
    return Colormap(colours, name=f"{name} over clear")


def signed_colormap() -> Colormap:
    """Return a colormap from B's colour over black (no difference) to A's."""
    from napari.utils.colormaps import Colormap

    return Colormap([MASK_B, "black", MASK_A], name="A minus B")


def error_colormap(
    false_positive: str = FALSE_POSITIVE, false_negative: str = FALSE_NEGATIVE
) -> DirectLabelColormap:
    """Return the colormap of the error layer."""
    from napari.utils.colormaps import DirectLabelColormap

    return plainly_mapped(
        DirectLabelColormap(
            color_dict={
                None: _CLEAR,
                FALSE_POSITIVE_LABEL: false_positive,
                FALSE_NEGATIVE_LABEL: false_negative,
            }
        )
    )
