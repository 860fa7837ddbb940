from __future__ import annotations

from dataclasses import fields, replace

import pytest
import torch

from tests.engine.learn_toys import bright_nerve
from training.errors import InputError
from training.learn.augment.batch import augment
from training.learn.augment.draws import around_one
from training.learn.augment.randomness import sample_keys
from training.learn.augment.warp import displacements, spline_grid, warp_matrices
from training.learn.settings.augmentation import Augmentation
from training.networks import resize_mask

OFF = Augmentation.off()
NAMES = [field.name for field in fields(Augmentation)]
GEOMETRY = ("flip", "rotation", "shift", "scale", "shear", "elastic")
GREYS = [name for name in NAMES if name not in GEOMETRY]


def batch(n: int = 24):
    pairs = [bright_nerve(seed) for seed in range(n)]
    frames = torch.stack([torch.from_numpy(frame) for frame, _ in pairs])[:, None]
    masks = [torch.from_numpy(resize_mask(mask, mask.shape)) for _, mask in pairs]
    return frames, torch.stack(masks)[:, None]


FRAMES, MASKS = batch()
FLAT = torch.full_like(FRAMES, 120)


def only(frames=FRAMES, masks=MASKS, seed=5, **strengths: float):
    return augment(frames, masks, seed, 1, torch.arange(len(frames)), strong(strengths))


def strong(strengths: dict[str, float]) -> Augmentation:
    return replace(OFF, **strengths)


def test_strength_zero_is_the_identity():
    grey, target = only()
    assert torch.equal(grey, FRAMES.float())
    assert torch.equal(target, MASKS.float() / 255)


def test_flip_alone_is_an_exact_mirror_of_about_the_share_asked_for():
    grey, target = only(flip=0.5)
    mirrored = 0
    for own, mask, frame, label in zip(grey, target, FRAMES, MASKS, strict=True):
        flipped = not torch.equal(own, frame.float())
        turned = (lambda x: x.flip(-1)) if flipped else (lambda x: x)
        assert torch.equal(own, turned(frame).float())
        assert torch.equal(mask, turned(label).float() / 255)
        mirrored += flipped
    assert 5 < mirrored < 19
    assert torch.equal(only(flip=1.0)[0], FRAMES.flip(-1).float())


@pytest.mark.parametrize("name", GEOMETRY)
def test_frame_and_mask_are_moved_alike(name):
    # A frame that is its own mask must stay its own mask.
    strengths = {name: getattr(Augmentation(), name)}
    grey, target = only(frames=MASKS, **strengths)
    torch.testing.assert_close(grey, target * 255, rtol=0, atol=1e-3)
    assert not torch.equal(grey, MASKS.float())


@pytest.mark.parametrize("name", GREYS)
def test_grey_levels_leave_the_mask_alone(name):
    grey, target = only(**{name: getattr(Augmentation(), name)})
    assert torch.equal(target, MASKS.float() / 255)
    assert not torch.equal(grey, FRAMES.float())


