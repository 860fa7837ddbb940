"""The nerve: what it looks like, and where it truly ends."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .drift import Drift, draw_drift
from .outline import Bumps, Ellipse, Outline, draw_bumps
from .scene import Float, Scene, step

#: Median and bounds of the nerve's true area, pixels of a 420 x 580 frame. The
#: masks of real frames go from 2,684 to 17,439.
MEDIAN_AREA = 7080.0
SMALLEST, LARGEST = 3250.0, 14600.0


@dataclass(frozen=True)
class Fascicle:
    """One dark bundle; place and size in radii of the nerve."""

    along: float
    across: float
    size: float


@dataclass(frozen=True)
class Nerve:
    """A trunk of the brachial plexus along one sweep.

    Attributes
    ----------
    depth, position : Wave
        Its centre, reference pixels.
    area : Wave
        Square reference pixels.
    length : Wave
        Long over short axis.
    angle : Wave
        Of the long axis, radians.
    bumps : Bumps
        Deviations from the ellipse.
    fascicles : tuple of Fascicle
        Dark bundles in the bright tissue.
    bright, dark : float
        Echo between and in the bundles, dB.
    rim : float
        Amplitude of the surfaces around and between the bundles.
    """

    depth: Drift
    position: Drift
    area: Drift
    length: Drift
    angle: Drift
    bumps: Bumps
    fascicles: tuple[Fascicle, ...]
    bright: float
    dark: float
    rim: float

    def outline(self, z: float) -> Outline:
        """Give the true boundary at probe position ``z``."""
        area = min(max(self.area(z), SMALLEST), LARGEST)
        short = math.sqrt(area / math.pi / self.length(z))
        ellipse = Ellipse(
            self.depth(z),
            self.position(z),
            area / math.pi / short,
            short,
            self.angle(z),
        )
        return self.bumps.on(ellipse, z)

    def paint(self, scene: Scene, z: float, pattern: Float) -> None:
        """Put the nerve: bright tissue and rim, dark bundles, an even boundary."""
        outline = self.outline(z)
        window = outline.ellipse.window(scene, 1.45)
        radius = outline.relative(scene, window)
        _, along, across = outline.ellipse.radius(scene, window)
        grain = pattern[window]
        clumps = np.exp(0.8 * grain)
        inside = step(1 - radius, 0.08)
        bundles = self._bundles(z, along, across, 1 + 0.22 * grain)
        echo = np.float32(self.bright) + 4 * grain
        echo += bundles * (np.float32(self.dark) + 2 * grain - echo)
        scatter, mirror = scene.scatter[window], scene.mirror[window]
        scatter += inside * (echo - scatter)
        mirror *= 1 - 0.9 * inside
        slope = across * across / np.maximum(along * along + across * across, 0.05)
        near = (radius - 0.9) / np.float32(0.1)
        rim = np.exp(-near * near) * (0.2 + 0.8 * slope)
        between = 0.5 * inside * (1 - bundles)
        mirror += np.float32(self.rim) * clumps * (rim + between)

    def _bundles(self, z: float, along: Float, across: Float, rough: Float) -> Float:
        """Say how far each point lies in a dark bundle, 0 to 1."""
        within = np.zeros_like(along)
        for bundle in self.fascicles:
            off_a = (along - np.float32(bundle.along)) * np.float32(self.length(z))
            off_b = across - np.float32(bundle.across)
            away = np.sqrt(off_a * off_a + off_b * off_b) / np.float32(bundle.size)
            away *= rough
            np.maximum(within, step(1 - away, 0.4), out=within)
        return within


def draw_nerve(rng: np.random.Generator) -> Nerve:
    """Draw one subject's nerve."""
    area = MEDIAN_AREA * math.exp(rng.normal(0, 0.2))
    depth = float(np.clip(rng.gamma(9.0, 16.0), 98, 240))
    position = float(np.clip(rng.normal(332, 40), 210, 430))
    return Nerve(
        depth=draw_drift(rng, depth, 20),
        position=draw_drift(rng, position, 34),
        area=draw_drift(rng, area, 0.3 * area, (9, 25)),
        length=draw_drift(rng, rng.uniform(1.35, 1.95), 0.2),
        angle=draw_drift(rng, rng.normal(-1.05, 0.33), 0.25),
        bumps=draw_bumps(rng, 0.05),
        fascicles=_draw_fascicles(rng),
        bright=float(rng.uniform(-15, -10)),
        dark=float(rng.uniform(-23, -17)),
        rim=float(rng.uniform(0.2, 0.48)),
    )


def _draw_fascicles(rng: np.random.Generator) -> tuple[Fascicle, ...]:
    bundles: list[Fascicle] = []
    wanted = int(rng.integers(3, 7))
    for _ in range(60):
        angle, radius = rng.uniform(0, 2 * math.pi), 0.68 * math.sqrt(rng.random())
        new = Fascicle(
            radius * math.cos(angle), radius * math.sin(angle), rng.uniform(0.22, 0.44)
        )
        gaps = [
            math.hypot((new.along - b.along) * 1.6, new.across - b.across)
            - 0.9 * (new.size + b.size)
            for b in bundles
        ]
        if min(gaps, default=1.0) > 0:
            bundles.append(new)
        if len(bundles) == wanted:
            break
    return tuple(bundles)
