"""A small checkpoint, and folders to predict, for the tests of prediction."""

from __future__ import annotations

from pathlib import Path

from tests.toys import disc, smooth_frame, write_kaggle

SIZE = (32, 40)


def tiny_checkpoint(path: Path, *, seed: int = 0, **settings: object) -> Path:
    """Write a checkpoint of an untrained network that calls about half a frame nerve.

    ``settings`` go into its header: ``threshold``, ``presence_threshold`` and so on.
    """
    import torch

    from training.networks import (
        CheckpointMeta,
        DecisionRule,
        build_network,
        save_checkpoint,
    )
    from training.networks.decision import RULE

    args = {"widths": [8, 16]}
    torch.manual_seed(seed)
    rule = DecisionRule.from_json(settings)
    others = {name: one for name, one in settings.items() if name not in RULE}
    meta = CheckpointMeta("unet", args, SIZE, rule=rule, **others)
    save_checkpoint(path, build_network("unet", args), meta)
    return path


def check_predictions(out: Path, whole: Path) -> None:
    """See that two folders of predictions hold the same masks, maps and table."""
    import numpy as np

    from training.predict import open_predictions

    found, expected = open_predictions(out), open_predictions(whole)
    assert found.ids == expected.ids
    for frame in found.ids:
        np.testing.assert_array_equal(found.mask(frame), expected.mask(frame))
        maps = found.probability(frame), expected.probability(frame)
        np.testing.assert_array_equal(*maps)
    table = "predictions.csv"
    assert (out / table).read_bytes() == (whole / table).read_bytes()


def write_folder(folder: Path, n: int = 3) -> Path:
    """Write frames ``1_1`` to ``1_n`` of two sizes as Kaggle does, each third empty."""
    frames = {}
    for index in range(1, n + 1):
        shape = (64, 80) if index % 2 else (50, 70)
        mask = disc(shape, (30, 30), 9) & (index % 3 > 0)
        frames[f"1_{index}"] = smooth_frame(index, shape), mask
    return write_kaggle(folder, frames)
