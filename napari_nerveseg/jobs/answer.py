"""One answer of the prediction worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .. import _engine

if TYPE_CHECKING:
    from .._engine import DecisionRule


@dataclass(frozen=True, eq=False)
class Answer:
    """What the worker predicts for one picture.

    Attributes
    ----------
    request
        The number that `PredictionServer.predict` gave.
    frame, hash
        What was asked for, and the engine's ``pixel_digest`` of it.
    probability
        (H, W) uint8, 255 is certain.
    mask
        (H, W) bool, cut by the worker.
    presence
        Probability that the picture shows a nerve, in [0, 1].
    source
        The checkpoint's name.
    rule
        The checkpoint's, which cut the mask.
    seconds
        How long the network took.
    """

    request: int
    frame: str
    hash: str
    probability: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.bool_]
    presence: float
    source: str
    rule: DecisionRule
    seconds: float


def answer_from(
    event: dict[str, Any],
    probability: npt.NDArray[np.uint8],
    mask: npt.NDArray[np.bool_],
    source: str,
) -> Answer:
    """Make an answer of the worker's event and of the arrays that it wrote."""
    return Answer(
        request=int(event["request"]),
        frame=str(event["frame"]),
        hash=str(event["hash"]),
        probability=probability,
        mask=mask,
        presence=float(event["presence"]),
        source=source,
        rule=_engine.DecisionRule.from_json(event),
        seconds=float(event["seconds"]),
    )
