"""MONAI's networks, imported without torchvision.

MONAI looks for torchvision whenever its networks are imported, and uses it for none
of ours. Versions of it that do not fit the installed torch are common, and importing
one can end a program, so it is hidden while MONAI looks.
"""

from __future__ import annotations

from .block_import import block_import

__all__ = ["FLEXUNET_BACKBONE", "DynUNet", "FlexibleUNet"]

with block_import("torchvision"):
    from monai.networks.nets.dynunet import DynUNet
    from monai.networks.nets.flexible_unet import FLEXUNET_BACKBONE, FlexibleUNet
