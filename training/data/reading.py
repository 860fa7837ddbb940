"""How a data folder is read: what a person may choose, all in one place.

The command line's flags, the keys of a worker's command, the project's
``reading.json`` and the ``source.json`` of a run are all made from `Reading`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files import real_path


def _choice(
    flag: str, text: str, metavar: str | None = None, default: bool | None = None
) -> Any:
    metadata = {"flag": flag, "help": text, "metavar": metavar}
    return field(default=default, metadata=metadata)


#: How the name of a table of subjects ends.
_TABLES = (".csv", ".tsv")


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
        How masks are named, see `training.data.mask_words`.
    subject_by
        What tells the subject of a frame, see `training.data.subjects`.
    invert_masks
        Whether the nerve is black in the masks.
    grey_range
        ``LOW:HIGH``, the values of frames that are not of 8 bits which become black
        and white, see `training.data.grey`.
    as_found
        No choice of its own: what was chosen before is forgotten.
    exact
        None either: what was chosen before does not count here, and stays for others.
        A window and a run say so to their processes.
    """

    nerve_label: int | None = _choice(
        "--nerve-label", "Which label of the masks is the nerve, e.g. 1."
    )
    masks_csv: Path | None = _choice(  # noqa: RUF009 (which makes a field)
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
        "number, folder, none, a pattern for a whole name such as '{subject}_frame*', "
        "or a CSV of file,subject.",
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
    as_found: bool = _choice(
        "--as-found",
        "Forget what was chosen before on how this folder is read.",
        default=False,
    )
    exact: bool = False

    def __post_init__(self) -> None:
        if self.nerve_label is not None and self.nerve_label < 1:
            raise InputError(
                f"The nerve label {self.nerve_label} is no label, 0 is the background: "
                "pass --nerve-label with 1 or more."
            )
        if self.masks_csv is not None:
            path = real_path(self.masks_csv)
            object.__setattr__(self, "masks_csv", path)
        if (table := self.file("subject_by")) is not None:
            # A relative path means nothing to whoever opens the project elsewhere.
            object.__setattr__(self, "subject_by", str(real_path(table)))

    def file(self, name: str) -> Path | None:
        """Return the file that a choice names, if it names one."""
        value = getattr(self, name)
        if name == "subject_by" and not (value or "").lower().endswith(_TABLES):
            return None
        return None if value is None else Path(value)

    def over(self, other: Reading) -> Reading:
        """Return ``other`` with what is chosen here in its place.

        If what was chosen before does not count, ``other`` does not.
        """
        return self if self.is_all else replace(other, **self.chosen())

    @property
    def is_all(self) -> bool:
        """Whether nothing that was chosen before counts."""
        return self.as_found or self.exact

    def chosen(self) -> dict[str, Any]:
        """Return what is chosen, by name."""
        values = {name: getattr(self, name) for name in CHOICES}
        return {name: value for name, value in values.items() if value is not None}

    def flags(self) -> list[str]:
        """Return what is chosen as on the command line, e.g. ``--nerve-label 1``."""
        return [_flag(name, value) for name, value in self.chosen().items()]

    def to_json(self) -> dict[str, Any]:
        """Return what is chosen as JSON carries it."""
        chosen = self.chosen()
        return chosen | {k: str(v) for k, v in chosen.items() if isinstance(v, Path)}

    def to_command(self) -> dict[str, Any]:
        """Return the same for a worker's command, which may be all that counts."""
        return self.to_json() | {
            name: True for name in _SWITCHES if getattr(self, name)
        }

    def exactly(self) -> Reading:
        """Return the same choices with `exact`."""
        return replace(self, exact=True)

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
        kinds = {**CHOICES, **dict.fromkeys(_SWITCHES, bool)}
        known = {name: v for name, v in (value or {}).items() if name in kinds}
        for name, found in known.items():
            kind = kinds[name]
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

_SWITCHES = ("as_found", "exact")

_WORDS: Mapping[Any, str] = {
    int: "a whole number",
    (str, Path): "a path",
    bool: "true or false",
    str: "text",
}


def _flag(name: str, value: Any) -> str:
    flag = flag_of(name)
    if isinstance(value, bool):
        return flag if value else f"--no-{flag[2:]}"
    return f"{flag} {value}"


def flag_of(name: str) -> str:
    """Return the flag of a choice, such as ``--masks``."""
    metadata = Reading.__dataclass_fields__[name].metadata
    return str(metadata["flag"]).partition("/")[0]
