"""How far a training is, and the learning rate that belongs there."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from ..settings.config import TrainConfig
from ..settings.limits import MOST_STEPS, check_count

#: The cosine ends at this share of the peak rate.
_FLOOR = 0.01

#: What validating a frame costs beside learning from one, until it has been timed.
_VALIDATION_COST = 0.5

#: What scoring a frame at the end costs beside validating on it: it is decoded again,
#: and more is measured.
SCORE_COST = 2


def rate_factor(progress: float, warmup: float, schedule: str) -> float:
    """Return the share of the peak learning rate.

    Parameters
    ----------
    progress
        Share of the training that is done, in [0, 1].
    warmup
        Share of the training in which the rate rises.
    schedule
        ``cosine`` or ``constant``.

    Source: I. Loshchilov, F. Hutter, "SGDR", ICLR 2017, arXiv:1608.03983.
    """
    if progress < warmup:
        return progress / warmup
    if schedule == "constant":
        return 1.0
    left = (progress - warmup) / (1 - warmup) if warmup < 1 else 1.0
    return _FLOOR + (1 - _FLOOR) * (1 + math.cos(math.pi * min(left, 1.0))) / 2


class Clock:
    """Steps done, seconds gone, and which of the two limits comes first.

    With ``max_minutes`` the schedule is fitted to the time, so that the rate has
    fallen when it is over: such a training is not repeatable to the bit.

    Parameters
    ----------
    config
        Epochs and minutes.
    steps_an_epoch
        From the number of training frames.
    validation_share
        Validation frames for each training frame.
    started
        `time.monotonic` when the training began, reading of frames included.
    test_share
        Test frames for each validation frame.
    now
        Tells the time in seconds, without what was spent waiting.

    Attributes
    ----------
    steps
        Steps done.
    """

    def __init__(
        self,
        config: TrainConfig,
        steps_an_epoch: int,
        validation_share: float,
        started: float,
        test_share: float = 0.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.steps = 0
        self._now, self._started = now, started
        self._steps_an_epoch, self._epochs = steps_an_epoch, config.epochs
        minutes = config.max_minutes
        self._deadline = started + (math.inf if minutes is None else 60 * minutes)
        self._began = now()
        self._validation_share = validation_share
        # The last validation, then the final score of the same frames and the test's.
        self._validations_to_come = 1 + SCORE_COST * (1 + test_share)
        self._validation: float | None = None

    @property
    def progress(self) -> float:
        """Share of the training that is done, by steps or by time, in [0, 1]."""
        by_steps = self.steps / (self._steps_an_epoch * self._epochs)
        usable = self._deadline - self._reserve - self._began
        by_time = self._gone / usable if usable > 0 else 1.0
        return min(max(by_steps, by_time), 1.0)

    @property
    def over(self) -> bool:
        """Whether the minutes are used up."""
        return self._gone >= self._deadline - self._reserve - self._began

    def step(self) -> None:
        """Count a step."""
        self.steps += 1

    def validated(self, seconds: float) -> None:
        """Learn how long a validation takes."""
        self._validation = seconds

    def seconds_left(self, epochs_done: int) -> float:
        """Estimate how long the rest takes."""
        by_epochs = self._gone / epochs_done * (self._epochs - epochs_done)
        by_time = self._deadline - self._now()
        return max(0.0, min(by_epochs, by_time))

    def state(self) -> dict[str, Any]:
        """Return plain values from which a later clock could go on."""
        return {
            "steps": self.steps,
            "gone": self._gone,
            "used": self._now() - self._started,
            "validation": self._validation,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned, as if no time had passed since.

        Raises
        ------
        ValueError, KeyError
            If it holds no such numbers.
        """
        for name in ("steps", "gone", "used"):
            check_count(state[name], MOST_STEPS, name)
        if state["validation"] is not None:
            check_count(state["validation"], MOST_STEPS, "validation")
        self.steps, self._validation = state["steps"], state["validation"]
        self._began = self._now() - state["gone"]
        self._started -= state["used"]
        self._deadline -= state["used"]

    @property
    def _gone(self) -> float:
        return self._now() - self._began

    @property
    def _reserve(self) -> float:
        """Seconds for what follows the last step, at most half of what there was.

        Before a validation has been timed they are guessed from the steps, the first
        of which are slow.
        """
        validation = self._validation
        if validation is None:
            epoch = self._gone / max(self.steps, 1) * self._steps_an_epoch
            validation = _VALIDATION_COST * self._validation_share * epoch
        needed = self._validations_to_come * validation
        return min(needed, (self._deadline - self._began) / 2)
