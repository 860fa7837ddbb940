"""Skin, fat, fascia, muscle, vessels, bone and shadow of one subject's neck."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .drift import Drift, draw_drift
from .outline import Bumps, Ellipse, Outline, draw_bumps
from .scene import Canvas, Float, Scene, step


def texture(
    rng: np.random.Generator, shape: tuple[int, int], sigma: tuple[float, float]
) -> Float:
    """Draw smooth, periodic Gaussian noise of unit variance.

    Parameters
    ----------
    rng
        Where it comes from.
    shape
        (h, w).
    sigma
        Smoothing down and across, grid steps.
    """
    from scipy import fft

    noise = fft.rfft2(rng.standard_normal(shape, dtype=np.float32))
    down = np.fft.fftfreq(shape[0])[:, None] * sigma[0]
    across = np.fft.rfftfreq(shape[1])[None, :] * sigma[1]
    noise *= np.exp(-2 * np.pi**2 * (down**2 + across**2)).astype(np.float32)
    smooth: Float = fft.irfft2(noise, shape)
    smooth /= smooth.std()
    return smooth


@dataclass(frozen=True)
class Fibres:
    """Bright streaks of muscle and fat septa, running along the layers.

    The pattern at probe position ``z`` is a turn between independent Gaussian
    patterns, so it stays Gaussian and changes smoothly; its peaks are the
    streaks. It is bent by pushing each column up or down.
    """

    canvas: Canvas
    seed: tuple[int, ...]
    sizes: tuple[float, float]
    turns: tuple[float, float]
    bend: tuple[Drift, ...]
    tilt: Drift

    @cached_property
    def patterns(self) -> tuple[Float, ...]:
        """Four patterns, (1.5 h, w) each."""
        rng = np.random.default_rng(self.seed)
        height, width = self.canvas.y.shape[0], self.canvas.x.shape[1]
        sigma = tuple(
            size * scale / self.canvas.coarseness
            for size, scale in zip(self.sizes, self.canvas.scale, strict=True)
        )
        shape = (height + height // 2, width)
        return tuple(texture(rng, shape, (sigma[0], sigma[1])) for _ in range(4))

    def shift(self, z: float) -> Float:
        """Give the columns' displacement, reference pixels, (1, w)."""
        u = (self.canvas.x / 580 - 0.5).astype(np.float32)
        moved = u * np.float32(self.tilt(z))
        for order, wave in enumerate(self.bend, start=1):
            moved = moved + np.float32(wave(z)) * np.sin(
                np.float32(math.pi * order) * u + np.float32(0.7 * order * order)
            )
        return moved

    def at(self, z: float, shift: Float) -> Float:
        """Give the pattern at ``z``, bent by ``shift``: (h, w), unit variance."""
        angles = [turn * z for turn in self.turns]
        weights = [f(a) for a in angles for f in (math.cos, math.sin)]
        mixed = np.zeros_like(self.patterns[0])
        for weight, pattern in zip(weights, self.patterns, strict=True):
            mixed += pattern * np.float32(weight * math.sqrt(0.5))
        return bend(mixed, self.canvas, shift)


def bend(pattern: Float, canvas: Canvas, shift: Float) -> Float:
    """Move the columns of ``pattern`` by ``shift`` (growing with depth): (h, w)."""
    grip = np.clip(canvas.y / 130, 0.12, 1.0)
    rows_per_pixel = canvas.scale[0] / canvas.coarseness
    height, width = pattern.shape
    source = np.arange(canvas.y.shape[0], dtype=np.float32)[:, None] + height // 6
    source = source - grip * shift * np.float32(rows_per_pixel)
    np.clip(source, 0, height - 2, out=source)
    above = source.astype(np.int32)
    part = source - above
    above *= width
    above += np.arange(width, dtype=np.int32)
    upper: Float = pattern.take(above)
    lower: Float = pattern.take(above + width)
    lower -= upper
    lower *= part
    lower += upper
    return lower


