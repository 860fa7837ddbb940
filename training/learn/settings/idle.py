"""Which settings do nothing beside others, and what they count as then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from .config import NETWORK_ARGS, TrainConfig
from .limits import PRETRAINED


def idle_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that do nothing, each with the value that says so.

    Parameters
    ----------
    values
        Settings by name, at least ``network``, ``optimizer`` and ``init_from``, each
        within its limits.

    Returns
    -------
    dict
        By name: what a configuration may hold beside these without a conflict.
    """
    network = values["network"]
    every = {name for args in NETWORK_ARGS.values() for name in args}
    idle = every - {*NETWORK_ARGS[network]}
    if network not in PRETRAINED or values["init_from"]:
        idle.add("pretrained")
    found = {field.name: field.default for field in fields(TrainConfig)}
    found["weight_decay"] = 0.0  # Adam's, which pulls at nothing
    if values["optimizer"] == "adam":
        idle.add("weight_decay")
    return {name: value for name, value in found.items() if name in idle}
