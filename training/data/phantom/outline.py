"""Closed curves: ellipses, and ellipses with bumps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .drift import Drift, draw_drift
from .scene import REFERENCE, Float, Scene

_ORDERS = (2, 3, 4)


@dataclass(frozen=True)
class Ellipse:
    """An ellipse in reference pixels, ``angle`` in radians from the x axis.

    ``radius_a`` lies along the angle, ``radius_b`` across it.
    """

    centre_y: float
    centre_x: float
    radius_a: float
    radius_b: float
    angle: float = 0.0

    def window(self, scene: Scene, reach: float) -> tuple[slice, slice]:
        """Give the grid rows and columns within ``reach`` radii of the centre."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        half_x = reach * np.hypot(self.radius_a * cos, self.radius_b * sin)
        half_y = reach * np.hypot(self.radius_a * sin, self.radius_b * cos)
        rows = np.searchsorted(
            scene.y[:, 0], (self.centre_y - half_y, self.centre_y + half_y)
        )
        columns = np.searchsorted(
            scene.x[0], (self.centre_x - half_x, self.centre_x + half_x)
        )
        return slice(rows[0], rows[1]), slice(columns[0], columns[1])

    def radius(
        self, scene: Scene, window: tuple[slice, slice]
    ) -> tuple[Float, Float, Float]:
        """Measure the grid points of ``window`` in the ellipse's own radii.

        Returns
        -------
        radius, along, across : ndarray of float32
            ``radius`` is 1 on the ellipse; the other two are coordinates on its
            axes, in radii.
        """
        dy = scene.y[window[0]] - np.float32(self.centre_y)
        dx = scene.x[:, window[1]] - np.float32(self.centre_x)
        cos, sin = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        along = ((dx * cos + dy * sin) / self.radius_a).astype(np.float32)
        across = ((dy * cos - dx * sin) / self.radius_b).astype(np.float32)
        return np.sqrt(along * along + across * across), along, across


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
    errors : tuple of (order, amplitude, phase)
        The same again, for the hand that drew it.
    """

    ellipse: Ellipse
    bumps: tuple[tuple[int, float, float], ...]
    errors: tuple[tuple[int, float, float], ...] = ()

    def reach(self, angle: Float) -> Float:
        """Give the curve's radius at ``angle``, in radii of the ellipse."""
        reach = _bumpy(self.bumps, angle)
        return reach * _bumpy(self.errors, angle) if self.errors else reach

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


def _bumpy(bumps: tuple[tuple[int, float, float], ...], angle: Float) -> Float:
    reach = np.ones_like(angle)
    for order, amplitude, phase in bumps:
        reach += np.float32(amplitude) * np.cos(order * angle + np.float32(phase))
    return reach


@dataclass(frozen=True)
class Bumps:
    """Deviations from an ellipse that drift along the sweep.

    Attributes
    ----------
    waves : tuple of (amplitude, phase) waves
        For two, three and four bumps around the curve.
    """

    waves: tuple[tuple[Drift, Drift], ...]

    def on(self, ellipse: Ellipse, z: float) -> Outline:
        """Give the bumpy curve at probe position ``z``."""
        waves = zip(_ORDERS, self.waves, strict=True)
        return Outline(ellipse, tuple((n, a(z), p(z)) for n, (a, p) in waves))


def draw_bumps(rng: np.random.Generator, size: float) -> Bumps:
    """Draw bumps of about ``size`` radii; higher orders are smaller."""
    swings = (size, 0.8 * size, 0.5 * size)
    return Bumps(
        tuple(
            (
                draw_drift(rng, rng.normal(0, swing), swing / 2),
                draw_drift(rng, rng.uniform(0, 2 * math.pi), 1),
            )
            for swing in swings
        )
    )
