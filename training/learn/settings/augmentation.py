"""How strongly training frames are changed: every number, with what it means."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ...errors import InputError


@dataclass(frozen=True)
class Augmentation:
    """Strengths of the changes that ultrasound frames really vary by; 0 is off.

    A strength is the largest change; each sample's own is drawn evenly below it. The
    four artefacts (shadow, haze, blur, low resolution) come to a frame with the
    chance `training.learn.augment.artefacts.CHANCE`, the others to every frame.
    There is no vertical flip, quarter turn or colour: no probe makes such frames.

    Attributes
    ----------
    flip
        Chance of a mirror image, left for right.
    rotation
        Degrees, either way.
    shift
        Share of the frame's side, either way.
    scale
        Factor, from one over it to it; 1 is off too.
    shear
        Tangent of the angle, either way.
    elastic
        Displacement of a smooth field, as a share of the frame's height. Up to 0.1 it
        never folds the frame.
    gain
        Share by which grey levels are multiplied, either way.
    gamma
        Exponent, from one over it to it; 1 is off too.
    attenuation
        Change of brightness from the top to the bottom of the frame, in nepers (the
        natural logarithm of amplitude), either way.
    shadow
        Share of the light that an acoustic shadow takes.
    haze
        Share of the way to white that a haze goes.
    speckle
        Standard deviation of multiplicative noise.
    blur
        Standard deviation of a Gaussian, in pixels of the network's input.
    low_resolution
        Factor by which the frame is reduced and enlarged again, and mixed with what
        it was; 1 is off too.
    """

    flip: float = 0.5
    rotation: float = 12.0
    shift: float = 0.08
    scale: float = 1.25
    shear: float = 0.1
    elastic: float = 0.02
    gain: float = 0.25
    gamma: float = 1.4
    attenuation: float = 0.6
    shadow: float = 0.6
    haze: float = 0.3
    speckle: float = 0.2
    blur: float = 1.0
    low_resolution: float = 2.0

    def validation_error(self) -> InputError | None:
        """Return what is wrong, with the strength that it is about, or None."""
        for field in fields(self):
            value = getattr(self, field.name)
            good, wanted = STRENGTHS[field.name]
            if not _is_number(value) or not good(value):
                text = f"augmentation {field.name} is {value!r}: give {wanted}."
                return InputError(text, field.name)
        return None

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Augmentation:
        """Read strengths; those not given are the defaults.

        Raises
        ------
        InputError
            If there is no such strength, or a value is wrong.
        """
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            known = ", ".join(field.name for field in fields(cls))
            raise InputError(
                f"There is no augmentation {unknown[0]!r}: choose among {known}."
            )
        strengths = cls(**values)
        if error := strengths.validation_error():
            raise error
        return strengths

    def to_json(self) -> dict[str, float]:
        """Return every strength by its name."""
        return asdict(self)

    @classmethod
    def off(cls) -> Augmentation:
        """Return strengths that change nothing."""
        return cls(**{field.name: 0.0 for field in fields(cls)})


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _up_to(most: float) -> tuple[Callable[[float], bool], str]:
    return lambda value: 0 <= value <= most, f"a number from 0 (off) to {most:g}"


def _factor(most: float) -> tuple[Callable[[float], bool], str]:
    return (
        lambda value: value == 0 or 1 <= value <= most,
        f"0 (off) or a factor from 1 to {most:g}",
    )


#: What each strength may be, and how that is said.
STRENGTHS = {
    "flip": _up_to(1),
    "rotation": _up_to(180),
    "shift": _up_to(1),
    "scale": _factor(4),
    "shear": _up_to(1),
    "elastic": _up_to(0.1),
    "gain": _up_to(0.9),
    "gamma": _factor(4),
    "attenuation": _up_to(4),
    "shadow": _up_to(0.95),
    "haze": _up_to(0.95),
    "speckle": _up_to(1),
    "blur": _up_to(10),
    "low_resolution": _factor(8),
}
