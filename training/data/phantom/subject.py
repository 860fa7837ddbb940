"""One subject: draws its anatomy, and takes a frame at any probe position."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .drift import draw_drift
from .nerve import Nerve, draw_nerve
from .outline import Outline
from .scene import Canvas, Float, Scene
from .speckle import Complex, Scatterers, compress, convolve, grey_table, point_spread
from .tissue import (
    Beam,
    Body,
    Bone,
    Fibres,
    Layers,
    draw_beam,
    draw_body,
    draw_bone,
    draw_layers,
    marker,
)

#: Standard deviations of the point-spread function, reference pixels.
AXIAL, LATERAL = 1.2, 2.8

#: Steady echo per scattered echo: spatial compounding calms the speckle.
STEADY = 2.5

#: What the numbers in a subject's seed are for.
ANATOMY, SPECKLE, FIBRES, SWEEP, HANDS, PLANTS = range(6)


@dataclass(frozen=True)
class Subject:
    """A neck and the probe on it.

    Attributes
    ----------
    seed, number : int
        Everything about the subject follows from these two.
    size : (H, W)
        Pixels of its frames.
    """

    seed: int
    number: int
    size: tuple[int, int] = (420, 580)

    def rng(self, what: int, frame: int = 0) -> np.random.Generator:
        """Give the random numbers of one purpose and one frame."""
        return np.random.default_rng((self.seed, self.number, what, frame))

    @cached_property
    def canvas(self) -> Canvas:
        """The grids of this size."""
        return Canvas(self.size)

    @cached_property
    def anatomy(self) -> Anatomy:
        """Everything that lies under the probe."""
        return draw_anatomy(self)

    @cached_property
    def _scatterers(self) -> Scatterers:
        return Scatterers(self.canvas.padded, (self.seed, self.number, SPECKLE))

    @cached_property
    def _optics(self) -> tuple[Float, np.float32, NDArray[np.uint8]]:
        down, across = self.canvas.scale
        axial, lateral = max(AXIAL * down, 0.6), max(LATERAL * across, 0.8)
        spread = point_spread(self.canvas.padded, axial, lateral)
        gain = math.sqrt(4 * math.pi * axial * lateral)
        return spread, np.float32(gain), grey_table()

    def outline(self, z: float) -> Outline:
        """Give the nerve's true boundary at probe position ``z``."""
        return self.anatomy.nerve.outline(z)

    def frame(self, z: float) -> NDArray[np.uint8]:
        """Take the frame at probe position ``z``; the nerve shows where z > 0.

        Returns
        -------
        ndarray of uint8, shape (H, W)
        """
        scatter, mirror = self.anatomy.slice(z)
        spread, gain, table = self._optics
        field = self._echoes(z, scatter, mirror, gain)
        envelope = np.abs(convolve(field, spread))
        frame = compress(self.canvas.crop(envelope), table)
        frame[:, 0] = 0
        frame[marker(self.size)] = 0
        return frame

    def _echoes(
        self, z: float, scatter: Float, mirror: Float, gain: np.float32
    ) -> Complex:
        amplitude = np.exp(scatter * np.float32(math.log(10) / 20))
        amplitude *= np.float32(1 / math.hypot(1, STEADY))
        field = self._scatterers.slice(z)
        field *= self.canvas.fine(amplitude * gain)
        field += self.canvas.fine(amplitude * np.float32(STEADY) + mirror)
        return field


