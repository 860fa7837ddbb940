"""What a training will take, from a few of its own steps: time and memory."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from ...data import DataSet
from ...data.parallel import in_threads
from ...errors import InputError
from ...events import OnEvent, ShouldStop, message
from ...networks.device import (
    fewer_threads,
    has_fast_bfloat16,
    pick_device,
    processor_threads,
)
from ...networks.kept_memory import kept_memory
from ..fit.initial import check_beginning
from ..fit.loop import Trainer
from ..fit.schedule import SCORE_COST, Clock
from ..fit.usage import memory_gb, peak_gb
from ..fit.validation import validate, validated_at_once
from ..preloaded import MaskOf, PreloadedFrames, TrainingLabels, preload, require
from ..settings.config import TrainConfig
from ..splits.split import Split
from ..splits.truth import Truth
from .train import configured_split

#: Batches that are learned from, once to warm up and once to be timed, and validation
#: frames that are predicted, at least.
_STEPS, _VALIDATED = 3, 8

#: So many frames are decoded to see whether they can be; of more, headers are read.
_DECODED = 256

_GB = 1e9


def dry_run(
    dataset: DataSet,
    labels: TrainingLabels,
    config: TrainConfig,
    *,
    groups: Iterable[Sequence[str]] = (),
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> dict[str, Any]:
    """Predict the time and memory of `train`, and write nothing.

    Looks which frames can be read (of more than a few hundred, by their headers), takes
    a few steps as the training would, and validates.

    Parameters
    ----------
    dataset, labels, config, groups, on_event, should_stop
        As for `training.learn.train`.

    Returns
    -------
    dict
        ``recipe``, ``network``, ``device``, ``threads``, ``bfloat16``, ``parameters``
        (how many numbers are learned), ``frames`` (of ``train``, ``validation`` and
        ``test``), ``images_per_second``, ``epochs`` (all, or those for which there is
        time), ``seconds`` (``reading``, ``epoch``, ``validation``, ``scoring``,
        ``total``), ``memory_gb`` (``process``, ``held`` frames in it, ``gpu`` or
        None), ``text`` (a sentence) and ``warnings``.

    Raises
    ------
    InputError
        As `training.learn.train`.
    Cancelled
        If asked to stop.
    """
    if error := config.validation_error():
        raise error
    check_beginning(config)
    device = pick_device(config.device)
    split = configured_split(dataset, labels, config, groups, on_event, should_stop)
    out = labels.excluded | labels.ambiguous
    split = replace(split, train=tuple(name for name in split.train if name not in out))
    split, left_out = _readable(dataset, split)
    with processor_threads(config.threads), kept_memory(device):
        if fewer := fewer_threads(config.threads):
            message(on_event, fewer, "warning")
        message(on_event, "Trying a few steps; nothing is written.")
        trial = _Trial(dataset, labels, split, config, device)
        found = trial.run(should_stop)
        seconds, epochs = _forecast(found, split, config)
        return {
            **_surroundings(config, device),
            "parameters": found.parameters,
            "frames": {
                "train": len(split.train),
                "validation": len(split.val),
                "test": len(split.test),
            },
            "images_per_second": 1 / found.training,
            "epochs": epochs,
            "seconds": seconds,
            "memory_gb": _memory(found, split, config, device),
            "text": _sentence(seconds, epochs, config),
            "warnings": [
                *split.warnings,
                *(f"Left out: {why}" for why in (*left_out, *found.unreadable)),
            ],
        }


@dataclass(frozen=True)
class _Found:
    """What the trial measured: seconds a frame, frames that it held, and numbers.

    And why some of the frames that it tried cannot be used.
    """

    reading: float
    training: float
    validation: float
    n_held: int
    parameters: int
    unreadable: tuple[str, ...]


def _readable(dataset: DataSet, split: Split) -> tuple[Split, list[str]]:
    """Leave out frames that cannot be read, and return why."""
    ids = (*split.train, *split.val, *split.test)
    read = dataset.frame if len(ids) <= _DECODED else dataset.shape

    def look(name: str) -> str | None:
        try:
            read(name)
        except InputError as error:
            return str(error)
        return None

    bad = {name: why for name, why in in_threads(look, ids) if why is not None}
    parts = (
        tuple(name for name in part if name not in bad)
        for part in (split.train, split.val, split.test)
    )
    train, val, test = parts
    return replace(split, train=train, val=val, test=test), list(bad.values())


class _Trial:
    """The training on a few frames of each part of its split."""

    def __init__(
        self,
        dataset: DataSet,
        labels: TrainingLabels,
        split: Split,
        config: TrainConfig,
        device: torch.device,
    ) -> None:
        self._dataset, self._labels, self._split = dataset, labels, split
        # All of the network learns, and no clock ends it.
        self._config = replace(config, frozen_warmup=0.0, max_minutes=None, epochs=2)
        self._device = device

    def run(self, should_stop: ShouldStop | None) -> _Found:
        """Read, learn and validate."""
        config, split = self._config, self._split
        truth = Truth(self._dataset, self._labels, config.clean_validation)
        began = time.perf_counter()
        n_train = min(_STEPS * config.batch, len(split.train))
        held = self._some("learn from", split.train, n_train, self._labels.mask)
        n_val = max(_VALIDATED, validated_at_once(config, self._device))
        validation = self._some("validate on", split.val, n_val, truth.mask)
        reading = (time.perf_counter() - began) / (len(held) + len(validation))
        trainer = self._trainer(held)
        trainer.epoch(1, None, should_stop)  # the first steps are slow
        training = _seconds(lambda: trainer.epoch(2, None, should_stop))
        network = trainer.average.network
        validating = _seconds(
            lambda: validate(network, validation, config, None, should_stop)
        )
        return _Found(
            reading,
            training / len(held),
            validating / len(validation),
            len(held) + len(validation),
            sum(p.numel() for p in trainer.network.parameters()),
            (*held.unreadable, *validation.unreadable),
        )

    def _some(
        self, use: str, ids: Sequence[str], n: int, mask_of: MaskOf
    ) -> PreloadedFrames:
        """Read ``n`` frames from all over a part."""
        chosen = ids[:: max(1, len(ids) // max(1, n))][:n]
        config = self._config
        held = preload(
            self._dataset,
            chosen,
            mask_of,
            config.size,
            stage=f"Reading frames to {use}",
            preprocess=config.preprocess,
            keep_truths=True,
        )
        require(held, self._dataset, use)
        return held

    def _trainer(self, held: PreloadedFrames) -> Trainer:
        steps = -(-len(held) // self._config.batch)
        clock = Clock(self._config, steps, 0.0, time.monotonic())
        return Trainer(self._config, held, self._device, clock)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()  # which reads numbers back, and so waits for the device
    return time.perf_counter() - began


def _surroundings(config: TrainConfig, device: torch.device) -> dict[str, Any]:
    return {
        "recipe": config.recipe,
        "network": config.network,
        "device": str(device),
        "threads": torch.get_num_threads(),
        "bfloat16": config.amp and has_fast_bfloat16(device),
    }


def _forecast(
    found: _Found, split: Split, config: TrainConfig
) -> tuple[dict[str, float], int]:
    """Return the seconds of each stage, and the epochs for which there is time."""
    reading = found.reading * (len(split.train) + len(split.val))
    epoch = found.training * len(split.train)
    validation = found.validation * len(split.val)
    scoring = SCORE_COST * found.validation * (len(split.val) + len(split.test))
    epochs = config.epochs
    if config.max_minutes is not None:
        left = 60 * config.max_minutes - reading - scoring
        epochs = min(epochs, max(1, math.ceil(left / (epoch + validation))))
    seconds = {
        "reading": reading,
        "epoch": epoch,
        "validation": validation,
        "scoring": scoring,
        "total": reading + epochs * (epoch + validation) + scoring,
    }
    if config.max_minutes is not None:
        seconds["total"] = min(seconds["total"], 60 * config.max_minutes)
    return seconds, epochs


def _memory(
    found: _Found, split: Split, config: TrainConfig, device: torch.device
) -> dict[str, float | None]:
    """Return gigabytes; the trial's peak, and the frames that it did not hold."""
    frame = 2 * math.prod(config.size)  # with its mask
    held = frame * (len(split.train) + len(split.val))
    rest = (held - frame * found.n_held) / _GB
    gpu = memory_gb(device) + rest if device.type == "cuda" else None
    return {"process": peak_gb() + rest, "held": held / _GB, "gpu": gpu}


def _sentence(seconds: dict[str, float], epochs: int, config: TrainConfig) -> str:
    each = seconds["epoch"] + seconds["validation"]
    ends = ", fewer if the score no longer rises" if config.patience else ""
    return (
        f"About {seconds['total'] / 60:.1f} minutes for {epochs} epochs of "
        f"{each:.0f} seconds{ends}."
    )
