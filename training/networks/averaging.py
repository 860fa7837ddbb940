"""One frame predicted as it is and mirrored, and both taken together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

#: The names that `infer_averaged` knows.
AVERAGINGS = ("none", "flip", "agreement")

#: From stacked frames (B, 1, H, W) uint8 to pixel and presence logits, as
#: `training.networks.frames.infer` and the OpenVINO back end do.
Infer = Callable[["Tensor"], tuple["Tensor", "Tensor"]]

#: Keeps the logits of averaged probabilities finite: far below half a level of 255.
_LEAST = 1e-6


@dataclass(frozen=True)
class Averaged:
    """What a network says of B frames, at its own size.

    Attributes
    ----------
    logits
        (B, 1, h, w) float32, whose sigmoid is the probability of nerve.
    presence
        (B,) float32: the probability that there is a nerve, in [0, 1].
    uncertainty
        (B, 1, h, w) float32 in [0, 1]: how far the views differ, see `spread`; None
        if it was not asked for.
    """

    logits: Tensor
    presence: Tensor
    uncertainty: Tensor | None

    def of(self, index: int) -> tuple[Tensor, Tensor | None]:
        """Return one frame's logits and uncertainty, (1, h, w) each."""
        unsure = self.uncertainty
        return self.logits[index], None if unsure is None else unsure[index]


def infer_averaged(
    infer: Infer, frames: Tensor, averaging: str = "none", uncertainty: bool = False
) -> Averaged:
    """Predict frames as they are and, if asked, mirrored left to right.

    ``flip`` averages both views' probabilities and presences. ``agreement`` does the
    same, and multiplies the presence by how much the two maps agree (see
    `agreement`): a nerve that the network finds in one view only is the kind of false
    alarm that costs the competition's Dice most, and is thus more easily emptied.

    Parameters
    ----------
    infer
        Gives logits.
    frames
        (B, 1, H, W) uint8.
    averaging
        One of `AVERAGINGS`.
    uncertainty
        Whether to fill `Averaged.uncertainty`; this looks at both views even if
        ``averaging`` is ``none`` and only the first counts.
    """
    import torch

    logits, presence = infer(frames)
    if averaging == "none" and not uncertainty:
        return Averaged(logits, presence.sigmoid(), None)
    mirrored, mirrored_presence = infer(frames.flip(-1))
    with torch.inference_mode():
        views = torch.stack([logits.sigmoid(), mirrored.flip(-1).sigmoid()])
        unsure = spread(views) if uncertainty else None
        if averaging == "none":
            return Averaged(logits, presence.sigmoid(), unsure)
        both = (presence.sigmoid() + mirrored_presence.sigmoid()) / 2
        if averaging == "agreement":
            both = both * agreement(views)
        mean = views.mean(0).logit(eps=_LEAST)
        return Averaged(mean, both, unsure)


def agreement(views: Tensor) -> Tensor:
    """Measure how much probability maps of one frame agree.

    Parameters
    ----------
    views
        (V, B, 1, h, w) float in [0, 1], V at least 2.

    Returns
    -------
    Tensor
        (B,) in [0, 1]: their soft Dice, 2 sum(p q) / sum(p^2 + q^2), and for more
        than two views that of all pairs taken together. Equal maps have 1, maps
        without common pixels 0.
    """
    n = len(views)
    squares = views.square().sum(dim=(0, 2, 3, 4))
    crossed = views.sum(0).square().sum(dim=(1, 2, 3)) - squares
    return (crossed / ((n - 1) * squares).clamp_min(_LEAST)).clamp(0, 1)


def spread(views: Tensor | Sequence[Tensor]) -> Tensor:
    """Measure, pixel by pixel, how far probabilities differ.

    Parameters
    ----------
    views
        V probabilities in [0, 1] of one shape, V at least 2.

    Returns
    -------
    Tensor
        Of that shape, in [0, 1]: twice their standard deviation, which for two is
        their distance.
    """
    import torch

    if len(views) == 2:  # the same, many times faster
        return (views[0] - views[1]).abs()
    every = views if isinstance(views, torch.Tensor) else torch.stack(list(views))
    return 2 * every.std(dim=0, correction=0)
