"""One conversion to 8-bit grey for a whole folder, never for each frame by itself.

A frame of 16 bits or of floating-point numbers has no grey of its own: which value
is white depends on the scanner. It is decided once, from the type and from the
smallest and largest value of all frames, so that equal values give equal grey.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .costs import by_rows

#: Depths that scanners write, in bits.
DEPTHS = (8, 10, 12, 14, 16)

#: Types of pixels that have a range.
_DEEP = (
    *("int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"),
    *("float16", "float32", "float64"),
)

_NUMBER = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_RANGE = re.compile(f"({_NUMBER}):({_NUMBER})", re.ASCII)


@dataclass(frozen=True)
class GreyRange:
    """The values that become black and white.

    Attributes
    ----------
    low, high
        Smallest and largest value; what lies outside is cut to them.
    """

    low: float
    high: float

    def apply(self, image: NDArray[Any]) -> NDArray[np.uint8]:
        """Return real numbers of any shape as uint8; NaN becomes 0.

        A range of 2^n whole values keeps its upper eight bits, so that 12 bits in
        16, 16 bits and 8 bits of one picture give the same grey; any other range
        is scaled and rounded.
        """
        return by_rows(self._apply, image)

    def _apply(self, image: NDArray[Any]) -> NDArray[np.uint8]:
        values = image.astype(np.float64)
        values = np.nan_to_num(np.clip(values, self.low, self.high), nan=self.low)
        span = self.high - self.low
        if span <= 0:
            return np.zeros(values.shape, np.uint8)
        if self._is_power_of_two() and not (span == 255 and image.dtype.kind == "f"):
            scaled = np.floor((values - self.low) * (256 / (span + 1)))
        else:
            scaled = np.rint((values - self.low) * (255 / span))
        return np.asarray(scaled.astype(np.uint8))

    def holds(self, low: float, high: float) -> bool:
        """Say whether values from ``low`` to ``high`` lie within."""
        return self.low <= low and high <= self.high

    def _is_power_of_two(self) -> bool:
        whole = self.low == int(self.low) and self.high == int(self.high)
        n = int(self.high) - int(self.low) + 1
        return whole and n >= 256 and n & (n - 1) == 0

    def __str__(self) -> str:
        return f"{self.low:.12g}:{self.high:.12g}"

    @classmethod
    def parse(cls, text: str) -> GreyRange:
        """Return the range of a text such as ``0:4095``; raise `InputError` else."""
        found = _RANGE.fullmatch(text.strip())
        ends = (float(found[1]), float(found[2])) if found else (0.0, 0.0)
        if (
            found is None
            or not ends[0] < ends[1]
            or not math.isfinite(ends[1] - ends[0])
        ):
            raise InputError(
                f"--grey-range {text}: write the values that are black and white, "
                "rising, such as 0:4095."
            )
        return cls(float(found[1]), float(found[2]))


class GreyRanges:
    """The ranges of a folder, one for each type of pixels.

    Parameters
    ----------
    for_all
        For every type that has none of its own.
    by_type
        By the type's name, such as ``uint16``.
    """

    def __init__(
        self,
        for_all: GreyRange | None = None,
        by_type: Mapping[str, GreyRange] | None = None,
    ) -> None:
        self._for_all, self._by_type = for_all, dict(by_type or {})

    def get(self, dtype: np.dtype[Any]) -> GreyRange | None:
        """Return the range for a type, if it is known."""
        return self._by_type.get(dtype.name, self._for_all)

    def add(self, found: Mapping[str, GreyRange]) -> None:
        """Take ranges for types that have none yet."""
        self._by_type = {**found, **self._by_type}

    def lacking(self, types: Collection[str]) -> str | None:
        """Return what of the ranges is for none of some types, for a sentence."""
        lacking = sorted(self._by_type.keys() - types)
        if lacking:
            return " or ".join(lacking)
        return None if types or self._for_all is None else "more than 8 bits"

    def __bool__(self) -> bool:
        return self._for_all is not None or bool(self._by_type)

    def __str__(self) -> str:
        own = [f"{name}={one}" for name, one in sorted(self._by_type.items())]
        return ",".join(own if self._for_all is None else [str(self._for_all), *own])

    @classmethod
    def parse(cls, text: str) -> GreyRanges:
        """Read ``0:4095`` or ``uint16=0:4095,float32=0:1``; else `InputError`."""
        for_all, by_type = None, {}
        for part in text.split(","):
            name, mark, values = part.rpartition("=")
            if mark:
                by_type[_deep(name.strip(), text)] = GreyRange.parse(values)
            else:
                for_all = GreyRange.parse(part)
        return cls(for_all, by_type)


def _deep(name: str, text: str) -> str:
    """Return the name of a type of pixels; refuse one that no range is for."""
    if name not in _DEEP:
        raise InputError(
            f"--grey-range {text}: {name} is no type of pixels that is converted: take "
            f"one of {', '.join(_DEEP)} (8 bits stay as they are)."
        )
    return name


def grey_range_of(dtype: np.dtype[Any], low: float, high: float) -> GreyRange:
    """Choose what is black and white.

    Parameters
    ----------
    dtype
        Of the frames.
    low, high
        The smallest and largest finite value of all frames that are to be alike.

    Returns
    -------
    GreyRange
        For numbers from 0 on, the smallest depth of `DEPTHS` that holds them; for
        floating-point numbers from 0 to 1, or -1 to 1, that range; for bytes with a
        sign, theirs; for anything else, ``low`` to ``high``.
    """
    if dtype.kind == "f" and high <= 1 and low >= -1:
        return GreyRange(0.0 if low >= 0 else -1.0, 1.0)
    if low >= 0:
        for bits in DEPTHS:
            if high < 1 << bits or (dtype.kind == "f" and high <= (1 << bits) - 1):
                return GreyRange(0, (1 << bits) - 1)
    elif dtype.kind != "f" and low >= -128 and high <= 127:
        return GreyRange(-128, 127)
    return GreyRange(low, high)


def extremes(image: NDArray[Any]) -> tuple[float, float] | None:
    """Return the smallest and largest finite value; None if there is none."""
    if image.dtype.kind != "f":
        return (float(image.min()), float(image.max())) if image.size else None
    finite = image[np.isfinite(image)]
    return (float(finite.min()), float(finite.max())) if finite.size else None
