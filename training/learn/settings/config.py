"""What a training is asked to do: every setting, with what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from ...data import parse_subjects
from ...errors import InputError
from .augmentation import Augmentation
from .limits import conflict, wrong_value

#: The recipe of a configuration that names none.
DEFAULT_RECIPE = "lite"

#: What each network is built with, beside its name.
NETWORK_ARGS: Mapping[str, tuple[str, ...]] = {
    "unet": ("widths", "norm", "presence", "stem_stride"),
    "lite": ("widths",),
    "dynunet": ("widths", "deep_supervision"),
    "flexible": ("widths", "backbone"),
}

#: Warps, brightness and speckle; no shadows, haze or loss of sharpness.
_NO_ARTEFACTS = Augmentation(
    elastic=0.0, shadow=0.0, haze=0.0, blur=0.0, low_resolution=0.0
)


@dataclass(frozen=True)
class TrainConfig:
    """Every setting of a training; defaults of the class are the recipe ``unet``'s.

    Attributes
    ----------
    recipe
        Whose numbers hold where nothing else is said: ``lite``, ``unet``, ``seed``,
        ``dynunet`` or ``efficientnet``.
    network
        ``unet``, ``lite`` (a U-Net on EfficientNet-Lite0), ``dynunet`` or ``flexible``
        (MONAI's, on a larger EfficientNet).
    backbone
        Encoder of ``flexible``, such as ``efficientnet-b1``.
    size
        Height and width in pixels to which every frame is resized.
    widths
        Channels at each level: of the whole network (``unet``, ``dynunet``), or of
        the decoder (``lite``, ``flexible``).
    norm
        ``group`` or ``batch`` normalisation, of ``unet``.
    presence
        Whether a head says if there is a nerve; only ``unet`` can go without.
    stem_stride
        2 computes at half of ``size``, 1 at full; of ``unet``.
    deep_supervision
        Whether ``dynunet`` also learns from its coarser levels.
    pretrained
        Begin with ImageNet weights in the encoder, of ``lite`` and ``flexible``.
    init_from
        Begin with the weights of this checkpoint or run folder.
    frozen_warmup
        Share of the training in which the encoder's weights stay as they began.
    encoder_rate
        Share of the learning rate at which the encoder learns.
    preprocess
        What is done to a frame's grey levels first: ``none``, ``histeq`` or ``clahe``.
    epochs
        How often every training frame is seen, at most.
    batch
        Frames in one step, over all parts and ranks.
    accumulate
        In how many parts a batch goes through the network, to save memory.
    optimizer
        ``adamw`` or ``adam``.
    learning_rate
        The optimiser's, at its peak.
    schedule
        ``cosine`` (after a warm-up, down to a hundredth) or ``constant``.
    warmup
        Share of the training in which the rate rises from zero.
    weight_decay
        How strongly AdamW pulls weights to zero.
    clip
        Longest gradient allowed (Euclidean norm); 0 does not clip.
    ema
        How slowly the averaged weights, which are the ones kept, follow; 0 keeps the
        trained weights themselves.
    presence_weight
        Weight of the presence term in the loss.
    balance_subjects
        Whether an epoch has as many frames of every subject.
    nerve_share
        Share of nerve frames in a batch; not given, frames are taken as they come.
    augment
        Whether training frames are warped and their grey levels changed.
    augmentation
        How strongly; see `Augmentation`.
    patience
        Epochs without a better validation score after which training ends; 0 never.
    max_minutes
        End within this time, learning-rate schedule fitted to it; not given, there is
        no limit.
    averaging
        What is averaged where frames are predicted: ``none``, ``flip`` (the frame and
        its mirror image), or ``agreement`` (the same, weighted by how they agree).
    largest_component
        Whether a predicted mask keeps its largest connected part only.
    fill_holes
        Whether holes in a predicted mask are closed.
    split_by
        ``subject``, or ``frame``, which leaks and serves only to compare with others.
    val_subjects
        Who validates, such as ``21-24,P01``; nobody named: a seeded fifth.
    test_subjects
        Who is read once, for the final score.
    clean_validation
        Score against mended labels; such scores compare with nothing and say so.
    seed
        Of every random number.
    deterministic
        Whether a GPU, too, is held to repeatable arithmetic, which is slower.
    device
        ``auto``, ``cpu``, ``cuda``, ``mps``, or one of several GPUs: ``cuda:1``.
    amp
        Compute in bfloat16 where the device is fast at it.
    compile
        Let torch compile the network, which works on CUDA only.
    threads
        Processor threads, at most one for each processor that may be used; not given,
        so many.
    tensorboard
        Whether curves also go to TensorBoard files (extra ``[tensorboard]``).
    """

    recipe: str = "unet"
    network: str = "unet"
    backbone: str = "efficientnet-b0"
    size: tuple[int, int] = (192, 256)
    widths: tuple[int, ...] = (16, 32, 64, 128, 192)
    norm: str = "group"
    presence: bool = True
    stem_stride: int = 2
    deep_supervision: bool = False
    pretrained: bool = False
    init_from: str = ""
    frozen_warmup: float = 0.0
    encoder_rate: float = 1.0
    preprocess: str = "none"
    epochs: int = 40
    batch: int = 4
    accumulate: int = 1
    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    warmup: float = 0.05
    weight_decay: float = 0.01
    clip: float = 1.0
    ema: float = 0.998
    presence_weight: float = 0.2
    balance_subjects: bool = False
    nerve_share: float | None = None
    augment: bool = True
    augmentation: Augmentation = _NO_ARTEFACTS
    patience: int = 15
    max_minutes: float | None = None
    averaging: str = "none"
    largest_component: bool = False
    fill_holes: bool = False
    split_by: str = "subject"
    val_subjects: str = ""
    test_subjects: str = ""
    clean_validation: bool = False
    seed: int = 0
    deterministic: bool = False
    device: str = "auto"
    amp: bool = True
    compile: bool = False
    threads: int | None = None
    tensorboard: bool = False

    def validation_error(self) -> InputError | None:
        """Return what is wrong, with the settings that it is about, or None."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        error = wrong_value(values) or conflict(values)
        error = error or self.augmentation.validation_error()
        if error:
            return error
        listed = []
        for name in ("val_subjects", "test_subjects"):
            try:
                names = values[name]
                listed.append({*parse_subjects(names)} if names else set())
            except InputError as mistake:
                return InputError(str(mistake), name)
        if both := listed[0] & listed[1]:
            text = f"Subject {min(both)} is in val_subjects and in test_subjects: take"
            text += " it out of one of them."
            return InputError(text, "val_subjects", "test_subjects")
        return None

    @property
    def val_list(self) -> list[str]:
        """The validation subjects, one by one."""
        return parse_subjects(self.val_subjects) if self.val_subjects else []

    @property
    def test_list(self) -> list[str]:
        """The test subjects, one by one."""
        return parse_subjects(self.test_subjects) if self.test_subjects else []

    @property
    def network_args(self) -> dict[str, Any]:
        """What `training.networks.build_network` takes beside the network's name."""
        values = {name: getattr(self, name) for name in NETWORK_ARGS[self.network]}
        return {**values, "widths": list(self.widths)}

    def to_json(self) -> dict[str, Any]:
        """Return every setting as JSON can carry it."""
        return {**asdict(self), "size": list(self.size), "widths": list(self.widths)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TrainConfig:
        """Read settings; those not given are the recipe's.

        Raises
        ------
        InputError
            If there is no such recipe or setting, or a value is wrong.
        """
        unknown = sorted(set(values) - {f.name for f in fields(cls)})
        if unknown:
            raise InputError(
                f"There is no training setting {unknown[0]!r}: see docs/training.md "
                "for those there are."
            )
        recipe = _recipe(values.get("recipe", DEFAULT_RECIPE))
        config = replace(recipe, **_typed(values, recipe))
        if error := config.validation_error():
            raise error
        return config


def _recipe(name: Any) -> TrainConfig:
    if name not in RECIPES:
        known = ", ".join(RECIPES)
        raise InputError(f"There is no recipe {name!r}: choose {known}.")
    return RECIPES[name]()


def _typed(values: Mapping[str, Any], recipe: TrainConfig) -> dict[str, Any]:
    """Turn what JSON can carry into a configuration's own types."""
    typed: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in values.items()
    }
    strengths = values.get("augmentation")
    if isinstance(strengths, Mapping):
        merged = {**recipe.augmentation.to_json(), **strengths}
        typed["augmentation"] = Augmentation.from_json(merged)
    if values.get("init_from"):  # a checkpoint stands in for the recipe's weights
        typed.setdefault("pretrained", False)
    return typed


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
