"""One answer of the prediction worker, and the name of a picture's content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _engine

Image = npt.NDArray[np.uint8]


def content_hash(image: Image) -> str:
    """Return what names the pixels of a (H, W) uint8 image: they and their shape."""
    digest = hashlib.sha256(f"{image.shape[0]}x{image.shape[1]}:".encode())
    digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class Answer:
    """What the worker predicts for one picture.

    Attributes
    ----------
    request
        The number that `PredictionServer.predict` gave.
    frame, hash
        What was asked for, and the `content_hash` of its pixels.
    probability
        (H, W) uint8, 255 is certain.
    mask
        (H, W) bool, cut by the checkpoint's decision rule.
    presence
        Probability that the picture shows a nerve, in [0, 1].
    source
        The checkpoint's name.
    rule
        ``threshold``, ``presence_threshold``, ``min_area_share``.
    seconds
        How long the network took.
    """

    request: int
    frame: str
    hash: str
    probability: Image
    mask: npt.NDArray[np.bool_]
    presence: float
    source: str
    rule: dict[str, Any]
    seconds: float


def answer_from(event: dict[str, Any], probability: Image, source: str) -> Answer:
    """Make an answer of the worker's event and of the map that it wrote."""
    rule: dict[str, Any] = {
        name: float(event[name])
        for name in ("threshold", "presence_threshold", "min_area_share")
    }
    rule |= {
        name: bool(event.get(name)) for name in ("largest_component", "fill_holes")
    }
    presence = float(event["presence"])
    return Answer(
        request=int(event["request"]),
        frame=str(event["frame"]),
        hash=str(event["hash"]),
        probability=probability,
        mask=_engine.decide(probability, presence, **rule),
        presence=presence,
        source=source,
        rule=rule,
        seconds=float(event["seconds"]),
    )
