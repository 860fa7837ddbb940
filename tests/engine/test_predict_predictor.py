"""One frame in, a map of its own size out, the same on every path."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.engine.predicting import tiny_checkpoint
from tests.toys import smooth_frame
from training.errors import Failure, InputError
from training.predict import Predictor


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    folder = tmp_path_factory.mktemp("run-7")
    return Predictor(tiny_checkpoint(folder / "best.safetensors"), device="cpu")


@pytest.mark.parametrize(
    "shape", [(64, 80), (32, 40), (1, 1), (3, 500), (500, 3), (7, 7), (700, 900)]
)
def test_map_and_mask_have_the_frames_own_size(predictor, shape) -> None:
    frame = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    found = predictor.probability(frame)
    assert found.probability.shape == found.mask.shape == shape
    assert found.probability.dtype == np.uint8
    assert found.mask.dtype == bool
    assert 0 <= found.presence <= 1
    assert found.area == found.mask.sum()


def test_prediction_is_not_trivial(predictor) -> None:
    found = predictor.probability(smooth_frame(1))
    assert 0 < found.area < found.mask.size
    assert len(np.unique(found.probability)) > 5


def test_a_frame_alone_and_among_others_gives_the_same_bits(predictor) -> None:
    frames = [
        smooth_frame(s, shape) for s, shape in enumerate([(64, 80), (50, 70)] * 3)
    ]
    together = predictor.probabilities(frames)
    for frame, found in zip(frames, together, strict=True):
        alone = predictor.probability(frame)
        np.testing.assert_array_equal(alone.probability, found.probability)
        assert alone.presence == found.presence


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_many_at_once_give_the_same_bits_in_order(predictor, threads) -> None:
    import torch

    shapes = [(64, 80), (50, 70), (33, 31)] * 4
    items = [(s, smooth_frame(s, shape)) for s, shape in enumerate(shapes)]
    before = torch.get_num_threads()
    alone = [predictor.probability(frame) for _, frame in items]
    try:
        torch.set_num_threads(threads)
        together = list(predictor.each(iter(items), lambda item: item[1]))
    finally:
        torch.set_num_threads(before)
    assert [number for (number, _), _ in together] == list(range(len(items)))
    for own, (_, found) in zip(alone, together, strict=True):
        np.testing.assert_array_equal(own.probability, found.probability)
        np.testing.assert_array_equal(own.mask, found.mask)
        assert own.presence == found.presence


def test_mask_is_the_decision_on_the_quantised_map(predictor) -> None:
    found = predictor.probability(smooth_frame(2))
    again = predictor.meta.rule.decide(found.probability, found.presence)
    np.testing.assert_array_equal(found.mask, again)


def test_map_is_that_of_the_networks_functions(predictor) -> None:
    from training.networks import infer, load_checkpoint, probability_map, stack_frames

    network, meta = load_checkpoint(predictor.checkpoint)
    frame = smooth_frame(3)
    logits, presence = infer(network, stack_frames([frame], meta.input_size))
    found = predictor.probability(frame)
    np.testing.assert_array_equal(
        found.probability, probability_map(logits[0], (64, 80))
    )
    assert found.presence == pytest.approx(float(presence.sigmoid()))


def test_decision_rule_of_the_checkpoint_holds(tmp_path: Path) -> None:
    frame = smooth_frame(1)
    rules = {"presence_threshold": 1.0}, {"min_area_share": 1.0}, {"threshold": 1.0}
    for number, rule in enumerate(rules):
        path = tiny_checkpoint(tmp_path / f"{number}.safetensors", **rule)
        assert Predictor(path, "cpu").probability(frame).area == 0


def test_a_network_that_gives_no_numbers_predicts_nothing(
    predictor, monkeypatch
) -> None:
    """As a map they would be levels like any other."""
    from training.predict import predictor as module

    averaged = module.infer_averaged

    def no_numbers(*args, **settings):
        found = averaged(*args, **settings)
        return replace(found, logits=found.logits * float("nan"))

    monkeypatch.setattr(module, "infer_averaged", no_numbers)
    with pytest.raises(Failure, match="gives no numbers for a frame"):
        predictor.probability(smooth_frame(1))


def test_a_run_is_named_by_its_folder_and_a_file_by_itself(predictor, tmp_path) -> None:
    assert predictor.name.startswith("run-7")
    alone = tiny_checkpoint(tmp_path / "mine.safetensors")
    assert Predictor(alone, "cpu").name == "mine"


def test_no_frames_no_predictions(predictor) -> None:
    assert predictor.probabilities([]) == []


@pytest.mark.parametrize(
    "frame",
    [np.zeros((0, 5), np.uint8), np.zeros((4, 5)), np.zeros((4, 5, 3), np.uint8)],
)
def test_what_is_no_frame_is_refused(predictor, frame) -> None:
    with pytest.raises(InputError, match="cannot be predicted: give"):
        predictor.probability(frame)


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        Predictor(tmp_path / "none.safetensors")
