"""What each setting of a training may be, and which do not go together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...errors import InputError
from ...networks.cost import too_much
from ...networks.device import DEVICES, is_device_name
from .augmentation import Augmentation

Good = Callable[[Any], bool]

#: Settings that take one of a few words, and these.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "network": ("unet", "lite", "dynunet", "flexible"),
    "norm": ("group", "batch"),
    "preprocess": ("none", "histeq", "clahe"),
    "optimizer": ("adamw", "adam"),
    "schedule": ("cosine", "constant"),
    "averaging": ("none", "flip", "agreement"),
    "split_by": ("subject", "frame"),
    "device": DEVICES,
}

#: Networks that there are ImageNet weights for.
PRETRAINED = ("lite", "flexible")


def wrong_value(values: Mapping[str, Any]) -> InputError | None:
    """Return what is wrong with the first setting that is out of its limits.

    Parameters
    ----------
    values
        Settings by name.
    """
    for name, (good, wanted) in LIMITS.items():
        if not good(values[name]):
            text = f"{name} is {_shown(values[name])}: give {wanted}."
            return InputError(text, name)
    return None


def _shown(value: Any) -> str:
    """Return a value as it is typed, not as Python writes it."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else repr(value)


def conflict(values: Mapping[str, Any]) -> InputError | None:
    """Return the first two settings that do not go together, the one to mend first.

    Parameters
    ----------
    values
        Settings by name, each within its limits.
    """
    found = next(_conflicts(values), None)
    return None if found is None else InputError(*found)


def _conflicts(values: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield sentences, each with the settings that it names."""
    yield from _network_conflicts(values)
    if values["accumulate"] > values["batch"]:
        yield (
            f"accumulate is {values['accumulate']}, but a batch has "
            f"{values['batch']} frames: give at most as many parts.",
            "accumulate",
        )
    if values["compile"] and values["device"].startswith(("cpu", "mps")):
        text = f"compile works on CUDA only: leave it out on {values['device']}."
        yield text, "compile"
    if values["split_by"] == "frame" and (
        values["val_subjects"] or values["test_subjects"]
    ):
        yield (
            "split_by is 'frame', which assigns single frames: name no val_subjects "
            "and no test_subjects.",
            *("split_by", "val_subjects", "test_subjects"),
        )


def _network_conflicts(values: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    network = values["network"]
    if values["pretrained"] and values["init_from"]:
        text = "init_from and pretrained both say how to begin: take one of them."
        yield text, "init_from", "pretrained"
    if values["pretrained"] and network not in PRETRAINED:
        yield (
            f"pretrained is true, but there are no ImageNet weights for {network}: "
            f"take the network {' or '.join(PRETRAINED)}, or pretrained false.",
            "pretrained",
        )
    if values["deep_supervision"] and network != "dynunet":
        text = f"deep_supervision is for the network dynunet: {network} has none."
        yield text, "deep_supervision"
    shape = (network, values["widths"], values["stem_stride"], values["size"])
    if cost := too_much(*shape):
        text = f"size is too large: {cost}; give a smaller one, or smaller widths."
        yield text, "size"
    if not values["presence"] and network != "unet":
        text = f"presence is false, but only unet can go without: {network} cannot."
        yield text, "presence"


def _whole(least: int, most: int) -> Good:
    return lambda value: type(value) is int and least <= value <= most


def _number(least: float, most: float) -> Good:
    return lambda value: type(value) in (int, float) and least <= value <= most


def _above_zero(most: float) -> Good:
    return lambda value: type(value) in (int, float) and 0 < value <= most


def _one_of(name: str) -> tuple[Good, str]:
    choices = CHOICES[name]
    named = ", ".join(choices[:-1])
    return lambda value: value in choices, f"{named} or {choices[-1]}"


def _wholes(least: int, most: int, lengths: range) -> Good:
    one = _whole(least, most)
    return lambda value: (
        isinstance(value, tuple) and len(value) in lengths and all(map(one, value))
    )


def _or_none(good: Good) -> Good:
    return lambda value: value is None or good(value)


_COUNT = (_whole(1, 100_000), "a whole number from 1 to 100000")
_SHARE = (_number(0, 1), "a share from 0 to 1")
_TEXT = (lambda value: type(value) is str, "text")
_SUBJECTS = (_TEXT[0], "a list such as P01,21-24,30")
_YES_NO = (lambda value: type(value) is bool, "true or false")

#: By setting: whether a value will do, and what would.
LIMITS: Mapping[str, tuple[Good, str]] = {
    "recipe": _TEXT,
    "network": _one_of("network"),
    "backbone": _TEXT,
    "size": (
        _wholes(16, 4096, range(2, 3)),
        "height and width, whole numbers from 16 to 4096",
    ),
    "widths": (
        _wholes(1, 4096, range(1, 9)),
        "1 to 8 channel counts, whole numbers from 1 to 4096",
    ),
    "norm": _one_of("norm"),
    "presence": _YES_NO,
    "stem_stride": (_whole(1, 2), "1 or 2"),
    "deep_supervision": _YES_NO,
    "pretrained": _YES_NO,
    "init_from": (_TEXT[0], "a checkpoint's path, or nothing"),
    "frozen_warmup": _SHARE,
    "encoder_rate": (_number(0, 100), "a number from 0 (frozen) to 100"),
    "preprocess": _one_of("preprocess"),
    "epochs": _COUNT,
    "batch": (_whole(1, 4096), "a whole number from 1 to 4096"),
    "accumulate": (_whole(1, 4096), "a whole number from 1 to 4096"),
    "optimizer": _one_of("optimizer"),
    "learning_rate": (_above_zero(10), "a number above 0, at most 10"),
    "schedule": _one_of("schedule"),
    "warmup": _SHARE,
    "weight_decay": (_number(0, 10), "a number from 0 to 10"),
    "clip": (_number(0, 1e9), "a number from 0 (no clipping)"),
    "ema": (_number(0, 0.99999), "a number from 0 (none) to 0.99999"),
    "presence_weight": (_number(0, 1000), "a number from 0 to 1000"),
    "balance_subjects": _YES_NO,
    "nerve_share": (_or_none(_number(0, 1)), "a share from 0 to 1, or nothing"),
    "augment": _YES_NO,
    "augmentation": (
        lambda value: isinstance(value, Augmentation),
        "strengths by name, such as {'flip': 0.5}",
    ),
    "patience": (_whole(0, 100_000), "a whole number from 0 (never end early)"),
    "max_minutes": (_or_none(_above_zero(1e7)), "a number above 0, or nothing"),
    "averaging": _one_of("averaging"),
    "largest_component": _YES_NO,
    "fill_holes": _YES_NO,
    "split_by": _one_of("split_by"),
    "val_subjects": _SUBJECTS,
    "test_subjects": _SUBJECTS,
    "clean_validation": _YES_NO,
    "seed": (_whole(0, 2**62), "a whole number from 0"),
    "deterministic": _YES_NO,
    "device": (is_device_name, "auto, cpu, cuda, mps or one of several GPUs, cuda:1"),
    "amp": _YES_NO,
    "compile": _YES_NO,
    "threads": (_or_none(_whole(1, 1024)), "a whole number from 1, or nothing"),
    "tensorboard": _YES_NO,
}


#: No training counts further than this.
MOST_STEPS, MOST_EPOCHS = 10**12, 10**6


def check_count(value: Any, most: float, what: str) -> None:
    """Raise `ValueError` unless ``value`` is a finite number from 0 to ``most``."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= most or not math.isfinite(value):
        raise ValueError(f"{what} cannot be {str(value)[:40]}")
