"""What a training has to tell, in words, the same wherever it is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..jobs.process_use import Use
from ..review.counting import counted
from ..window.progress_words import duration
from .runs import STATES, Run

_NO_EPOCH = "It ended before its first epoch did: there are no curves of it."


def epoch_words(event: Mapping[str, Any]) -> str:
    """Return an epoch event in words: which, how good, how long still."""
    fold = f"Fold {event['fold']} of {event['folds']}, epoch" if "fold" in event else ""
    said = f"{fold or 'Epoch'} {event['epoch']} of {event['epochs']}"
    if event.get("val_dice") is not None:
        said += f" · validation Dice {event['val_dice']:.3f}"
    low, high = event.get("val_dice_low"), event.get("val_dice_high")
    if low is not None and high is not None:
        said += f" (middle half of subjects {low:.2f} to {high:.2f})"
    if event.get("seconds_left") is not None:
        said += f" · {duration(event['seconds_left'])} left"
    return said


def use_words(use: Use | None, gpu_gigabytes: float | None) -> str:
    """Return what a training takes of the machine."""
    if use is None:
        return ""
    said = f"Uses {use.processors:.1f} processors · {use.gigabytes:.1f} GB memory"
    return said if gpu_gigabytes is None else f"{said} · {gpu_gigabytes:.1f} GB of GPU"


def run_words(run: Run) -> str:
    """Return a run that is over in one line: how it ended, how long, how good."""
    n, what = (run.folds, "fold") if run.folds else (len(run.epochs), "epoch")
    said = f"{run.name}: {STATES[run.state]} · {counted(n, what)}"
    if run.validation is not None:
        said += f" · validation Dice {run.validation:.3f}"
    if run.test is not None:
        said += f" · test Dice {run.test:.3f}"
    return said


def empty_words(run: Run) -> str:
    """Return why a run that is over has no curves; nothing of one that goes on."""
    if not run.is_over:
        return ""
    return str(run.result.get("text") or "") or _NO_EPOCH


def estimate_words(found: Mapping[str, Any]) -> str:
    """Return an estimate in words: time, memory, frames, device."""
    memory, frames = found["memory_gb"], found["frames"]
    said = f"{found['text']} Memory: {memory['process']:.1f} GB"
    if memory.get("gpu") is not None:
        said += f", of the GPU {memory['gpu']:.1f} GB"
    counts = f"{frames['train']:,} to learn from, {frames['validation']:,} to validate"
    if frames.get("test"):
        counts += f", {frames['test']:,} to test"
    return f"{said}. Frames: {counts}. On {found['device']}."


def cross_validation_words(text: str, folds: int) -> str:
    """Return an estimate of one training as one of a cross-validation's folds."""
    return f"Each of {folds} folds: {text[0].lower()}{text[1:]}" if folds else text
