from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from training.errors import InputError
from training.learn import RECIPES, TrainConfig
from training.learn.settings.augmentation import Augmentation
from training.learn.settings.limits import LIMITS


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_are_sound_and_survive_json(name):
    config = RECIPES[name]()
    assert config.recipe == name
    assert config.validation_error() is None
    assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_every_setting_has_limits_and_a_word_of_explanation():
    names = [field.name for field in fields(TrainConfig)]
    assert list(LIMITS) == names
    documented = TrainConfig.__doc__.splitlines()
    assert [name for name in names if f"    {name}" not in documented] == []


def written(value):
    """Return a setting's value as the documents write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else f"{value:g}"


def test_the_table_of_recipes_is_true_and_whole():
    page = Path(__file__).parents[2] / "docs" / "training.md"
    lines = [
        [cell.strip(" `") for cell in line.strip("|\n").split("|")]
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith(("| `", "| setting |"))
    ]
    (head,) = [line for line in lines if line[0] == "setting"]
    assert head[1:] == list(RECIPES)
    rows = [line for line in lines if line[0] in LIMITS and len(line) == len(head)]
    for name, *cells in rows:
        for recipe, cell in zip(RECIPES, cells, strict=True):
            own = getattr(RECIPES[recipe](), name)
            assert cell in (written(own), "—"), f"{name} of {recipe}"
    differing = {
        name
        for name in set(LIMITS) - {"recipe", "augmentation"}
        if len({getattr(make(), name) for make in RECIPES.values()}) > 1
    }
    assert differing <= {row[0] for row in rows}


def test_the_seed_recipe_is_the_earlier_projects():
    config = RECIPES["seed"]()
    assert config.widths == (8, 16, 32, 64, 128)
    assert config.size == (256, 256)
    assert (config.batch, config.epochs, config.optimizer) == (4, 15, "adam")
    assert not config.presence


def test_lite_is_the_default():
    assert TrainConfig.from_json({}) == RECIPES["lite"]()
    assert next(iter(RECIPES)) == "lite"


def test_what_is_not_given_is_the_recipes():
    config = TrainConfig.from_json({"recipe": "seed", "epochs": 3})
    assert (config.epochs, config.batch) == (3, 4)


def test_strengths_that_are_not_given_are_the_recipes():
    config = TrainConfig.from_json({"recipe": "lite", "augmentation": {"flip": 0.1}})
    assert config.augmentation.flip == 0.1
    assert config.augmentation.speckle == RECIPES["lite"]().augmentation.speckle


def test_a_checkpoint_to_begin_with_stands_in_for_the_recipes_weights():
    config = TrainConfig.from_json({"recipe": "lite", "init_from": "runs/a"})
    assert not config.pretrained


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"recipe": "best"},
            "There is no recipe 'best': choose lite, unet, seed, dynunet, "
            "efficientnet.",
        ),
        (
            {"epoch": 3},
            "There is no training setting 'epoch': see docs/training.md for those "
            "there are.",
        ),
        (
            {"epochs": 0},
            "epochs is 0: give a whole number from 1 to 100000.",
        ),
        (
            {"epochs": True},
            "epochs is True: give a whole number from 1 to 100000.",
        ),
        (
            {"size": [192]},
            "size is 192: give height and width, whole numbers from 16 to 4096.",
        ),
        (
            {"learning_rate": 0},
            "learning_rate is 0: give a number above 0, at most 10.",
        ),
        (
            {"learning_rate": float("nan")},
            "learning_rate is nan: give a number above 0, at most 10.",
        ),
        ({"norm": "layer"}, "norm is 'layer': give group or batch."),
        (
            {"averaging": "all"},
            "averaging is 'all': give none, flip or agreement.",
        ),
        (
            {"nerve_share": 2},
            "nerve_share is 2: give a share from 0 to 1, or nothing.",
        ),
        (
            {"max_minutes": -1},
            "max_minutes is -1: give a number above 0, or nothing.",
        ),
        (
            {"augmentation": {"flop": 1}},
            "There is no augmentation 'flop': choose among "
            f"{', '.join(Augmentation().to_json())}.",
        ),
        (
            {"augmentation": {"flip": 3}},
            "augmentation flip is 3: give a number from 0 (off) to 1.",
        ),
        (
            {"augmentation": "strong"},
            "augmentation is 'strong': give strengths by name, such as {'flip': 0.5}.",
        ),
        (
            {"val_subjects": "3-1"},
            "'3-1' is no list of subjects: write names, numbers and upward ranges of "
            "numbers, such as P01,21-24,30.",
        ),
        (
            {"val_subjects": "1-3", "test_subjects": "3"},
            "Subject 3 is in val_subjects and in test_subjects: take it out of one of "
            "them.",
        ),
        (
            {"split_by": "frame", "test_subjects": "3"},
            "split_by is 'frame', which assigns single frames: name no val_subjects "
            "and no test_subjects.",
        ),
        (
            {"recipe": "lite", "pretrained": True, "init_from": "runs/a"},
            "init_from and pretrained both say how to begin: take one of them.",
        ),
        (
            {"recipe": "unet", "pretrained": True},
            "pretrained is true, but there are no ImageNet weights for unet: take the "
            "network lite or flexible, or pretrained false.",
        ),
        (
            {"recipe": "lite", "presence": False},
            "presence is false, but only unet can go without: lite cannot.",
        ),
        (
            {"deep_supervision": True},
            "deep_supervision is for the network dynunet: lite has none.",
        ),
        (
            {"accumulate": 9},
            "accumulate is 9, but a batch has 8 frames: give at most as many parts.",
        ),
        (
            {"compile": True, "device": "cpu"},
            "compile works on CUDA only: leave it out on cpu.",
        ),
    ],
)
def test_wrong_settings_are_named(values, message):
    with pytest.raises(InputError) as caught:
        TrainConfig.from_json(values)
    assert str(caught.value) == message
