"""What a tuning may change, and between which values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...guarded import load_json
from ..settings.augmentation import Augmentation
from ..settings.config import TrainConfig

#: Settings of a configuration that no tuning may change, as they say what is scored.
_FIXED = ("recipe", "split_by", "val_subjects", "test_subjects", "clean_validation")

_STRENGTH = "augmentation."

#: Widths that are tried, by network: narrower, as the recipe has it, wider.
_WIDTHS: Mapping[str, list[list[int]]] = {
    "unet": [[8, 16, 32, 64, 96], [16, 32, 64, 128, 192], [24, 48, 96, 160, 256]],
    "lite": [[8, 16, 32, 64], [16, 32, 64, 96], [24, 48, 96, 128]],
    "dynunet": [[16, 32, 64, 128, 160, 160], [32, 64, 128, 256, 320, 320]],
    "flexible": [[128, 64, 32, 16, 8], [256, 128, 64, 32, 16]],
}


@dataclass(frozen=True)
class Range:
    """Values that a setting may take.

    Attributes
    ----------
    low, high
        The ends, for a number; whole numbers make it a whole one.
    log
        Whether it is drawn evenly in its logarithm.
    choices
        The values instead, as JSON carries them.
    """

    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[Any, ...] = ()

    @property
    def samples(self) -> tuple[Any, ...]:
        """Values by which the range is checked: its ends, or every choice."""
        return self.choices or (self.low, self.high)

    def has(self, value: Any) -> bool:
        """Say whether a setting may have this value, as JSON carries it."""
        if self.choices:
            return value in self.choices
        low, high = self.low, self.high
        return low is not None and high is not None and low <= value <= high

    def to_json(self) -> dict[str, Any]:
        """Return what `read_space` reads."""
        if self.choices:
            return {"choices": list(self.choices)}
        return {"low": self.low, "high": self.high, "log": self.log}


Space = Mapping[str, Range]


def default_space(config: TrainConfig) -> Space:
    """Return what is tuned if nobody says; see ``docs/crossval.md``.

    Parameters
    ----------
    config
        Its network decides on widths; where ``augment`` is off, no strength is tuned.
    """
    sizes = [[_of_16(f * side) for side in config.size] for f in (0.75, 1.25)]
    space = {
        "learning_rate": Range(1e-4, 1e-2, log=True),
        "weight_decay": Range(1e-4, 0.1, log=True),
        "batch": _choice(config.batch, [4, 8, 16]),
        "size": _choice(list(config.size), sizes),
        "widths": _choice(list(config.widths), _WIDTHS[config.network]),
        "ema": _choice(config.ema, [0.99, 0.995, 0.998, 0.999]),
    }
    if config.presence:
        space["presence_weight"] = Range(0.05, 1.0, log=True)
    if config.augment:
        space |= {
            "augmentation.rotation": Range(0.0, 20.0),
            "augmentation.scale": Range(1.0, 1.4),
            "augmentation.elastic": Range(0.0, 0.04),
            "augmentation.gamma": Range(1.0, 2.0),
            "augmentation.speckle": Range(0.0, 0.4),
            "augmentation.shadow": Range(0.0, 0.8),
        }
    return space


def _choice(own: Any, others: Sequence[Any]) -> Range:
    """Give a choice in which the configuration's own value is the first."""
    return Range(choices=(own, *(value for value in others if value != own)))


def _of_16(side: float) -> int:
    return max(32, round(side / 16) * 16)


def read_space(path: Path, config: TrainConfig) -> Space:
    """Read what is tuned from a JSON file, an object by setting.

    Each value is ``{"low": 1e-4, "high": 1e-2, "log": true}`` or
    ``{"choices": [4, 8]}``; a strength's name is such as ``augmentation.rotation``.

    Raises
    ------
    InputError
        If the file cannot be read, or names a setting or a value that there is not.
    """
    try:
        found = load_json(path)
    except OSError as error:
        raise InputError(
            f"--space {path} cannot be read ({error.strerror}): name a JSON file."
        ) from error
    except ValueError as error:
        text = str(error).removeprefix("no JSON: ")
        raise InputError(f"--space {path} is no JSON: {text}.") from error
    if not isinstance(found, dict) or not found:
        example = '{"batch": {"choices": [4, 8]}}'
        raise InputError(f"--space {path} names no setting: write {example}.")
    space = {name: _range(path, name, value) for name, value in found.items()}
    check_space(space, config, f"--space {path}")
    return space


