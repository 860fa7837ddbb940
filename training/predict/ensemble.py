"""Ensembles: several checkpoints under one decision rule, in one small file.

A folder with ``ensemble.json``::

    {"version": 1, "members": ["fold-1/best.safetensors", ...],
     "threshold": 0.5, "presence_threshold": 0.5, "min_area_share": 0.0,
     "averaging": "flip", "largest_component": false, "fill_holes": false,
     "scores": {}, "provenance": {}}

Members lie in the folder or below it. Their probabilities and presences are averaged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..files import write_json
from ..guarded import load_json
from ..networks import CheckpointMeta, checkpoint_path, load_checkpoint
from ..networks.averaging import AVERAGINGS
from ..networks.decision import RULE, DecisionRule

if TYPE_CHECKING:
    from ..networks.network import Network

#: The file's name, and the version of its layout.
ENSEMBLE, VERSION = "ensemble.json", 1

#: The most members that a file may make us load.
_MOST = 64

_KEYS = {"version", "members", *RULE, "averaging", "scores", "provenance"}


def write_ensemble(
    folder: Path,
    members: Sequence[str],
    rule: DecisionRule,
    *,
    averaging: str = "none",
    scores: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Path:
    """Write ``ensemble.json``, whole or not at all.

    Parameters
    ----------
    folder
        Where it goes.
    members
        Checkpoint files, relative to ``folder``.
    rule
        What turns the mean prediction into a mask.
    averaging
        Of each member's views, see `training.networks.averaging.infer_averaged`.
    scores, provenance
        As a checkpoint's.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If it could not be read back: a member that leaves the folder, a rule out of
        its range.
    """
    file = Path(folder) / ENSEMBLE
    values = {
        "version": VERSION,
        "members": list(members),
        **rule.to_json(),
        "averaging": averaging,
        "scores": dict(scores or {}),
        "provenance": dict(provenance or {}),
    }
    _check(file, values)
    write_json(file, values)
    return file


def find_checkpoint(path: Path) -> Path:
    """Find the checkpoint or the ``ensemble.json`` that a user means by a path.

    Parameters
    ----------
    path
        A file, a run folder, or the folder of an ensemble.

    Raises
    ------
    InputError
        If there is none.
    """
    path = Path(path)
    inside = path / ENSEMBLE
    return inside if inside.is_file() else checkpoint_path(path)


def load_members(
    file: Path,
) -> tuple[list[Path], list[tuple[Network, CheckpointMeta]], CheckpointMeta]:
    """Read all networks of a checkpoint, which is an ensemble of one, or an ensemble.

    Parameters
    ----------
    file
        As `find_checkpoint` gives it.

    Returns
    -------
    files
        Everything that was read.
    members
        Each network in evaluation mode on the processor, and its header.
    meta
        A header for all together: the first member's, under the ensemble's rule.

    Raises
    ------
    InputError
        If a file is missing, damaged, or none of ours.
    """
    if file.name != ENSEMBLE:
        network, meta = load_checkpoint(file)
        return [file], [(network, meta)], meta
    values = _read(file)
    files = [file.parent / name for name in values["members"]]
    members = [load_checkpoint(one) for one in files]
    own = {name: values[name] for name in ("averaging", "scores", "provenance")}
    meta = replace(members[0][1], **own, rule=DecisionRule.from_json(values))
    return [file, *files], members, meta


def _read(file: Path) -> dict[str, Any]:
    try:
        values = load_json(file)
    except (OSError, ValueError):
        raise _damaged(file) from None
    _check(file, values)
    found: dict[str, Any] = values
    return found


def _check(file: Path, values: Any) -> None:
    if not isinstance(values, dict) or set(values) != _KEYS:
        raise _damaged(file)
    if values["version"] != VERSION:
        raise InputError(
            f"{file} is of version {values['version']}, and this nerveseg reads "
            f"version {VERSION}: use the nerveseg that wrote it."
        )
    members = values["members"]
    if not (
        isinstance(members, list)
        and 1 <= len(members) <= _MOST
        and all(isinstance(one, str) for one in members)
        and _has_rule(values)
    ):
        raise _damaged(file)
    for one in members:
        if Path(one).is_absolute() or ".." in Path(one).parts:
            raise InputError(
                f"{file} names the member {one}, which is not in its folder: copy the "
                "checkpoint there."
            )


def _has_rule(values: Mapping[str, Any]) -> bool:
    try:
        DecisionRule.from_json(values)
    except ValueError:
        return False
    dicts = all(isinstance(values[name], dict) for name in ("scores", "provenance"))
    return dicts and values["averaging"] in AVERAGINGS


def _damaged(file: Path) -> InputError:
    return InputError(f"{file} is no readable ensemble: run crossval again.")
