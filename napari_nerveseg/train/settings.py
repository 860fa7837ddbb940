"""What the training form shows: the engine's own settings, in groups, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, get_type_hints

from .. import _engine

#: What matters first.
FIRST = (
    "recipe",
    "epochs",
    "max_minutes",
    "val_subjects",
    "test_subjects",
    "device",
    "init_from",
)

#: The rest, by title; "Augmentation" also has every strength of `Augmentation`.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "Network": (
        "network",
        "backbone",
        "size",
        "widths",
        "norm",
        "stem_stride",
        "presence",
        "deep_supervision",
        "pretrained",
        "frozen_warmup",
        "encoder_rate",
        "preprocess",
    ),
    "Optimisation": (
        "batch",
        "accumulate",
        "optimizer",
        "learning_rate",
        "schedule",
        "warmup",
        "weight_decay",
        "clip",
        "ema",
        "presence_weight",
        "balance_subjects",
        "nerve_share",
        "patience",
    ),
    "Augmentation": ("augment",),
    "Scoring": (
        "averaging",
        "largest_component",
        "fill_holes",
        "split_by",
        "clean_validation",
    ),
    "Machine": ("seed", "deterministic", "amp", "compile", "threads", "tensorboard"),
}

#: Words for settings whose name does not say enough.
_WORDS = {
    "max_minutes": "Minutes at most",
    "val_subjects": "Validation subjects",
    "init_from": "Begin from",
    "size": "Size, high × wide",
    "optimizer": "Optimiser",
    "norm": "Normalisation",
    "presence": "Presence head",
    "stem_stride": "Stem stride",
    "pretrained": "ImageNet weights",
    "preprocess": "Grey levels first",
    "ema": "Weight averaging",
    "augment": "Augment frames",
    "amp": "bfloat16 where fast",
    "clean_validation": "Score on mended labels",
    "seed": "Random seed",
    "tensorboard": "TensorBoard files",
}

#: What stands in an empty field.
_EMPTY = {
    "max_minutes": "no limit",
    "val_subjects": "a seeded fifth of the subjects",
    "test_subjects": "none",
    "init_from": "the recipe's own beginning",
    "nerve_share": "as they come",
    "threads": "one for each processor",
}

_STRENGTHS = "augmentation"


@dataclass(frozen=True)
class Setting:
    """One row of the form.

    Attributes
    ----------
    name, words, help
        What the engine calls it, what stands before it, and what it means.
    kind
        ``yes-no``, ``choice``, ``whole`` or ``number`` (a number), ``row`` (whole
        numbers, such as a size), or ``text``.
    choices
        Of a ``choice``.
    empty
        What an empty field means; without it, one may not be empty.
    strength
        Whether it belongs to the augmentation.
    """

    name: str
    words: str
    help: str
    kind: str
    choices: tuple[str, ...] = ()
    empty: str = ""
    strength: bool = False


@cache
def settings() -> Mapping[str, Setting]:
    """Return every setting by name, in the order of the form."""
    found = {}
    for name in (*FIRST, *(name for group in GROUPS.values() for name in group)):
        found[name] = _setting(_engine.TrainConfig, name, strength=False)
    for field in fields(_engine.Augmentation):
        found[field.name] = _setting(_engine.Augmentation, field.name, strength=True)
    return found


def names_in(group: str) -> tuple[str, ...]:
    """Return the settings of one of `GROUPS`."""
    strengths = (one.name for one in settings().values() if one.strength)
    return (*GROUPS[group], *(strengths if group == "Augmentation" else ()))


def recipe_values(recipe: str) -> dict[str, Any]:
    """Return what the form shows for a recipe's own defaults."""
    return config_values(_engine.RECIPES[recipe]().to_json())


