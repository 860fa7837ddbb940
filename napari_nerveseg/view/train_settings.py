"""What the training form shows, and what it means for the engine."""

from __future__ import annotations

from typing import Any

from .. import _engine

#: Fields of the engine's `TrainConfig` that the form shows; the recipe has the rest.
FIELDS = (
    "recipe",
    "epochs",
    "height",
    "width",
    "batch",
    "val_subjects",
    "max_minutes",
    "device",
    "augment",
)
DEVICES = ("auto", "cpu", "cuda", "mps")


def recipe_values(recipe: str) -> dict[str, Any]:
    """Return what the form shows for a recipe's own defaults."""
    config = _engine.RECIPES[recipe]()
    height, width = config.size
    return {
        "recipe": recipe,
        "epochs": config.epochs,
        "height": height,
        "width": width,
        "batch": config.batch,
        "val_subjects": config.val_subjects,
        "max_minutes": config.max_minutes or 0.0,
        "device": config.device,
        "augment": config.augment,
    }


def config_json(values: dict[str, Any]) -> dict[str, Any]:
    """Return the form's values as the engine's configuration takes them.

    Parameters
    ----------
    values
        By the names in `FIELDS`; ``max_minutes`` of 0 is no limit.
    """
    config = {name: value for name, value in values.items() if name in FIELDS}
    config["size"] = [config.pop("height"), config.pop("width")]
    config["max_minutes"] = config["max_minutes"] or None
    config["val_subjects"] = config["val_subjects"].strip()
    return config


def settings_error(
    values: dict[str, Any], subjects: tuple[str | None, ...]
) -> str | None:
    """Return what is wrong with the form's values in one sentence, or None.

    Parameters
    ----------
    values
        As for `config_json`.
    subjects
        The data set's subjects; validation subjects must be among them.
    """
    try:
        config = _engine.TrainConfig.from_json(config_json(values))
    except _engine.InputError as problem:
        return str(problem)
    strange = [name for name in config.val_list if name not in subjects]
    if strange and subjects:
        return f"No frame is of subject {strange[0]}: name other validation subjects."
    return None