@dataclass(frozen=True)
class Anatomy:
    """What lies under the probe, for any probe position."""

    canvas: Canvas
    layers: Layers
    coarse: Fibres
    fine: Fibres
    regions: Fibres
    bodies: tuple[Body, ...]
    nerve: Nerve
    bones: tuple[Bone, ...]
    beam: Beam

    def slice(self, z: float) -> tuple[Float, Float]:
        """Give the scatter (dB) and mirror (amplitude) maps at ``z``, (h, w)."""
        shape = (self.canvas.y.shape[0], self.canvas.x.shape[1])
        scene = Scene(
            self.canvas.y,
            self.canvas.x,
            np.zeros(shape, np.float32),
            np.zeros(shape, np.float32),
        )
        shift = self.coarse.shift(z)
        pattern = self.coarse.at(z, shift)
        grain = self.fine.at(z, self.fine.shift(z))
        self.layers.paint(scene, shift, grain)
        region = self.regions.at(z, shift)
        gain = np.exp(0.9 * region)
        scene.scatter += 3.0 * grain + 2.5 * pattern + 3.0 * region
        scene.mirror += gain * (0.3 * streaks(pattern) + 0.25 * streaks(grain))
        for body in self.bodies:
            body.paint(scene, z, grain)
        if z > 0:
            self.nerve.paint(scene, z, grain)
        for bone in self.bones:
            bone.paint(scene, z, grain)
        lost = self.beam.loss(scene, z)
        scene.scatter -= lost
        scene.mirror *= np.exp(lost * np.float32(-math.log(10) / 20))
        return scene.scatter, scene.mirror


def streaks(pattern: Float) -> Float:
    """Turn the peaks of a Gaussian pattern into bright streaks."""
    peak = np.maximum(pattern - np.float32(0.9), 0)
    streak: Float = peak * peak
    return streak


def _draw_fibres(
    subject: Subject, number: int, sizes: tuple[float, float], tilt: float
) -> Fibres:
    rng = subject.rng(FIBRES, number)
    bends = tuple(
        draw_drift(rng, rng.normal(0, s), s / 3)
        for s in (24.0, 15.0, 9.0, 6.0, 4.0, 3.0)
    )
    return Fibres(
        canvas=subject.canvas,
        seed=(subject.seed, subject.number, FIBRES, number + 10),
        sizes=sizes,
        turns=(float(rng.uniform(0.25, 0.4)), float(rng.uniform(0.4, 0.6))),
        bend=bends,
        tilt=draw_drift(rng, rng.normal(0, tilt), tilt / 3),
    )


def _draw_bodies(rng: np.random.Generator) -> tuple[Body, ...]:
    bodies = []
    for _ in range(rng.integers(2, 5)):  # bellies of muscles
        centre = (rng.uniform(95, 260), rng.uniform(40, 540))
        radii = (rng.uniform(55, 115), rng.uniform(24, 50))
        wall, echo = rng.uniform(0.3, 0.9), rng.uniform(-21, -15)
        bodies.append(draw_body(rng, centre, radii, echo, blend=0.65, wall=wall))
    for _ in range(rng.integers(1, 4)):  # vessels
        centre = (rng.uniform(110, 300), rng.uniform(60, 520))
        half = rng.uniform(11, 26)
        radii = (half * rng.uniform(1.0, 1.4), half)
        vessel = draw_body(
            rng,
            centre,
            radii,
            rng.uniform(-31, -25),
            blend=0.92,
            wall=rng.uniform(0.3, 0.8),
            behind=4,
        )
        bodies.append(vessel)
    for _ in range(rng.integers(0, 3)):  # bright clumps of fat and fascia
        centre = (rng.uniform(80, 260), rng.uniform(60, 520))
        radii = (rng.uniform(16, 45), rng.uniform(10, 22))
        bodies.append(draw_body(rng, centre, radii, -5.0, blend=0.7, wall=0.4))
    return tuple(bodies)


def draw_anatomy(subject: Subject) -> Anatomy:
    """Draw everything that lies under one subject's probe."""
    rng = subject.rng(ANATOMY)
    bones = [draw_bone(rng) for _ in range(rng.integers(0, 3))]
    return Anatomy(
        canvas=subject.canvas,
        layers=draw_layers(rng),
        coarse=_draw_fibres(subject, 0, (2.7, 24.0), 35.0),
        fine=_draw_fibres(subject, 1, (1.7, 9.0), 70.0),
        regions=_draw_fibres(subject, 2, (26.0, 55.0), 0.0),
        bodies=_draw_bodies(rng),
        nerve=draw_nerve(rng),
        bones=tuple(bones),
        beam=draw_beam(rng),
    )
