"""Settings of a training as people read and write them: on screen and as flags."""

from __future__ import annotations

import inspect
import re

from ...errors import InputError
from .config import TrainConfig


def documented(cls: type) -> dict[str, str]:
    """Return what a class's docstring says of each attribute, as plain text.

    Returns
    -------
    dict
        By attribute; without markup and on one line.
    """
    _, _, text = inspect.cleandoc(cls.__doc__ or "").partition("----------\n")
    found = re.findall(r"^(\w+)\n((?:    .*\n?|\n(?=    ))+)", text, re.MULTILINE)
    return {name: " ".join(words.split()).replace("`", "") for name, words in found}


def holds_numbers(name: str) -> bool:
    """Say whether a setting is a row of whole numbers, such as ``size``."""
    return isinstance(getattr(TrainConfig, name, None), tuple)


def whole_numbers(name: str, text: str) -> list[int]:
    """Read a row of whole numbers, such as ``128x176`` or ``16,32,64``.

    Parameters
    ----------
    name
        What a message calls the setting, which may begin with ``--``.
    text
        As it was written.

    Raises
    ------
    InputError
        If something else than a whole number is in it.
    """
    words = re.split("[x×,]", text.replace(" ", ""))
    if not all(word.isdecimal() for word in words):
        example = "128x176" if name.endswith("size") else "16,32,64,96"
        raise InputError(f"{name} {text}: write whole numbers such as {example}.")
    return [int(word) for word in words]
