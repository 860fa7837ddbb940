"""Masks as a person draws them: nearly right, or beside the nerve."""

from __future__ import annotations

import math

import numpy as np

from .outline import Ellipse, Outline

#: How far drawn radii may be off on average around the curve, as a share. The Dice
#: of two curves about one centre is about one less the mean difference of their
#: radii, so two drawings of one nerve agree to 0.82 at the worst.
STEADINESS = 0.09

#: Depth, in reference pixels, that misplaced masks are moved towards.
_MIDDLE = 200.0


def annotate(true: Outline, rng: np.random.Generator) -> Outline:
    """Draw ``true`` so that radii are off by at most `STEADINESS` on average.

    The error is a general tendency to draw wide or tight and one to four bumps
    around the curve; together they use between half and all of the allowance.
    """
    parts = rng.dirichlet((1.6, 1.6, 1.0, 0.6, 0.3)) * rng.uniform(0.5, 1.0)
    parts *= STEADINESS * rng.choice((-1.0, 1.0), parts.size)
    parts[1:] *= math.pi / 2  # a sine of amplitude 1 is 2 / pi off on average
    phases = rng.uniform(0, 2 * math.pi, parts.size)
    phases[0] = 0.0
    errors = [(n, float(parts[n]), float(phases[n])) for n in range(parts.size)]
    return Outline(true.ellipse, true.bumps, tuple(errors))


def annotate_beside(true: Outline, rng: np.random.Generator) -> Outline:
    """Draw the neighbouring structure instead, across the short axis.

    The overlap that remains is about a third, far from any agreement. A high
    nerve is missed downwards, a low one upwards, to stay in the frame.
    """
    old = true.ellipse
    away = float(rng.uniform(1.05, 1.3)) * old.radius_b
    across = (-math.sin(old.angle), math.cos(old.angle))
    if across[1] * (_MIDDLE - old.centre_y) < 0:
        away = -away
    moved = Ellipse(
        old.centre_y + across[1] * away,
        old.centre_x + across[0] * away,
        old.radius_a * float(rng.uniform(0.85, 1.0)),
        old.radius_b,
        old.angle + float(rng.normal(0, 0.15)),
    )
    return annotate(Outline(moved, true.bumps), rng)
