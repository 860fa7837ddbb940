from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.learn_toys import tiny, toy_dataset
from training.learn import preloaded as pixels
from training.learn.fit.batches import Batches
from training.learn.fit.epoch_order import epoch_order
from training.learn.preloaded import preload
from training.learn.settings.augmentation import Augmentation
from training.networks.frames import normalise, resize_frame
from training.networks.preprocess import preprocess_frame

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    dataset = toy_dataset(tmp_path_factory.mktemp("data"), (1, 2, 3), 4)
    return preload(dataset, dataset.ids, dataset.mask, (32, 48), stage="Reading")


def order(n, epoch=1, subjects=None, nerve=None, **changes):
    """Return an epoch of frames of whom and of what is given."""
    subjects = ["1"] * n if subjects is None else subjects
    nerve = np.zeros(n, bool) if nerve is None else np.array(nerve)
    return epoch_order(tiny(**changes), subjects, nerve, epoch)


def test_it_is_known_whose_each_frame_is_and_what_it_shows(held):
    assert held.subjects == ("1",) * 4 + ("2",) * 4 + ("3",) * 4
    assert held.nerve.tolist() == [True, False] * 6


def test_grey_levels_are_changed_at_the_frames_own_size(tmp_path):
    dataset = toy_dataset(tmp_path / "data", (1,), 1)
    equalised = preload(
        dataset,
        dataset.ids,
        dataset.mask,
        (32, 48),
        stage="Reading",
        preprocess="histeq",
    )
    frame = preprocess_frame(dataset.frame("1_1"), "histeq")
    expected = torch.from_numpy(resize_frame(frame, (32, 48)))
    assert torch.equal(equalised.frames[0, 0], expected)


def test_an_epoch_has_every_frame_once_in_an_order_of_its_own():
    first, again, second = order(20), order(20), order(20, epoch=2)
    assert sorted(first) == list(range(20))
    assert first.dtype == np.int64
    assert (first == again).all()
    assert (first != second).any()
    assert (first != order(20, seed=1)).any()


def test_balance_gives_every_subject_as_many_samples():
    subjects = ["a"] * 90 + ["b"] * 9 + ["c"]
    counts = Counter(
        subjects[i] for i in order(100, subjects=subjects, balance_subjects=True)
    )
    assert sorted(counts.values()) == [33, 33, 34]


def test_no_frame_comes_again_before_all_its_fellows_came():
    subjects = ["a"] * 8 + ["b"] * 4
    times = Counter(order(12, subjects=subjects, balance_subjects=True).tolist())
    assert {times[i] for i in range(8)} == {0, 1}
    assert {times[i] for i in range(8, 12)} <= {1, 2}


@settings(max_examples=40)
@given(
    n=st.integers(1, 60),
    share=st.floats(0, 1),
    batch=st.integers(1, 9),
    balanced=st.booleans(),
    seed=st.integers(0, 99),
)
def test_every_batch_has_its_share_of_nerve_frames(n, share, batch, balanced, seed):
    rng = np.random.default_rng(seed)
    nerve, people = rng.random(n) < 0.3, rng.integers(0, 4, n).astype(str)
    made = order(
        n,
        subjects=list(people),
        nerve=nerve,
        nerve_share=share,
        batch=batch,
        balance_subjects=balanced,
        seed=seed,
    )
    assert len(made) == n
    assert 0 <= made.min() <= made.max() < n
    if nerve.all() or not nerve.any():
        return
    for start in range(0, n, batch):
        part = nerve[made[start : start + batch]]
        assert abs(part.sum() - share * len(part)) <= 1 + 0.5 * len(part) / n


def test_a_batch_is_the_frames_as_the_network_takes_them(held):
    batches = Batches(tiny(augment=False), held, CPU)
    chosen = np.array([3, 0, 7])
    inputs, target = batches.cut(chosen, 1)
    assert len(batches) == 12
    assert torch.equal(inputs, normalise(held.frames[chosen]))
    assert torch.equal(target, held.masks[chosen].float() / 255)
    assert inputs.is_contiguous(memory_format=torch.channels_last)


def test_a_sample_is_the_same_in_whatever_batch_it_comes(held):
    batches = Batches(tiny(), held, CPU)
    whole, mask = batches.cut(np.arange(12), 3)
    for chosen in (np.array([5]), np.array([9, 5, 2])):
        part, own = batches.cut(chosen, 3)
        assert torch.allclose(part, whole[chosen], atol=1e-5)
        assert torch.allclose(own, mask[chosen], atol=1e-6)
    assert not torch.equal(batches.cut(np.arange(12), 4)[0], whole)


def test_strengths_of_zero_leave_frames_as_they_are(held):
    inputs, target = Batches(tiny(augmentation=Augmentation.off()), held, CPU).cut(
        np.arange(12), 1
    )
    assert torch.allclose(inputs, normalise(held.frames), atol=1e-4)
    assert torch.allclose(target, held.masks.float() / 255, atol=1e-6)


def test_frames_beyond_memory_lie_in_a_file(held, monkeypatch):
    monkeypatch.setattr(pixels, "_SHARE", 0.0)
    shelf = pixels.reserve((3, 1, 4, 5))
    assert shelf.shape == (3, 1, 4, 5)
    assert not shelf.any()  # a fresh file is zeros
    shelf[1] = 7
    assert shelf[torch.tensor([2, 1])][1].unique().tolist() == [7]
