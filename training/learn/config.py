"""What a training is asked to do: a recipe with every number in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from ..data import parse_subjects
from ..errors import InputError
from ..networks.device import DEVICES


@dataclass(frozen=True)
class TrainConfig:
    """Every setting of a training; the defaults are the recipe ``unet``.

    Parameters
    ----------
    recipe
        Whose defaults these are.
    size
        Height and width in pixels to which every frame is resized.
    widths
        The U-Net's channels at each level.
    norm
        ``group`` or ``batch`` normalisation.
    presence
        Whether the network has a head that says if there is a nerve.
    stem_stride
        2 computes at half of ``size``, 1 at full.
    preprocess
        What is done to grey levels first; ``none``.
    epochs
        How often every training frame is seen, at most.
    batch
        Frames in one step.
    optimizer
        ``adamw`` or ``adam``.
    learning_rate
        At its peak.
    schedule
        ``cosine`` (after a warm-up, down to a hundredth) or ``constant``.
    warmup
        Share of the training in which the rate rises from zero.
    weight_decay
        AdamW's.
    clip
        Longest gradient allowed (Euclidean norm); 0 does not clip.
    ema
        How slowly the averaged weights, which are the ones kept, follow; 0 keeps the
        trained weights themselves.
    presence_weight
        Weight of the presence term in the loss.
    augment
        Whether training frames are warped and their grey levels changed.
    patience
        Epochs without a better validation score after which training ends; 0 never.
    max_minutes
        End within this time, learning-rate schedule fitted to it; None has no limit.
    val_subjects, test_subjects
        Such as ``21-24,30``. No validation subjects: a seeded fifth. Test subjects
        are read once, for the final score.
    seed
        Of every random number.
    device
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    amp
        Compute in bfloat16 where the device is fast at it.
    threads
        Processor threads; None leaves it to PyTorch.
    """

    recipe: str = "unet"
    size: tuple[int, int] = (192, 256)
    widths: tuple[int, ...] = (16, 32, 64, 128, 192)
    norm: str = "group"
    presence: bool = True
    stem_stride: int = 2
    preprocess: str = "none"
    epochs: int = 40
    batch: int = 4
    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    warmup: float = 0.05
    weight_decay: float = 0.01
    clip: float = 1.0
    ema: float = 0.998
    presence_weight: float = 0.2
    augment: bool = True
    patience: int = 15
    max_minutes: float | None = None
    val_subjects: str = ""
    test_subjects: str = ""
    seed: int = 0
    device: str = "auto"
    amp: bool = True
    threads: int | None = None

    def validation_error(self) -> str | None:
        """Return what is wrong, in one sentence, or None."""
        for name, good, wanted in _RULES:
            value = getattr(self, name)
            if not good(value):
                return f"{name} is {value!r}: give {wanted}."
        try:
            both = {*self.val_list} & {*self.test_list}
        except InputError as error:
            return str(error)
        if both:
            return (
                f"Subject {min(both)} is in val_subjects and in test_subjects: take it "
                "out of one of them."
            )
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
        """What `training.networks.build_network` takes for this configuration."""
        return {
            "widths": list(self.widths),
            "norm": self.norm,
            "presence": self.presence,
            "stem_stride": self.stem_stride,
        }

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
        recipe = values.get("recipe", "unet")
        if recipe not in RECIPES:
            known = ", ".join(RECIPES)
            raise InputError(f"There is no recipe {recipe!r}: choose {known}.")
        unknown = sorted(set(values) - {f.name for f in fields(cls)})
        if unknown:
            raise InputError(
                f"There is no training setting {unknown[0]!r}: see docs/training.md "
                "for those there are."
            )
        tuples: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in values.items()
        }
        config = replace(RECIPES[recipe](), **tuples)
        if error := config.validation_error():
            raise InputError(error)
        return config


def unet_recipe() -> TrainConfig:
    """The default: a light U-Net with presence head, good on a processor."""
    return TrainConfig()


def seed_recipe() -> TrainConfig:
    """The earlier project's recipe, its sigmoid applied once instead of twice."""
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


#: Recipes by name.
RECIPES: Mapping[str, Callable[[], TrainConfig]] = {
    "unet": unet_recipe,
    "seed": seed_recipe,
}


def _whole(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value <= most


def _number(least: float, most: float) -> Callable[[Any], bool]:
    return lambda value: type(value) in (int, float) and least <= value <= most


def _above_zero(most: float) -> Callable[[Any], bool]:
    return lambda value: type(value) in (int, float) and 0 < value <= most


def _one_of(*choices: str) -> tuple[Callable[[Any], bool], str]:
    return lambda value: value in choices, " or ".join(choices)


def _wholes(least: int, most: int, lengths: range) -> Callable[[Any], bool]:
    one = _whole(least, most)
    return lambda value: (
        isinstance(value, tuple) and len(value) in lengths and all(map(one, value))
    )


def _or_none(good: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or good(value)


def _is_bool(value: Any) -> bool:
    return type(value) is bool


def _is_text(value: Any) -> bool:
    return type(value) is str


_YES_NO = "true or false"

_RULES: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("recipe", lambda value: value in RECIPES, "unet or seed"),
    (
        "size",
        _wholes(16, 4096, range(2, 3)),
        "height and width, whole numbers from 16 to 4096",
    ),
    (
        "widths",
        _wholes(1, 4096, range(1, 9)),
        "1 to 8 channel counts, whole numbers from 1 to 4096",
    ),
    ("norm", *_one_of("group", "batch")),
    ("presence", _is_bool, _YES_NO),
    ("stem_stride", _whole(1, 2), "1 or 2"),
    ("preprocess", *_one_of("none")),
    ("epochs", _whole(1, 100_000), "a whole number from 1 to 100000"),
    ("batch", _whole(1, 4096), "a whole number from 1 to 4096"),
    ("optimizer", *_one_of("adamw", "adam")),
    ("learning_rate", _above_zero(10), "a number above 0, at most 10"),
    ("schedule", *_one_of("cosine", "constant")),
    ("warmup", _number(0, 1), "a share from 0 to 1"),
    ("weight_decay", _number(0, 10), "a number from 0 to 10"),
    ("clip", _number(0, 1e9), "a number from 0 (no clipping)"),
    ("ema", _number(0, 0.99999), "a number from 0 (none) to 0.99999"),
    ("presence_weight", _number(0, 1000), "a number from 0 to 1000"),
    ("augment", _is_bool, _YES_NO),
    ("patience", _whole(0, 100_000), "a whole number from 0 (never end early)"),
    ("max_minutes", _or_none(_above_zero(1e7)), "a number above 0, or nothing"),
    ("val_subjects", _is_text, "a list such as 21-24,30"),
    ("test_subjects", _is_text, "a list such as 21-24,30"),
    ("seed", _whole(0, 2**62), "a whole number from 0"),
    ("device", *_one_of(*DEVICES)),
    ("amp", _is_bool, _YES_NO),
    ("threads", _or_none(_whole(1, 1024)), "a whole number from 1, or nothing"),
)
