"""How a data folder is read: what a person may choose, all in one place.

The command line's flags, the keys of a worker's command, the project's
``reading.json`` and the ``source.json`` of a run are all made from `Reading`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from ..errors import InputError


def _choice(flag: str, text: str, metavar: str | None = None) -> Any:
    metadata = {"flag": flag, "help": text, "metavar": metavar}
    return field(default=None, metadata=metadata)


@dataclass(frozen=True)
class Reading:
    """Choices on how a folder is read; what is None is found from the folder.

    Attributes
    ----------
    nerve_label
        The value that is the nerve in masks with several labels, from 1.
    masks_csv
        A CSV file of run-length masks, in the place of mask files.
    luminance
        Whether colour frames are read as their luminance.
    mask_names
        How masks are named, see `training.data.mask_names`.
    subject_by
        What tells the subject of a frame, see `training.data.subjects`.
    invert_masks
        Whether the nerve is black in the masks.
    grey_range
        ``LOW:HIGH``, the values of frames that are not of 8 bits which become black
        and white, see `training.data.grey`.
    """

    nerve_label: int | None = _choice(
        "--nerve-label", "Which label of the masks is the nerve, e.g. 1."
    )
    masks_csv: Path | None = _choice(
        "--masks", "Take the masks from a run-length CSV.", "CSV"
    )
    luminance: bool | None = _choice(
        "--luminance/--no-luminance", "Read colour frames as their luminance."
    )
    mask_names: str | None = _choice(
        "--mask-names",
        "How masks are named, * for the frame's name: '*_seg', 'labels/*', or 'none'.",
        "RULE",
    )
    subject_by: str | None = _choice(
        "--subject-by",
        "number, folder, none, a pattern such as '{subject}_frame*', or a CSV of "
        "file,subject.",
        "RULE",
    )
    invert_masks: bool | None = _choice(
        "--invert-masks/--no-invert-masks", "In the masks the nerve is black."
    )
    grey_range: str | None = _choice(
        "--grey-range",
        "Values of 16-bit or float frames that become black and white.",
        "LOW:HIGH",
    )

    def __post_init__(self) -> None:
        if self.nerve_label is not None and self.nerve_label < 1:
            raise InputError(
                f"The nerve label {self.nerve_label} is no label, 0 is the background: "
                "pass --nerve-label with 1 or more."
            )
        if self.masks_csv is not None:
            path = Path(self.masks_csv).expanduser().resolve()
            object.__setattr__(self, "masks_csv", path)

    def over(self, other: Reading) -> Reading:
        """Return ``other`` with what is chosen here in its place."""
        return replace(other, **self.chosen())

    def chosen(self) -> dict[str, Any]:
        """Return what is chosen, by name."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def to_json(self) -> dict[str, Any]:
        """Return what is chosen as JSON carries it."""
        chosen = self.chosen()
        return chosen | {k: str(v) for k, v in chosen.items() if isinstance(v, Path)}

    @classmethod
    def of(cls, value: Reading | Mapping[str, Any] | None) -> Reading:
        """Return a reading from what a command carries; other keys are passed over.

        Raises
        ------
        InputError
            If a value has the wrong type.
        """
        if isinstance(value, Reading):
            return value
        known = {name: v for name, v in (value or {}).items() if name in CHOICES}
        for name, found in known.items():
            kind = CHOICES[name]
            right = isinstance(found, kind) and (
                kind is bool or not isinstance(found, bool)
            )
            if found is not None and not right:
                raise InputError(
                    f"How the data are read: {name} has to be {_WORDS[kind]}, not "
                    f"{found!r}."
                )
        return cls(**known)


#: The type of each choice, as JSON has it.
CHOICES: Mapping[str, Any] = {
    "nerve_label": int,
    "masks_csv": (str, Path),
    "luminance": bool,
    "mask_names": str,
    "subject_by": str,
    "invert_masks": bool,
    "grey_range": str,
}

_WORDS: Mapping[Any, str] = {
    int: "a whole number",
    (str, Path): "a path",
    bool: "true or false",
    str: "text",
}
