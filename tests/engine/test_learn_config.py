from __future__ import annotations

import json

import pytest

from training.errors import InputError
from training.learn import RECIPES, TrainConfig


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_are_sound_and_survive_json(name):
    config = RECIPES[name]()
    assert config.recipe == name
    assert config.validation_error() is None
    assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_the_seed_recipe_is_the_earlier_projects():
    config = RECIPES["seed"]()
    assert config.widths == (8, 16, 32, 64, 128)
    assert config.size == (256, 256)
    assert (config.batch, config.epochs, config.optimizer) == (4, 15, "adam")
    assert not config.presence


def test_what_is_not_given_is_the_recipes():
    config = TrainConfig.from_json({"recipe": "seed", "epochs": 3})
    assert (config.epochs, config.batch) == (3, 4)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"recipe": "best"}, "There is no recipe 'best': choose unet, seed."),
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
            "size is (192,): give height and width, whole numbers from 16 to 4096.",
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
            {"max_minutes": -1},
            "max_minutes is -1: give a number above 0, or nothing.",
        ),
        (
            {"val_subjects": "1-"},
            "'1-' is no list of subjects: write numbers and ranges, such as 21-24,30.",
        ),
        (
            {"val_subjects": "1-3", "test_subjects": "3"},
            "Subject 3 is in val_subjects and in test_subjects: take it out of one of "
            "them.",
        ),
    ],
)
def test_wrong_settings_are_named(values, message):
    with pytest.raises(InputError) as caught:
        TrainConfig.from_json(values)
    assert str(caught.value) == message
