"""The nerve: what it looks like, where it truly ends, what a person draws."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .scene import REFERENCE, Ellipse, Float, Scene, step
from .waves import Wave, draw_wave

#: Median and bounds of the nerve's true area, pixels of a 420 x 580 frame. The
#: masks of real frames go from 2,684 to 17,439.
MEDIAN_AREA = 6850.0
SMALLEST, LARGEST = 3250.0, 14600.0

#: How far a drawn radius may be off, as a share: two drawings of one nerve then
#: have a Dice of at least 2 s^2 / (s^2 + l^2) = 0.86 for s = 1 - r, l = 1 + r.
HAND = 0.07

_ORDERS = (2, 3, 4)


@dataclass(frozen=True)
class Outline:
    """A closed curve about a centre: an ellipse with gentle bumps.

    Attributes
    ----------
    ellipse : Ellipse
        Reference pixels.
    bumps : tuple of (order, amplitude, phase)
        The radius is multiplied by one plus the sum of
        ``amplitude * cos(order * angle + phase)``.
    """

    ellipse: Ellipse
    bumps: tuple[tuple[int, float, float], ...]

    def reach(self, angle: Float) -> Float:
        """Give the curve's radius at ``angle``, in radii of the ellipse."""
        reach = np.ones_like(angle)
        for order, amplitude, phase in self.bumps:
            reach += np.float32(amplitude) * np.cos(order * angle + np.float32(phase))
        return reach

    def relative(self, scene: Scene, window: tuple[slice, slice]) -> Float:
        """Measure grid points in units of the curve: below 1 is inside."""
        radius, along, across = self.ellipse.radius(scene, window)
        return radius / self.reach(np.arctan2(across, along))

    def mask(self, size: tuple[int, int]) -> NDArray[np.bool_]:
        """Fill the curve in a frame of ``size`` (H, W): bool of that shape."""
        y, x = (
            (np.arange(side, dtype=np.float32) * np.float32(full / side))
            for side, full in zip(size, REFERENCE, strict=True)
        )
        none = np.zeros((0, 0), np.float32)
        grid = Scene(y[:, None], x[None, :], none, none)
        window = self.ellipse.window(grid, 1.4)
        mask = np.zeros(size, bool)
        mask[window] = self.relative(grid, window) <= 1
        return mask

    def drawn(self, rng: np.random.Generator) -> Outline:
        """Draw it by hand: every radius is off by at most `HAND`."""
        raw = rng.normal(0, (0.5, 0.45, 0.4, 0.3, 0.2))
        raw *= HAND / max(float(np.abs(raw).sum()), 1.0)
        phases = rng.uniform(0, 2 * math.pi, raw.size)
        extra = [(n, float(raw[n]), float(phases[n])) for n in range(1, raw.size)]
        extra.append((0, float(raw[0]), 0.0))
        return Outline(self.ellipse, (*self.bumps, *extra))

    def misplaced(self, rng: np.random.Generator) -> Outline:
        """Draw it on the neighbouring structure: across the short axis.

        The overlap that remains is about a third, far from any agreement. A high
        nerve is missed downwards, a low one upwards, to stay in the frame.
        """
        old = self.ellipse
        away = float(rng.uniform(1.05, 1.3)) * old.radius_b
        across = (-math.sin(old.angle), math.cos(old.angle))
        if across[1] * (200 - old.centre_y) < 0:
            away = -away
        moved = Ellipse(
            old.centre_y + across[1] * away,
            old.centre_x + across[0] * away,
            old.radius_a * float(rng.uniform(0.85, 1.0)),
            old.radius_b,
            old.angle + float(rng.normal(0, 0.15)),
        )
        return Outline(moved, self.bumps).drawn(rng)


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
    bumps : tuple of (amplitude, phase) waves
        Deviations from the ellipse, orders 2, 3 and 4.
    fascicles : tuple of Fascicle
        Dark bundles in the bright tissue.
    bright, dark : float
        Echo between and in the bundles, dB.
    """

    depth: Wave
    position: Wave
    area: Wave
    length: Wave
    angle: Wave
    bumps: tuple[tuple[Wave, Wave], ...]
    fascicles: tuple[Fascicle, ...]
    bright: float
    dark: float

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
        waves = zip(_ORDERS, self.bumps, strict=True)
        return Outline(ellipse, tuple((n, a(z), p(z)) for n, (a, p) in waves))

    def paint(self, scene: Scene, z: float, pattern: Float) -> None:
        """Put the nerve: bright tissue and rim, dark bundles, an even boundary."""
        outline = self.outline(z)
        window = outline.ellipse.window(scene, 1.35)
        radius = outline.relative(scene, window)
        _, along, across = outline.ellipse.radius(scene, window)
        inside = step(1 - radius, 0.06)
        clumps = 4.0 * pattern[window]
        echo = np.float32(self.bright) + clumps
        for bundle in self.fascicles:
            off_a = (along - np.float32(bundle.along)) * np.float32(self.length(z))
            off_b = across - np.float32(bundle.across)
            away = np.sqrt(off_a * off_a + off_b * off_b) / np.float32(bundle.size)
            echo += step(1 - away, 0.25) * (np.float32(self.dark) - echo)
        scatter, mirror = scene.scatter[window], scene.mirror[window]
        scatter += inside * (echo - scatter)
        mirror *= 1 - inside
        slope = across * across / np.maximum(along * along + across * across, 0.05)
        near = (radius - 0.94) / np.float32(0.07)
        rim = np.exp(-near * near) * (0.25 + slope) * np.exp(0.5 * pattern[window])
        mirror += np.float32(0.75) * rim


def draw_nerve(rng: np.random.Generator) -> Nerve:
    """Draw one subject's nerve."""
    area = MEDIAN_AREA * math.exp(rng.normal(0, 0.17))
    depth = float(np.clip(rng.gamma(9.0, 16.0), 98, 240))
    position = float(np.clip(rng.normal(332, 40), 210, 430))
    bumps = tuple(
        (draw_wave(rng, rng.normal(0, s), s / 2), draw_wave(rng, rng.uniform(0, 6), 1))
        for s in (0.04, 0.035, 0.02)
    )
    return Nerve(
        depth=draw_wave(rng, depth, 20),
        position=draw_wave(rng, position, 34),
        area=draw_wave(rng, area, 0.3 * area, (9, 25)),
        length=draw_wave(rng, rng.uniform(1.35, 1.95), 0.2),
        angle=draw_wave(rng, rng.normal(-1.05, 0.33), 0.25),
        bumps=bumps,
        fascicles=_draw_fascicles(rng),
        bright=float(rng.uniform(-5.5, -1.5)),
        dark=float(rng.uniform(-19, -14)),
    )


def _draw_fascicles(rng: np.random.Generator) -> tuple[Fascicle, ...]:
    bundles: list[Fascicle] = []
    wanted = int(rng.integers(3, 7))
    for _ in range(60):
        angle, radius = rng.uniform(0, 2 * math.pi), 0.68 * math.sqrt(rng.random())
        new = Fascicle(
            radius * math.cos(angle), radius * math.sin(angle), rng.uniform(0.2, 0.36)
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
