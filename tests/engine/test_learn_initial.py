from __future__ import annotations

import pytest
import torch

from tests.engine.learn_toys import tiny
from training.errors import InputError
from training.learn.fit.initial import check_beginning, initial_network
from training.learn.settings.config import RECIPES
from training.networks import CheckpointMeta, save_checkpoint


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """An earlier run's folder, and the network in it."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    config = tiny(seed=5)
    network = initial_network(config)
    meta = CheckpointMeta("unet", config.network_args, config.size)
    save_checkpoint(folder / "best.safetensors", network, meta)
    return folder, network


def same(one, other):
    """Whether two networks have the same weights."""
    weights = other.state_dict()
    return all(torch.equal(w, weights[name]) for name, w in one.state_dict().items())


def test_the_seed_makes_the_weights():
    assert same(initial_network(tiny(seed=1)), initial_network(tiny(seed=1)))
    assert not same(initial_network(tiny(seed=1)), initial_network(tiny(seed=2)))


def test_torchs_own_numbers_go_on_as_if_nothing_had_been_built():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    initial_network(tiny())
    assert torch.equal(torch.rand(2), expected)


def test_a_checkpoint_is_begun_with(checkpoint):
    folder, network = checkpoint
    config = tiny(seed=6, init_from=str(folder))
    check_beginning(config)
    assert same(initial_network(config), network)


def test_a_checkpoint_of_another_network_is_refused_before_any_work(checkpoint):
    folder, _ = checkpoint
    with pytest.raises(InputError, match="was made for the same network"):
        check_beginning(tiny(widths=(4, 16), init_from=str(folder)))


def test_a_checkpoint_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="none"):
        check_beginning(tiny(init_from=str(tmp_path / "none")))


def test_arguments_that_the_network_does_not_take_are_refused():
    with pytest.raises(InputError, match="network lite: widths must be a list of 4"):
        check_beginning(tiny(network="lite"))


def test_the_default_recipe_begins_with_imagenet():
    config = RECIPES["lite"]()
    check_beginning(config)
    stem = initial_network(config).encoder.stem.conv.weight
    other = initial_network(RECIPES["lite"]()).encoder.stem.conv.weight
    assert torch.equal(stem, other)
    assert stem.std() > 0.05, "no random start"