@dataclass(frozen=True)
class Layers:
    """Skin, fat, fascia and muscle by depth: an echo and a surface per boundary.

    Attributes
    ----------
    depths : tuple of float
        Boundaries, reference pixels, growing.
    echoes : tuple of float
        Diffuse echo below each boundary, dB; one more than boundaries.
    lines : tuple of (amplitude, thickness)
        The surface at each boundary.
    """

    depths: tuple[float, ...]
    echoes: tuple[float, ...]
    lines: tuple[tuple[float, float], ...]

    @cached_property
    def profiles(self) -> tuple[Float, Float]:
        """Echo (dB) and surface (amplitude) by depth, -100 to 600 in halves."""
        depth = np.arange(-100, 600, 0.5)
        echo = np.full(depth.shape, self.echoes[0])
        line = np.zeros(depth.shape)
        pairs = zip(self.depths, np.diff(self.echoes), self.lines, strict=True)
        for boundary, rise, (amplitude, thickness) in pairs:
            echo += rise * np.clip((depth - boundary) / 6 + 0.5, 0, 1)
            line += amplitude * np.exp(-0.5 * ((depth - boundary) / thickness) ** 2)
        return echo.astype(np.float32), line.astype(np.float32)

    def paint(self, scene: Scene, shift: Float, pattern: Float) -> None:
        """Lay the layers, bent by ``shift``; ``pattern`` breaks the surfaces up."""
        grip = np.clip(scene.y / 130, 0.12, 1.0)
        index = ((scene.y - grip * shift + 100) * 2).clip(0, 1399).astype(np.int32)
        echo, line = self.profiles
        scene.scatter += echo.take(index)
        scene.mirror += line.take(index) * np.exp(0.8 * pattern)


@dataclass(frozen=True)
class Body:
    """Something oval: a muscle's belly, a vessel, a lymph node.

    Attributes
    ----------
    place : four waves
        Depth, position, half width, half height, reference pixels.
    angle : Wave
        Radians.
    bumps : Bumps
        Deviations from the ellipse.
    echo : float
        dB inside, in place of what lies there.
    blend : float
        How much of what lies there is replaced, 0 to 1.
    wall : float
        Amplitude of the surface where it faces the probe.
    behind : float
        dB added below it: vessels let sound pass.
    """

    place: tuple[Drift, Drift, Drift, Drift]
    angle: Drift
    bumps: Bumps
    echo: float
    blend: float
    wall: float
    behind: float

    def outline(self, z: float) -> Outline:
        """Give the boundary at probe position ``z``."""
        y, x, a, b = (wave(z) for wave in self.place)
        ellipse = Ellipse(y, x, max(a, 4.0), max(b, 4.0), self.angle(z))
        return self.bumps.on(ellipse, z)

    def paint(self, scene: Scene, z: float, pattern: Float) -> None:
        """Put the body where it is at ``z``; ``pattern`` breaks its wall up."""
        outline = self.outline(z)
        shape = outline.ellipse
        window = shape.window(scene, 1.5)
        radius = outline.relative(scene, window)
        _, along, across = shape.radius(scene, window)
        pixels = min(shape.radius_a, shape.radius_b)
        inside = step(1 - radius, 3 / pixels) * np.float32(self.blend)
        scatter, mirror = scene.scatter[window], scene.mirror[window]
        scatter += inside * (np.float32(self.echo) - scatter)
        mirror *= 1 - inside
        facing = across * across / np.maximum(along * along + across * across, 0.1)
        near = (radius - 1) * np.float32(pixels / 2.4)
        wall = np.exp(0.9 * pattern[window] - near * near) * (0.08 + facing * facing)
        mirror += np.float32(self.wall) * wall
        if self.behind:
            self._brighten(scene, shape)

    def _brighten(self, scene: Scene, shape: Ellipse) -> None:
        first = int(np.searchsorted(scene.y[:, 0], shape.centre_y))
        beam = (scene.x - np.float32(shape.centre_x)) / np.float32(shape.radius_a)
        fade = np.exp(-(scene.y[first:] - np.float32(shape.centre_y)) / 60)
        start = step(scene.y[first:] - np.float32(shape.centre_y + shape.radius_b), 6)
        beam = np.float32(self.behind) * np.exp(-beam * beam)
        scene.scatter[first:] += beam * fade * start


@dataclass(frozen=True)
class Bone:
    """A rib's or transverse process's surface: bright, and dark behind.

    Attributes
    ----------
    place : four waves
        Depth, position, half width, sag at the ends; reference pixels.
    amplitude, shadow : float
        The surface's echo, and the loss behind in dB.
    """

    place: tuple[Drift, Drift, Drift, Drift]
    amplitude: float
    shadow: float

    def paint(self, scene: Scene, z: float, pattern: Float) -> None:
        """Put the bone, roughened by ``pattern``, and its shadow."""
        depth, centre, half, sag = (wave(z) for wave in self.place)
        u = (scene.x - np.float32(centre)) / np.float32(half)
        present = np.exp(-(u**6))
        below = scene.y - np.float32(depth) - np.float32(sag) * u * u
        surface = np.exp(pattern - 0.5 * (below / 3.6) ** 2) * present
        shade = step(below - 8, 10) * present
        scene.scatter += np.float32(self.shadow) * shade
        scene.mirror *= 1 - 0.8 * shade
        scene.mirror += np.float32(self.amplitude) * surface


