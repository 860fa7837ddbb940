"""MONAI's networks, imported without torchvision.

MONAI looks for torchvision whenever its networks are imported, and uses it for none
of ours. Versions of it that do not fit the installed torch are common, and importing
one can end a program, so it is hidden while MONAI looks.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["FLEXUNET_BACKBONE", "DynUNet", "FlexibleUNet"]


@contextmanager
def _hidden(package: str) -> Iterator[None]:
    """Make a package that is not imported yet look as if it were not installed."""
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]


with _hidden("torchvision"):
    from monai.networks.nets.dynunet import DynUNet
    from monai.networks.nets.flexible_unet import FLEXUNET_BACKBONE, FlexibleUNet