@pytest.mark.parametrize("name", NAMES)
def test_one_effect_gives_a_sample_the_same_in_any_batch(name):
    together = only(**{name: getattr(Augmentation(), name)})
    part = torch.tensor([7, 2, 19])
    strengths = strong({name: getattr(Augmentation(), name)})
    alone = augment(FRAMES[part], MASKS[part], 5, 1, part, strengths)
    for a, b in zip(together, alone, strict=True):
        torch.testing.assert_close(a[part], b, rtol=0, atol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_an_effect_that_is_off_leaves_the_others_as_they_were(name):
    without = only(**{**Augmentation().to_json(), name: 0.0, "speckle": 0.0})
    weak = {"scale": 1.0, "gamma": 1.0, "low_resolution": 1.0}.get(name, 1e-9)
    with_it = only(**{**Augmentation().to_json(), name: weak, "speckle": 0.0})
    torch.testing.assert_close(without, with_it, rtol=0, atol=0.02)


def test_the_strongest_settings_stay_in_range_and_no_frame_goes_black():
    most = Augmentation(
        scale=1.25, gain=0.9, gamma=2, attenuation=2, shadow=0.95, haze=0.95, speckle=1
    )
    for epoch in range(4):
        grey, target = augment(FRAMES, MASKS, 0, epoch, torch.arange(24), most)
        assert grey.dtype == target.dtype == torch.float32
        assert grey.min() >= 0
        assert grey.max() <= 255
        assert target.min() >= 0
        assert target.max() <= 1
        assert (grey.mean((1, 2, 3)) > 2).all()
    grey, _ = augment(FRAMES, MASKS, 0, 1, torch.arange(24))
    assert (grey.mean((1, 2, 3)) > 0.25 * FRAMES.float().mean((1, 2, 3))).all()


def test_shadow_darkens_a_band_of_some_frames_down_to_the_bottom():
    grey, _ = only(frames=FLAT, shadow=0.8)
    taken = 1 - grey[:, 0] / 120
    shaded = taken.amax((1, 2)) > 0.05
    assert 1 <= shaded.sum() <= 14
    assert taken.min() >= -1e-6
    assert taken.max() <= 0.8
    for one in taken[shaded]:
        assert (one.diff(dim=0) > -1e-5).all()  # never lighter further down
        column = one[-1]
        assert column.argmax() in range(80)
        away = one[:, [0, -1]].amin(1)  # at one edge or the other there is none
        assert away.max() < 0.3 * one.max() + 0.01


def test_haze_lightens_some_frames_and_darkens_none():
    grey, _ = only(haze=0.5)
    change = grey - FRAMES.float()
    assert change.min() > -1e-3
    assert 1 <= (change.amax((1, 2, 3)) > 5).sum() <= 14


def test_attenuation_changes_brightness_evenly_with_depth():
    grey, _ = only(frames=FLAT, attenuation=0.6)
    rows = (grey[:, 0] / 120).log()
    assert torch.allclose(rows, rows[..., :1], atol=1e-5)
    slope = rows[:, -1, 0] - rows[:, 0, 0]
    assert slope.abs().max() <= 0.6
    assert slope.min() < -0.2
    assert slope.max() > 0.2
    assert torch.allclose(rows[:, 31] + rows[:, 32], torch.zeros(1), atol=1e-4)


def test_gain_and_gamma_keep_the_order_of_grey_levels():
    ramp = torch.arange(0, 200, 2.5).byte().expand(24, 1, 64, 80)
    for strengths in ({"gain": 0.25}, {"gamma": 1.4}):
        grey, _ = only(frames=ramp, **strengths)
        assert (grey.diff(dim=-1) > 0).all()
        assert grey.std(0).max() > 5
    grey, _ = only(frames=torch.full_like(FLAT, 255), gamma=1.4)
    torch.testing.assert_close(grey, torch.full_like(grey, 255), rtol=0, atol=1e-2)


def test_speckle_is_multiplicative_and_keeps_the_mean():
    grey, _ = only(frames=FLAT, speckle=0.2)
    share = grey[:, 0] / 120 - 1
    assert share.mean().abs() < 0.01
    assert share.std((1, 2)).max() == pytest.approx(0.2 * 0.65, abs=0.06)
    black, _ = only(frames=torch.zeros_like(FLAT), speckle=0.2)
    assert not black.any()


@pytest.mark.parametrize("strengths", [{"blur": 2.0}, {"low_resolution": 3.0}])
def test_softening_takes_detail_from_some_frames_and_no_brightness(strengths):
    noise = torch.randint(0, 256, (24, 1, 64, 80), dtype=torch.uint8)
    grey, _ = only(frames=noise, **strengths)
    kept = grey.std((1, 2, 3)) / noise.float().std((1, 2, 3))
    assert 1 <= (kept < 0.99).sum() <= 14
    assert kept.min() < 0.75
    assert (kept <= 1 + 1e-5).all()
    change = grey.mean((1, 2, 3)) - noise.float().mean((1, 2, 3))
    assert change.abs().max() < 2.5
    flat, _ = only(frames=FLAT, **strengths)
    torch.testing.assert_close(flat, FLAT.float(), rtol=0, atol=1e-2)


def test_a_blur_is_the_gaussian_it_is_called():
    from skimage.filters import gaussian

    from training.learn.augment.artefacts import CHANCE
    from training.learn.augment.draws import Stream
    from training.learn.augment.randomness import uniforms

    spot = torch.zeros_like(FLAT)
    spot[:, :, 32, 40] = 255
    grey, _ = only(frames=spot, blur=2.0)
    drawn = uniforms(sample_keys(5, 1, torch.arange(24)), 2, Stream.BLUR)
    for own, (chance, share) in zip(grey[:, 0], drawn.tolist(), strict=True):
        sigma = 2 * share if chance < CHANCE else 0.0
        wanted = gaussian(spot[0, 0].float().numpy(), sigma) if sigma > 0.3 else None
        if wanted is not None:
            assert abs(own.numpy() - wanted).max() < 0.02 * wanted.max() + 0.05
        elif sigma == 0:
            assert torch.equal(own, spot[0, 0].float())


def test_affine_maps_stay_inside_their_strengths():
    numbers = torch.rand(500, 6, generator=torch.Generator().manual_seed(0))
    height, width = 192, 256
    matrices = warp_matrices(numbers, Augmentation(), height, width)
    pixels = matrices[:, :, :2].clone()
    pixels[:, 0, 1] /= height / width
    pixels[:, 1, 0] *= height / width
    assert (torch.linalg.det(pixels) > 0).all()
    scale = torch.linalg.svdvals(pixels)
    assert scale.min() > 0.7
    assert scale.max() < 1.45
    upright = torch.atan2(pixels[:, 1, 0], pixels[:, 0, 0]).rad2deg()
    assert 11 < upright.abs().max() <= 12.01
    assert 0.15 < matrices[:, :, 2].abs().max() <= 0.16


def test_splines_reproduce_an_affine_map_of_their_control_points():
    from training.learn.augment.warp import POINTS, _lattice

    matrices = torch.tensor([[[0.9, 0.1, 0.05], [-0.2, 1.1, -0.03]]])
    control = (matrices @ _lattice(torch.device("cpu"))).reshape(1, 2, POINTS, POINTS)
    wanted = torch.nn.functional.affine_grid(matrices, [1, 1, 48, 64], False)
    torch.testing.assert_close(spline_grid(control, 48, 64), wanted)


def test_the_elastic_field_is_bounded_and_never_folds():
    keys = sample_keys(0, 1, torch.arange(50))
    height, width, most = 96, 128, 0.1
    moved = displacements(keys, most, height / width)
    field = spline_grid(moved, height, width)
    assert (field[..., 1] * height / 2).abs().max() <= most * height
    assert (field[..., 0] * width / 2).abs().max() <= most * height
    still = torch.nn.functional.affine_grid(
        torch.eye(2, 3).expand(50, 2, 3), [50, 1, height, width], False
    )
    x, y = (still + field).unbind(-1)
    across, down = (d[:, :-1] for d in (x.diff(dim=2), y.diff(dim=2)))
    right, below = (d[:, :, :-1] for d in (x.diff(dim=1), y.diff(dim=1)))
    assert (across * below - down * right > 0).all()


def test_factors_lie_around_one_and_off_is_one():
    numbers = torch.tensor([0.0, 0.5, 1.0])
    torch.testing.assert_close(around_one(numbers, 2.0), torch.tensor([0.5, 1, 2]))
    assert torch.equal(around_one(numbers, 0.0), torch.ones(3))


def test_tiny_frames_and_other_aspects_are_taken():
    for shape in ((3, 1, 5, 4), (2, 1, 1, 9), (2, 1, 31, 17)):
        frames = torch.full(shape, 90, dtype=torch.uint8)
        grey, target = augment(frames, frames, 0, 1, torch.arange(shape[0]))
        assert grey.shape == target.shape == shape
        assert grey.isfinite().all()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"flip": 1.5}, "augmentation flip is 1.5: give a number from 0 (off) to 1."),
        ({"scale": 0.5}, "augmentation scale is 0.5: give 0 (off) or a factor from 1"),
        ({"blur": float("nan")}, "augmentation blur is nan: give a number from 0"),
        ({"haze": True}, "augmentation haze is True: give a number from 0 (off) to"),
        ({"hue": 0.1}, "There is no augmentation 'hue': choose among flip, rotation"),
    ],
)
def test_wrong_strengths_are_refused_in_words(values, sentence):
    with pytest.raises(InputError) as error:
        Augmentation.from_json(values)
    assert str(error.value).startswith(sentence)


def test_strengths_go_through_json_and_the_default_is_valid():
    assert Augmentation().validation_error() is None
    assert OFF.validation_error() is None
    assert Augmentation.from_json(Augmentation().to_json()) == Augmentation()
    assert Augmentation.from_json({"blur": 0}) == replace(Augmentation(), blur=0)
