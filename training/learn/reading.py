"""How a data set's masks and frames are read, which no run may change on its way.

The frames' pixels and masks have fingerprints of their own, but those of test frames
are not known before the end, nor those of a fold that has not begun.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..data import DataSet
from ..errors import InputError
from ..files import digest_json

#: How a setting of `reading_of` is given, and what another value of it means.
_WORDS = {
    "nerve_label": ("--nerve-label", "another label of the nerve"),
    "luminance": ("--luminance", "frames in colour read otherwise"),
    "run_lengths": ("--masks", "other masks"),
}


def reading_of(dataset: DataSet) -> dict[str, Any]:
    """Return how a data set is read, as JSON carries it.

    Returns
    -------
    dict
        ``nerve_label`` and ``luminance`` as of `training.data.open_dataset`, and
        ``run_lengths``: a hash of the masks that come from a CSV file, wherever it
        lies, None if none do.
    """
    lines = {name: dataset.run_length(name) for name in dataset.ids}
    known = {name: line for name, line in lines.items() if line is not None}
    return {
        "nerve_label": dataset.nerve_label,
        "luminance": dataset.luminance,
        "run_lengths": digest_json(known) if known else None,
    }


def check_reading(run: Path, before: Mapping[str, Any], dataset: DataSet) -> None:
    """Refuse to go on with a run on data that are read otherwise.

    Parameters
    ----------
    run
        Its folder.
    before
        What `reading_of` gave when it was begun; what it does not have, as in the
        runs of earlier versions, is not compared.
    dataset
        As it is read now.

    Raises
    ------
    InputError
        If something is read otherwise.
    """
    now = reading_of(dataset)
    for name, (flag, words) in _WORDS.items():
        if before.get(name, now[name]) != now[name]:
            raise InputError(
                f"{run} was begun with {words}: give {flag} as it was then, or leave "
                "it out and let the run say it."
            )