def config_values(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form shows for a configuration, as ``config.json`` has it."""
    flat = {**config, **config[_STRENGTHS]}
    return {name: shown(setting, flat[name]) for name, setting in settings().items()}


def shown(setting: Setting, value: Any) -> Any:
    """Return a value as its field shows it."""
    if setting.kind == "yes-no":
        return bool(value)
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return (" x " if setting.name == "size" else ", ").join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def idle(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that do nothing beside the others, as they count then.

    Parameters
    ----------
    values
        What the form shows.
    """
    found = _engine.idle_settings({**values, "init_from": values["init_from"].strip()})
    if not values["augment"]:
        found |= _engine.RECIPES[values["recipe"]]().augmentation.to_json()
    return found


def config_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form shows as the engine's configuration takes it.

    Raises
    ------
    InputError
        If a field holds no number where one is wanted.
    """
    config: dict[str, Any] = {_STRENGTHS: {}}
    unused = idle(values)
    for name, setting in settings().items():
        part = config[_STRENGTHS] if setting.strength else config
        given = name not in unused
        part[name] = _typed(setting, values[name]) if given else unused[name]
    return config


def problems(
    values: Mapping[str, Any], subjects: tuple[str | None, ...]
) -> dict[str, str]:
    """Return what is wrong, in words, by the setting to mend.

    Parameters
    ----------
    values
        What the form shows.
    subjects
        The data set's; those that validate or test must be among them.
    """
    found = {}
    unused = idle(values)
    for name, setting in settings().items():
        if name in unused:  # nobody could mend what is not shown
            continue
        try:
            value = _typed(setting, values[name])
        except _engine.InputError as problem:
            found[name] = str(problem)
            continue
        if wrong := _out_of_limits(setting, value):
            found[name] = wrong
    return found or _together(values, subjects)


def _together(
    values: Mapping[str, Any], subjects: tuple[str | None, ...]
) -> dict[str, str]:
    """Return what the engine says of values each of which is good alone."""
    try:
        config = _engine.TrainConfig.from_json(config_json(values))
    except _engine.InputError as problem:
        return dict.fromkeys(problem.fields[:1] or ("recipe",), str(problem))
    for name in ("val_subjects", "test_subjects"):
        listed = config.val_list if name == "val_subjects" else config.test_list
        strange = [subject for subject in listed if subject not in subjects]
        if strange and subjects:
            return {name: f"No frame is of subject {strange[0]}: name others."}
    return {}


def _out_of_limits(setting: Setting, value: Any) -> str | None:
    limits: Mapping[str, Any] = (
        _engine.STRENGTHS if setting.strength else _engine.LIMITS
    )
    good, wanted = limits[setting.name]
    asked = tuple(value) if isinstance(value, list) else value
    return None if good(asked) else f"Give {wanted}."


def _typed(setting: Setting, value: Any) -> Any:
    if setting.kind in ("yes-no", "choice"):
        return value
    text = str(value).strip()
    if setting.kind == "text":
        return text
    if not text and setting.empty:
        return None
    if setting.kind == "row":
        return _engine.whole_numbers(setting.name, text)
    return _number(text, setting.kind)


def _number(text: str, kind: str) -> float:
    try:
        return int(text) if kind == "whole" else float(text.replace(",", "."))
    except ValueError:
        wanted = "a whole number" if kind == "whole" else "a number"
        raise _engine.InputError(f"Write {wanted}.") from None


def _setting(cls: type, name: str, *, strength: bool) -> Setting:
    return Setting(
        name=name,
        words=_WORDS.get(name, name.replace("_", " ").capitalize()),
        help=_engine.documented(cls)[name],
        kind=_kind(name, get_type_hints(cls)[name]),
        choices=_choices(name),
        empty=_EMPTY.get(name, ""),
        strength=strength,
    )


def _kind(name: str, hint: Any) -> str:
    if _choices(name):
        return "choice"
    if _engine.holds_numbers(name):
        return "row"
    if hint in (bool, str):
        return "yes-no" if hint is bool else "text"
    return "whole" if hint in (int, int | None) else "number"


def _choices(name: str) -> tuple[str, ...]:
    if name == "recipe":
        return tuple(_engine.RECIPES)
    return tuple(_engine.CHOICES.get(name, ()))
