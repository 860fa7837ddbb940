"""What a user may ask of a prediction, beside the checkpoint and the device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..networks.averaging import AVERAGINGS
from ..networks.backend import BACKENDS

#: Fields of a checkpoint's header that these settings may change.
_SHARES = ("threshold", "presence_threshold", "min_area_share")
_SWITCHES = ("largest_component", "fill_holes")


@dataclass(frozen=True)
class PredictSettings:
    """How to predict; what is None is as the checkpoint says.

    Parameters
    ----------
    threshold, presence_threshold, min_area_share, largest_component, fill_holes
        The decision rule, see `training.predict.decision.decide`.
    averaging
        ``none``, ``flip`` or ``agreement``, see
        `training.networks.averaging.infer_averaged`.
    uncertainty
        Whether to measure how far views, or the members of an ensemble, differ. A
        single network without averaging then looks at each frame twice; its masks
        stay what they are.
    backend
        ``torch``, ``openvino``, or ``auto``; see
        `training.networks.backend.make_infer`.
    """

    threshold: float | None = None
    presence_threshold: float | None = None
    min_area_share: float | None = None
    largest_component: bool | None = None
    fill_holes: bool | None = None
    averaging: str | None = None
    uncertainty: bool = False
    backend: str = "torch"

    def validation_error(self) -> str | None:
        """Return what is wrong, in one sentence, or None."""
        for name in _SHARES:
            value = getattr(self, name)
            if value is not None and not _is_share(value):
                return f"{name} is {value!r}: give a number from 0 to 1."
        for name in (*_SWITCHES, "uncertainty"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, bool):
                return f"{name} is {value!r}: give true or false."
        if self.averaging is not None and self.averaging not in AVERAGINGS:
            known = ", ".join(AVERAGINGS)
            return f"averaging is {self.averaging!r}: choose {known}."
        if self.backend not in BACKENDS:
            return f"backend is {self.backend!r}: choose {', '.join(BACKENDS)}."
        return None

    @property
    def changes(self) -> dict[str, Any]:
        """The fields of a checkpoint's header that are to differ."""
        every = {
            name: getattr(self, name) for name in (*_SHARES, *_SWITCHES, "averaging")
        }
        return {name: value for name, value in every.items() if value is not None}


def _is_share(value: object) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1  # type: ignore[operator]
