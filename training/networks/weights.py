"""Weights from a file into a network: all of them, or an error that names one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    from torch import Tensor, nn

_REMEDY = "take a file that was made for the same network"


def replace_weights(
    network: nn.Module, weights: Mapping[str, Tensor], file: Path
) -> None:
    """Put weights into a network, every one of them or none.

    Parameters
    ----------
    network
        Changed in place.
    weights
        By the names of ``network.state_dict()``.
    file
        Where they come from, for the words.

    Raises
    ------
    InputError
        Naming the first weight that is missing, too many or of another shape; the
        network is then as it was.
    """
    check_fit(network, weights, file)
    network.load_state_dict(weights)


def check_fit(network: nn.Module, weights: Mapping[str, Tensor], file: Path) -> None:
    """Raise as `replace_weights`, which changes nothing here; sizes are all that count.

    Raises
    ------
    InputError
        As `replace_weights`.
    """
    wanted = network.state_dict()
    for name, weight in wanted.items():
        if name not in weights:
            raise InputError(
                f"{file} has no weight {name}, which this network needs: {_REMEDY}."
            )
        if weights[name].shape != weight.shape:
            raise InputError(
                f"{file}: weight {name} is {_size(weights[name])} and this network's "
                f"{_size(weight)}: {_REMEDY}."
            )
    for name in weights:
        if name not in wanted:
            raise InputError(
                f"{file} has a weight {name} that this network lacks: {_REMEDY}."
            )


def _size(weight: Tensor) -> str:
    return " x ".join(map(str, weight.shape)) or "a number"
