"""The phantom: same seed, same bytes; a known truth; the real set's proportions."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.measure import label
from skimage.metrics import structural_similarity
from tifffile import TiffFile, imread

from tests.benchmarks import bench_phantom as bench
from training.data.phantom import make_phantom, sample_stack
from training.data.phantom.annotator import annotate, annotate_beside
from training.data.phantom.make import true_mask
from training.data.phantom.nerve import LARGEST, SMALLEST
from training.data.phantom.subject import Subject
from training.data.phantom.sweep import GAP, NEAR, nerve_share, plan_sweep
from training.data.rle import decode
from training.errors import Cancelled, InputError

SMALL = (105, 145)


def make(out: Path, **changes: Any) -> dict[str, Any]:
    """Make three subjects of twelve small frames, unless told otherwise."""
    settings = {"subjects": 3, "frames": 12, "seed": 0, "size": SMALL} | changes
    return make_phantom(out, **settings)


def digest(folder: Path) -> str:
    """Hash every file's name and bytes."""
    content = hashlib.sha256()
    for path in sorted(folder.rglob("*.*")):
        content.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return content.hexdigest()


def dice(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return 2 * float((a & b).sum()) / float(a.sum() + b.sum())


def brute_force(
    train: Path, subject: int, frames: int
) -> list[tuple[str, str, str | None, float]]:
    """Compare all frames of a subject: the pairs over 0.99, kind and Dice."""
    ids = [f"{subject}_{i + 1}" for i in range(frames)]
    images = {i: imread(train / f"{i}.tif") for i in ids}
    masks = {i: imread(train / f"{i}_mask.tif") > 0 for i in ids}
    pairs = []
    for a, b in combinations(ids, 2):
        if structural_similarity(images[a], images[b], data_range=255) <= 0.99:
            continue
        both = masks[a].any() and masks[b].any()
        agreement = dice(masks[a], masks[b]) if both else 1.0
        kind = "shape" if agreement < 0.70 else None
        if masks[a].any() != masks[b].any():
            kind = "empty-versus-nerve"
        pairs.append((a, b, kind, agreement))
    return pairs


def test_layout_is_the_published_one(tmp_path: Path) -> None:
    truth = make(tmp_path / "set", test_frames=4)
    train = tmp_path / "set" / "train"
    ids = {f"{s}_{i}" for s in (1, 2, 3) for i in range(1, 13)}
    names = {path.name for path in train.iterdir()}
    assert names == {f"{i}.tif" for i in ids} | {f"{i}_mask.tif" for i in ids}
    tested = {path.name for path in (tmp_path / "set" / "test").iterdir()}
    assert tested == {"1.tif", "2.tif", "3.tif", "4.tif"}
    assert json.loads((tmp_path / "set" / "truth.json").read_text()) == truth
    assert set(truth["masks"]) == ids
    assert set(truth["test_masks"]) == {"1", "2", "3", "4"}
    with TiffFile(train / "2_5.tif") as file:
        assert file.pages[0].compression.name == "LZW"  # type: ignore[union-attr]
        frame = file.asarray()
    assert frame.shape == SMALL
    assert frame.dtype == np.uint8
    mask = imread(train / "2_5_mask.tif")
    assert set(np.unique(mask)) <= {0, 255}


def test_the_size_is_the_published_one_unless_told() -> None:
    frames, _ = sample_stack(1)
    assert frames.shape == (1, 420, 580)


def test_same_seed_same_bytes_in_another_process(tmp_path: Path) -> None:
    make(tmp_path / "here", subjects=2, test_frames=2)
    code = (
        "from pathlib import Path; from training.data.phantom import make_phantom;"
        f"make_phantom(Path({str(tmp_path / 'there')!r}), subjects=2, frames=12,"
        f"seed=0, size={SMALL}, test_frames=2)"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)
    assert digest(tmp_path / "here") == digest(tmp_path / "there")


def test_another_seed_gives_other_frames(tmp_path: Path) -> None:
    make(tmp_path / "a", subjects=1)
    make(tmp_path / "b", subjects=1, seed=1)
    a, b = (imread(tmp_path / n / "train" / "1_1.tif") for n in "ab")
    assert (a != b).mean() > 0.5


def test_a_subject_is_the_same_in_a_larger_set(tmp_path: Path) -> None:
    make(tmp_path / "small", subjects=1)
    make(tmp_path / "large", subjects=2)
    for path in sorted((tmp_path / "small" / "train").iterdir()):
        twin = tmp_path / "large" / "train" / path.name
        assert path.read_bytes() == twin.read_bytes()


@pytest.mark.parametrize(
    ("seed", "subjects", "frames", "size"),
    [
        (0, 2, 12, SMALL),
        (1, 3, 12, SMALL),
        (2, 2, 12, (64, 80)),
        (3, 2, 40, (64, 80)),
        (4, 2, 12, (210, 290)),
    ],
)
def test_truth_lists_exactly_the_conflicting_pairs(
    tmp_path: Path, seed: int, subjects: int, frames: int, size: tuple[int, int]
) -> None:
    truth = make(
        tmp_path / "set", subjects=subjects, frames=frames, seed=seed, size=size
    )
    found = []
    for subject in range(1, subjects + 1):
        found += brute_force(tmp_path / "set" / "train", subject, frames)
    conflicts = {(a, b, kind) for a, b, kind, _ in found if kind}
    listed = {(c["a"], c["b"], c["kind"]) for c in truth["conflicts"]}
    assert conflicts == listed
    assert {kind for _, _, kind in listed} == {"empty-versus-nerve", "shape"}
    planted = set(truth["planted"])
    assert all({a, b} & planted for a, b, _ in listed)
    assert all(agreement > 0.80 for _, _, kind, agreement in found if not kind)
    assert all(agreement < 0.55 for _, _, kind, agreement in found if kind == "shape")


@pytest.mark.parametrize("seed", range(20))
def test_every_small_set_can_have_both_kinds(seed: int) -> None:
    sweeps = [plan_sweep(Subject(seed, number, SMALL), 12, 0.0) for number in (1, 2)]
    kinds = {kind for sweep in sweeps for kind in sweep.plantings.values()}
    assert kinds == {"empty-versus-nerve", "shape"}


def test_masks_by_hand_agree_and_misplaced_ones_do_not() -> None:
    rng = np.random.default_rng(0)
    for number in range(1, 25):
        outline = Subject(0, number).outline(float(rng.uniform(GAP, 20)))
        true = outline.mask((420, 580))
        hands = [annotate(outline, rng).mask((420, 580)) for _ in range(4)]
        beside = annotate_beside(outline, rng).mask((420, 580))
        assert min(dice(a, b) for a, b in combinations(hands, 2)) > 0.81
        assert dice(true, beside) < 0.45
        assert max(dice(hand, beside) for hand in hands) < 0.52
        for mask in (*hands, beside):
            assert label(mask).max() == 1
            assert not (mask[0].any() or mask[-1].any() or mask[:, [0, -1]].any())


def test_truth_holds_the_true_masks(tmp_path: Path) -> None:
    truth = make(tmp_path / "set")
    for frame, text in truth["masks"].items():
        true = decode(text, SMALL)
        drawn = imread(tmp_path / "set" / "train" / f"{frame}_mask.tif") > 0
        if frame not in truth["planted"]:
            assert true.any() == drawn.any()
            assert not true.any() or dice(true, drawn) > 0.88
        else:
            assert true.any()


def test_share_with_nerve_is_as_published() -> None:
    shares = [nerve_share(number) for number in range(1, 48)]
    assert 0.41 < np.mean(shares) < 0.43  # a hundredth is planted empty
    assert min(shares) < 0.03
    assert max(shares) > 0.85


def test_nerve_areas_are_as_published() -> None:
    areas = [
        int(true_mask(Subject(0, number), z).sum())
        for number in range(1, 48)
        for z in (2.0, 9.0, 16.0)
    ]
    assert abs(np.median(areas) - 6976) < 500
    assert min(areas) > SMALLEST - 150
    assert max(areas) < LARGEST + 300
    assert 5400 < np.percentile(areas, 25) < 6400
    assert 7900 < np.percentile(areas, 75) < 9000


def test_the_nerve_can_be_seen() -> None:
    subject = Subject(0, 1, SMALL)
    with_nerve, without = subject.frame(GAP), subject.frame(-GAP)
    inside = true_mask(subject, GAP)
    changed = np.abs(with_nerve.astype(int) - without)
    assert changed[inside].mean() > 1.5 * changed[~inside].mean()


def test_twin_rate_sets_the_share_of_twins() -> None:
    def twins(rate: float) -> float:
        subject = Subject(0, 1, SMALL)
        z = np.array(plan_sweep(subject, 120, rate).positions)
        away = np.abs(z[:, None] - z) + 9 * np.eye(len(z))
        return float((away.min(axis=1) < NEAR).mean())

    shares = [twins(rate) for rate in (0.0, 0.3, 0.6, 0.9)]
    assert shares == sorted(shares)
    assert shares[0] < 0.55
    assert shares[-1] > 0.85


def test_twins_are_no_neighbours() -> None:
    gaps = []
    for number in range(1, 11):
        z = np.array(plan_sweep(Subject(0, number, SMALL), 120, 0.6).positions)
        a, b = np.nonzero(np.triu(np.abs(z[:, None] - z) < NEAR, 1))
        gaps.append(np.median(b - a))
    assert 28 < np.median(gaps) < 42


def test_ssim_falls_as_the_probe_moves() -> None:
    subject = Subject(0, 3)
    here = subject.frame(4.0)
    ssim = [
        structural_similarity(here, subject.frame(4.0 + d), data_range=255)
        for d in (0.5 * NEAR, 1.5 * NEAR, 4 * NEAR, 12 * NEAR)
    ]
    assert ssim[0] > 0.99 > ssim[1] > 0.95 > ssim[2] > 0.8 > ssim[3]


def test_frames_have_the_scanners_mark_and_margin() -> None:
    frame = Subject(0, 1).frame(1.0)
    assert not frame[:, 0].any()
    assert not frame[0, 296:312].any()
    assert (frame == 0).mean() < 0.03
    assert frame.max() == 255


def test_sample_stack() -> None:
    frames, masks = sample_stack(5, seed=3, size=SMALL)
    assert frames.shape == masks.shape == (5, *SMALL)
    assert frames.dtype == np.uint8
    assert masks.dtype == bool
    assert masks.any()


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"subjects": 0},
            "A phantom cannot have subjects = 0; give 1 or more.",
        ),
        ({"frames": -2}, "A phantom cannot have frames = -2; give 1 or more."),
        ({"seed": -1}, "A phantom cannot have seed = -1; give 0 or more."),
        ({"twin_rate": 1.5}, "The twin rate 1.5 is no share; give 0 to 1."),
        (
            {"size": (420, 20)},
            "Frames of 420 x 20 pixels are too small for the anatomy; "
            "give at least 48 each way.",
        ),
    ],
)
def test_wrong_settings(tmp_path: Path, changes: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError) as error:
        make(tmp_path / "set", **changes)
    assert str(error.value) == text
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(InputError) as error:
        make(tmp_path)
    assert str(error.value) == f"{tmp_path} is not empty: name a new or empty folder."
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    make(tmp_path / "set", subjects=1, frames=1)
    (tmp_path / "empty").mkdir()
    make(tmp_path / "empty", subjects=1, frames=1)
    assert digest(tmp_path / "set") == digest(tmp_path / "empty")


def test_stopping_leaves_nothing(tmp_path: Path) -> None:
    asked = iter([False] * 5)
    with pytest.raises(Cancelled):
        make(tmp_path / "set", should_stop=lambda: next(asked, True))
    assert list(tmp_path.iterdir()) == []


def test_progress_reaches_its_total(tmp_path: Path) -> None:
    events: list[dict[str, Any]] = []
    make(tmp_path / "set", subjects=1, test_frames=3, on_event=events.append)
    assert events[-1]["done"] == events[-1]["total"] == 15


@pytest.mark.real
def test_grey_levels_are_those_of_real_frames(real_data: Path) -> None:
    frames, _ = bench.phantom_frames(range(1, 13), 1)
    real = bench.histogram(bench.real_originals(real_data))
    mover, variation = bench.distances(bench.histogram(frames), real)
    assert mover < 6  # grey levels; two sets of real frames are 3 apart
    assert variation < 0.1
