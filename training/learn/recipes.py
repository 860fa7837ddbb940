"""Recipes: configurations with a name, each good at something."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .augmentation import Augmentation
from .config import TrainConfig


def seed_recipe() -> TrainConfig:
    """The earlier project's network and numbers, its sigmoid applied once, not twice.

    The line to beat: 8-16-32-64-128 channels, 256 pixels, Adam, 15 epochs.
    """
    return TrainConfig(
        recipe="seed",
        size=(256, 256),
        widths=(8, 16, 32, 64, 128),
        norm="batch",
        presence=False,
        stem_stride=1,
        epochs=15,
        batch=4,
        optimizer="adam",
        learning_rate=1e-3,
        schedule="constant",
        warmup=0.0,
        weight_decay=0.0,
        clip=0.0,
        ema=0.0,
        presence_weight=0.0,
        augment=False,
        patience=0,
    )


def lite_recipe() -> TrainConfig:
    """The default: a light U-Net on ImageNet weights, made for a processor."""
    return TrainConfig(
        recipe="lite",
        network="lite",
        size=(128, 176),
        widths=(16, 32, 64, 96),
        pretrained=True,
        frozen_warmup=0.02,
        encoder_rate=0.5,
        batch=8,
        learning_rate=1e-3,
        augmentation=Augmentation(),
        averaging="flip",
    )


def unet_recipe() -> TrainConfig:
    """A light modern U-Net from scratch, where there are no weights to begin with."""
    return TrainConfig()


def dynunet_recipe() -> TrainConfig:
    """MONAI's DynUNet at full size, residual and deeply supervised, for a GPU."""
    return TrainConfig(
        recipe="dynunet",
        network="dynunet",
        size=(448, 576),
        widths=(32, 64, 128, 256, 320, 320),
        deep_supervision=True,
        epochs=100,
        batch=16,
        ema=0.999,
        augmentation=Augmentation(),
        averaging="flip",
        patience=25,
    )


def efficientnet_recipe() -> TrainConfig:
    """MONAI's FlexibleUNet on EfficientNet-B1 from the web, at full size, for a GPU."""
    return TrainConfig(
        recipe="efficientnet",
        network="flexible",
        backbone="efficientnet-b1",
        size=(448, 576),
        widths=(256, 128, 64, 32, 16),
        pretrained=True,
        frozen_warmup=0.02,
        encoder_rate=0.5,
        epochs=60,
        batch=16,
        ema=0.999,
        augmentation=Augmentation(),
        averaging="agreement",
        patience=20,
    )


#: Recipes by name, the default first.
RECIPES: Mapping[str, Callable[[], TrainConfig]] = {
    "lite": lite_recipe,
    "unet": unet_recipe,
    "seed": seed_recipe,
    "dynunet": dynunet_recipe,
    "efficientnet": efficientnet_recipe,
}