@dataclass(frozen=True)
class Beam:
    """Depth attenuation, poor contact at one edge and shadows of hairs or gas.

    Attributes
    ----------
    slope : float
        dB lost per 100 reference pixels of depth, beyond what the gain mends.
    shades : tuple of (position, half width, loss, start)
        Waves for the position (reference pixels) and the loss (dB); the loss
        grows from depth ``start`` on.
    """

    slope: float
    shades: tuple[tuple[Drift, float, Drift, float], ...]

    def loss(self, scene: Scene, z: float) -> Float:
        """Give the loss in dB at every grid point, (h, w)."""
        lost = np.float32(self.slope / 100) * scene.y
        for centre, half, depth, start in self.shades:
            beam = (scene.x - np.float32(centre(z))) / np.float32(half)
            grown = np.clip((scene.y - np.float32(start)) / 110, 0, 1)
            amount = np.float32(max(depth(z), 0.0))
            lost = lost + amount * np.exp(-beam * beam) * grown
        return lost


def draw_body(
    rng: np.random.Generator,
    centre: tuple[float, float],
    radii: tuple[float, float],
    echo: float,
    *,
    blend: float = 0.8,
    wall: float = 0.5,
    behind: float = 0.0,
    bumps: float = 0.1,
) -> Body:
    """Draw an oval body about ``centre`` (depth, position) with ``radii``."""
    place = (
        draw_drift(rng, centre[0], 14),
        draw_drift(rng, centre[1], 28),
        draw_drift(rng, radii[0], 0.18 * radii[0]),
        draw_drift(rng, radii[1], 0.22 * radii[1]),
    )
    angle = draw_drift(rng, rng.normal(0, 0.22), 0.15)
    return Body(place, angle, draw_bumps(rng, bumps), echo, blend, wall, behind)


def draw_layers(rng: np.random.Generator) -> Layers:
    """Draw the layers of one subject."""
    fat, muscle = rng.uniform(10, 42), rng.uniform(35, 62)
    depths = [4.0, 10 + rng.uniform(0, 6)]
    depths.append(depths[-1] + fat)
    depths.append(depths[-1] + muscle)
    depths.append(depths[-1] + rng.uniform(70, 120))
    depths.append(depths[-1] + rng.uniform(60, 110))
    echoes = [-15.0, -10.0, -15.0, -16.0, -14.0, -16.0, -19.0]
    jitter = rng.normal(0, 1.5, len(echoes))
    lines = [(0.35, 1.6), (0.5, 1.8), (1.2, 2.6), (1.0, 2.4), (0.5, 2.2), (0.4, 2.5)]
    return Layers(
        tuple(depths),
        tuple(float(e + j) for e, j in zip(echoes, jitter, strict=True)),
        tuple((a * float(rng.uniform(0.6, 1.3)), t) for a, t in lines),
    )


def draw_bone(rng: np.random.Generator) -> Bone:
    """Draw one bone in the depth."""
    place = (
        draw_drift(rng, rng.uniform(290, 370), 16),
        draw_drift(rng, rng.uniform(60, 520), 40),
        draw_drift(rng, rng.uniform(70, 150), 15),
        draw_drift(rng, rng.uniform(-8, 20), 8),
    )
    return Bone(place, float(rng.uniform(0.3, 0.9)), float(rng.uniform(-7, -2)))


def draw_beam(rng: np.random.Generator) -> Beam:
    """Draw attenuation and shadows."""
    shades = []
    if rng.random() < 0.5:
        edge = float(rng.choice([0.0, 580.0]))
        depth = draw_drift(rng, rng.uniform(4, 12), 4)
        shades.append((draw_drift(rng, edge, 10), 75.0, depth, 40.0))
    for _ in range(rng.integers(1, 4)):
        centre = draw_drift(rng, rng.uniform(40, 540), 30)
        depth = draw_drift(rng, rng.uniform(-2, 6), 4)
        half = float(rng.uniform(18, 55))
        shades.append((centre, half, depth, float(rng.uniform(20, 160))))
    return Beam(float(rng.uniform(-0.3, 1.2)), tuple(shades))


def marker(size: tuple[int, int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give the pixels of the scanner's mark: a small triangle at the top edge."""
    high, half = max(size[0] // 30, 3), max(size[1] // 64, 2)
    middle = int(size[1] * 0.525)
    rows, columns = [], []
    for y in range(high):
        reach = round(half * (1 - y / (high - 1)))
        rows += [y, y]
        columns += [middle - reach, middle + reach]
    top = np.arange(middle - half, middle + half + 1)
    return (
        np.concatenate([rows, np.zeros(len(top), int)]).astype(np.intp),
        np.concatenate([columns, top]).astype(np.intp),
    )
