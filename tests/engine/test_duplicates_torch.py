"""The join by torch, and over two ranks, finds what the fast join finds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.engine.duplicate_toys import assert_same, brute, joined, variants
from training.duplicates import find_similar_pairs, torch_join
from training.duplicates.torch_join import mean_ssims, torch_chunks, torch_compare
from training.duplicates.window import WINDOWS
from training.errors import Cancelled, InputError

CPU = torch.device("cpu")
windows = pytest.mark.parametrize("window", list(WINDOWS))


def by_torch(job: Any) -> None:
    torch_chunks(job, CPU)


@windows
@pytest.mark.parametrize("threshold", [0.5, 0.99, 0.999])
def test_torch_equals_scikit_image(
    threshold: float, window: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_join, "_BATCH_PIXELS", 10_000)
    monkeypatch.setattr(torch_join, "_KEPT_BYTES", 20_000)
    frames = variants(1)
    found = joined(frames, threshold, window=window, compare=by_torch)
    assert_same(found, brute(frames, threshold, window=window))
    two = joined(frames[:9], threshold, other=frames, window=window, compare=by_torch)
    assert_same(two, brute(frames[:9], threshold, frames, window))


@windows
def test_torch_values_are_scikit_images_to_the_last_digits(window: str) -> None:
    frames = np.stack(variants(2))
    shifted = np.roll(frames, 1, 0)
    values = mean_ssims(
        torch.from_numpy(frames), torch.from_numpy(shifted), WINDOWS[window]
    )
    pairs = zip(frames, shifted, strict=True)
    expected = [WINDOWS[window].mean_ssim(a, b) for a, b in pairs]
    assert np.abs(values.numpy() - expected).max() < 1e-9


def test_torch_ends_early_where_all_is_joined_and_can_be_stopped() -> None:
    frames = [np.full((16, 16), 9, np.uint8) for _ in range(6)]
    for k, frame in enumerate(frames):
        frame[0, 0] = k
    found = joined(frames, 0.9, compare=by_torch, max_pairs=2)
    assert not found.complete and found.groups == [list(range(6))]
    reached: list[str] = []
    with pytest.raises(Cancelled):
        joined(
            frames,
            0.9,
            compare=by_torch,
            on_event=lambda event: reached.append(event["stage"]),
            should_stop=lambda: "Comparing frames" in reached,
        )


@pytest.mark.parametrize("device", ["abacus", "cuda:99"])
def test_a_device_that_is_not_there_is_one_sentence(device: str) -> None:
    with pytest.raises(InputError, match=r"cannot be used here .*; use 'cpu'\.$"):
        torch_compare(device)
    with pytest.raises(InputError, match="cannot be used here"):
        find_similar_pairs(variants(0), device=device)


def test_ranks_need_a_process_group() -> None:
    with pytest.raises(InputError, match="call init_process_group first"):
        find_similar_pairs(variants(0), over_ranks=True)


_RANK = """
import json, sys
import numpy as np
import torch.distributed as dist
from training.duplicates import find_similar_pairs
from training.duplicates import exact, join

folder, rank, max_pairs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
exact._TASK_PAIRS = 40  # so that there is something to share
join.SMALL_JOB = int(sys.argv[4])
dist.init_process_group(
    "gloo", init_method=f"file://{folder}/meet{sys.argv[3]}{sys.argv[4]}",
    rank=rank, world_size=2,
)
counted = []
frames = np.load(f"{folder}/frames.npy", mmap_mode="r")
found = find_similar_pairs(
    frames, 0.9, max_pairs=max_pairs, over_ranks=True,
    on_event=lambda event: counted.append((event["stage"], event["total"])),
)
dist.destroy_process_group()
with open(f"{folder}/{rank}.json", "w") as file:
    json.dump({
        "i": found.i.tolist(), "j": found.j.tolist(), "groups": found.groups,
        "complete": found.complete, "mine": dict(counted)["Comparing frames"],
    }, file)
"""


@pytest.mark.parametrize(("max_pairs", "small"), [(1000, 0), (5, 0), (1000, 10**9)])
def test_two_ranks_share_the_work_and_both_have_the_answer(
    tmp_path: Path, max_pairs: int, small: int
) -> None:
    frames = variants(4)
    np.save(tmp_path / "frames.npy", np.stack(frames))
    (tmp_path / "rank.py").write_text(_RANK)
    root = Path(__file__).parents[2]
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                str(tmp_path / "rank.py"),
                str(tmp_path),
                str(rank),
                str(max_pairs),
                str(small),
            ],
            env={"PYTHONPATH": str(root), "PATH": "", "HOME": str(tmp_path)},
        )
        for rank in (0, 1)
    ]
    assert [process.wait(120) for process in processes] == [0, 0]
    first, second = (json.loads((tmp_path / f"{r}.json").read_text()) for r in (0, 1))
    n = len(frames) * (len(frames) - 1) // 2
    assert first.pop("mine") + second.pop("mine") == n
    assert first["groups"] == second["groups"] == joined(frames, 0.9).groups
    assert first["complete"] is second["complete"] is (max_pairs > 5)
    if first["complete"]:
        assert first == second
        pairs = list(zip(first["i"], first["j"], strict=True))
        assert pairs == sorted(brute(frames, 0.9))