def _range(path: Path, name: str, value: Any) -> Range:
    """Read one setting's range."""
    if isinstance(value, dict):
        choices, log = value.get("choices"), value.get("log", False)
        if set(value) == {"choices"} and isinstance(choices, list) and choices:
            return Range(choices=tuple(choices))
        ends = [value.get(key) for key in ("low", "high")]
        numbers: list[Any] = [end for end in ends if type(end) in (int, float)]
        known = set(value) <= {"low", "high", "log"} and type(log) is bool
        if known and len(numbers) == 2:
            low, high = numbers
            if low < high and (low > 0 or not log):
                return Range(low, high, log)
    raise InputError(
        f'--space {path}: {name} has to be {{"low": …, "high": …, "log": false}} with '
        'low below high, or {"choices": […]}.'
    )


def check_space(space: Space, config: TrainConfig, where: str) -> None:
    """Refuse a setting that cannot be tuned, or a value that it cannot have.

    Parameters
    ----------
    space
        What is to be tuned.
    config
        All other settings.
    where
        What the error names.

    Raises
    ------
    InputError
        See above; or if the configuration itself is wrong.
    """
    if error := config.validation_error():
        raise error
    known = {f.name for f in fields(TrainConfig)} - {"augmentation", *_FIXED}
    known |= {_STRENGTH + field.name for field in fields(Augmentation)}
    for name, one in space.items():
        if name not in known:
            raise InputError(
                f"{where}: {name} is no setting that can be tuned; see "
                "docs/crossval.md for those that can."
            )
        for value in one.samples:
            try:
                with_values(config, {name: value})
            except InputError as mistake:
                raise InputError(f"{where}: {mistake}") from mistake


def with_values(config: TrainConfig, values: Mapping[str, Any]) -> TrainConfig:
    """Return a configuration with some settings changed.

    Parameters
    ----------
    config
        The others.
    values
        By name, as JSON carries them; strengths as ``augmentation.rotation``.

    Raises
    ------
    InputError
        If a value is wrong.
    """
    changed = config.to_json()
    changed["augmentation"] = config.augmentation.to_json()
    for name, value in values.items():
        if name.startswith(_STRENGTH):
            changed["augmentation"][name.removeprefix(_STRENGTH)] = value
        else:
            changed[name] = value
    return TrainConfig.from_json(changed)


def own_values(config: TrainConfig, space: Space) -> dict[str, Any]:
    """Return what a configuration has for the settings of a space, where it has it."""
    plain = config.to_json()
    strengths = config.augmentation.to_json()
    values = {
        name: strengths[name.removeprefix(_STRENGTH)]
        if name.startswith(_STRENGTH)
        else plain[name]
        for name in space
    }
    return {name: value for name, value in values.items() if space[name].has(value)}


def suggest(trial: Any, space: Space) -> dict[str, Any]:
    """Let an Optuna trial choose a value for every setting.

    Returns
    -------
    dict
        By name, as JSON carries them.
    """
    return {name: _suggest(trial, name, one) for name, one in space.items()}


def _suggest(trial: Any, name: str, one: Range) -> Any:
    if one.choices:  # Optuna keeps texts and numbers, but no lists
        texts = [json.dumps(choice) for choice in one.choices]
        return json.loads(trial.suggest_categorical(name, texts))
    whole = all(type(end) is int for end in (one.low, one.high))
    draw: Callable[..., Any] = trial.suggest_int if whole else trial.suggest_float
    return draw(name, one.low, one.high, log=one.log)
