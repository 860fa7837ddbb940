"""What a user may ask of a prediction, beside the checkpoint and the device."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..networks.averaging import AVERAGINGS
from ..networks.backend import BACKENDS
from ..networks.checkpoint import CheckpointMeta
from ..networks.decision import RULE, SHARES, SWITCHES, is_share


@dataclass(frozen=True)
class PredictSettings:
    """How to predict; what is None is as the checkpoint says.

    Parameters
    ----------
    threshold, presence_threshold, min_area_share, largest_component, fill_holes
        See `training.networks.decision.DecisionRule`.
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
        for name in SHARES:
            value = getattr(self, name)
            if value is not None and not is_share(value):
                return f"{name} is {value!r}: give a number from 0 to 1."
        for name in (*SWITCHES, "uncertainty"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, bool):
                return f"{name} is {value!r}: give true or false."
        if self.averaging is not None and self.averaging not in AVERAGINGS:
            known = ", ".join(AVERAGINGS)
            return f"averaging is {self.averaging!r}: choose {known}."
        if self.backend not in BACKENDS:
            return f"backend is {self.backend!r}: choose {', '.join(BACKENDS)}."
        return None

    def applied_to(self, meta: CheckpointMeta) -> CheckpointMeta:
        """Return a checkpoint's header with what is to differ from it."""
        asked = {name: getattr(self, name) for name in RULE}
        changes = {name: one for name, one in asked.items() if one is not None}
        return replace(
            meta,
            rule=replace(meta.rule, **changes),
            averaging=self.averaging or meta.averaging,
        )
