"""Settings that do nothing beside others, and that they never stand in the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from training.learn.settings.config import RECIPES
from training.learn.settings.idle import idle_settings
from training.learn.settings.limits import CHOICES


@pytest.mark.parametrize(
    ("recipe", "idle"),
    [
        ("unet", {"backbone", "deep_supervision", "pretrained"}),
        ("seed", {"backbone", "deep_supervision", "pretrained", "weight_decay"}),
        ("lite", {"norm", "presence", "stem_stride", "backbone", "deep_supervision"}),
        ("dynunet", {"norm", "presence", "stem_stride", "backbone", "pretrained"}),
        ("efficientnet", {"norm", "presence", "stem_stride", "deep_supervision"}),
    ],
)
def test_what_a_recipe_does_not_use_counts_as_it_says(
    recipe: str, idle: set[str]
) -> None:
    values = RECIPES[recipe]().to_json()
    found = idle_settings(values)
    assert set(found) == idle
    assert found == {name: values[name] for name in idle}


def test_a_checkpoint_to_begin_from_leaves_no_choice_of_weights() -> None:
    values = {**RECIPES["lite"]().to_json(), "init_from": "runs/one"}
    assert idle_settings(values)["pretrained"] is False


@pytest.mark.parametrize("network", CHOICES["network"])
@pytest.mark.parametrize("recipe", RECIPES)
def test_with_them_any_recipe_takes_any_network(recipe: str, network: str) -> None:
    config = replace(RECIPES[recipe](), network=network, size=(192, 256))
    mended = replace(config, **idle_settings(config.to_json()))
    assert mended.validation_error() is None
