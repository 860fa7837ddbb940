"""What the training loop costs above its network, as ratios within one run.

    python -m tests.benchmarks.bench_training [--device cpu] [--recipes lite,unet]
    python -m tests.benchmarks.bench_training --memory

The bare step is forward, loss, backward and optimiser of the same network on a batch
that is already made and on the device. The loop is `Trainer.epoch`: batches cut,
augmented and normalised, gradients clipped, weights averaged, the loss read back,
progress told. MONAI's pipeline does the same work in its usual way: frames in a
CacheDataset, dictionary transforms for each, a DataLoader, and the same step; the
better of no worker and one for each processor counts. Validation is left out of all.
The works take turns, so that a slow moment of the machine hits all alike, and the best
round of each counts. Frames are synthetic: they cost the same as real ones.

With ``--busy``, for a machine that does other work: processor time of one thread, which
that work hardly touches, instead of time on the wall; without workers.
With ``--memory``, the peak of a process that trains each recipe, by batch.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tests.toys import disc, smooth_frame
from training.data.parallel import n_threads
from training.files import write_json
from training.learn.fit.batches import Batches
from training.learn.fit.ema import WeightAverage
from training.learn.fit.initial import initial_network
from training.learn.fit.loop import Trainer
from training.learn.fit.losses import segmentation_loss
from training.learn.fit.optimizer import build_optimizer, set_rate
from training.learn.fit.schedule import Clock
from training.learn.fit.usage import memory_gb, peak_gb
from training.learn.preloaded import PreloadedFrames
from training.learn.settings.config import RECIPES, TrainConfig
from training.networks.device import has_fast_bfloat16, pick_device, processor_threads
from training.networks.frames import GREY_MEAN, GREY_SPREAD

#: Batches whose memory is measured, by recipe; those at full size for a GPU.
BATCHES = {"lite": (8, 16), "unet": (4, 16), "seed": (4, 16)}
FULL_SIZE = {"dynunet": (1, 2), "efficientnet": (1, 2)}


def main() -> None:
    """Print one Markdown table; write all numbers to ``--json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu", help="cpu, cuda or mps")
    parser.add_argument("--recipes", default="lite", help="such as lite,unet,seed")
    parser.add_argument("--steps", type=int, default=12, help="in a round")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--busy", action="store_true", help="count processor time")
    parser.add_argument("--memory", action="store_true", help="measure memory instead")
    parser.add_argument("--json", type=Path, help="write the numbers here")
    parser.add_argument("--peak", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peak:
        recipe, batch = given.peak
        print(json.dumps(peak(recipe, int(batch), given.device)))
        return
    rows = memory(given.device) if given.memory else list(speeds(given))
    print(table(rows))
    if given.json:
        write_json(given.json, {"device": given.device, "rows": rows})


def speeds(given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Measure each recipe in turn."""
    for recipe in given.recipes.split(","):
        config = replace(
            RECIPES[recipe](), device=given.device, frozen_warmup=0.0, epochs=1000
        )
        with processor_threads(1 if given.busy else None):
            yield speed(config, given.steps, given.rounds, given.busy)


def speed(config: TrainConfig, steps: int, rounds: int, busy: bool) -> dict[str, Any]:
    """Return frames a second of the three ways, and their ratios."""
    device = pick_device(config.device)
    held = toy_held(config, steps * config.batch)
    works = {
        "bare": bare_steps(config, held, device, steps),
        "loop": loop(config, held, device),
        "monai, in process": monai_steps(config, held, device, workers=0),
    }
    if not busy:
        works["monai, workers"] = monai_steps(config, held, device, n_threads())
    clock = time.process_time if busy else time.perf_counter
    n = steps * config.batch
    rates = {name: n / taken for name, taken in best(works, rounds, clock).items()}
    monai = max(rate for name, rate in rates.items() if name.startswith("monai"))
    return {
        "recipe": config.recipe,
        "size": "{} x {}".format(*config.size),
        "batch": config.batch,
        "threads": torch.get_num_threads(),
        **{f"{name}, frames/s": round(rate, 1) for name, rate in rates.items()},
        "loop / bare": round(rates["loop"] / rates["bare"], 3),
        "loop / monai": round(rates["loop"] / monai, 2),
    }


def best(
    works: dict[str, Callable[[], object]], rounds: int, clock: Callable[[], float]
) -> dict[str, float]:
    """Time the works in turn and return the best seconds of each."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds + 1):  # the first of which warms up
        for name, work in works.items():
            began = clock()
            work()
            taken[name].append(clock() - began)
    return {name: min(each[1:]) for name, each in taken.items()}


def toy_held(config: TrainConfig, n: int) -> PreloadedFrames:
    """Return frames of which every other shows a nerve."""
    height, width = config.size
    grey = np.stack([smooth_frame(seed, config.size) for seed in range(min(n, 16))])
    nerve = disc(config.size, (height / 2, width / 2), height / 8).astype(np.uint8)
    shows = np.arange(n) % 2 == 0
    masks = 255 * nerve * shows[:, None, None].astype(np.uint8)
    frames = grey[np.arange(n) % len(grey)]
    return PreloadedFrames(
        ids=tuple(f"1_{k}" for k in range(n)),
        frames=torch.from_numpy(frames)[:, None],
        masks=torch.from_numpy(masks)[:, None],
        subjects=("1",) * n,
        nerve=shows,
        truths=(),
        sha256={},
        missing=(),
        unreadable=(),
    )


class Stepper:
    """Forward, loss, backward and optimiser, as any training has them."""

    def __init__(self, config: TrainConfig, device: torch.device) -> None:
        self.network = initial_network(config).to(device).train()
        self._config, self._device = config, device
        self._optimizer = build_optimizer(config, self.network)
        self._amp = config.amp and has_fast_bfloat16(device)
        set_rate(self._optimizer, config, 0.5)

    def step(self, inputs: Tensor, target: Tensor, clip: float = 0.0) -> Tensor:
        """Take one step and return the loss."""
        with torch.autocast(self._device.type, torch.bfloat16, self._amp):
            logits, presence = self.network(inputs)
        weight = self._config.presence_weight
        loss = segmentation_loss(logits, presence, target, weight)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if clip:
            nn.utils.clip_grad_norm_(self.network.parameters(), clip)
        self._optimizer.step()
        return loss


def bare_steps(
    config: TrainConfig, held: PreloadedFrames, device: torch.device, steps: int
) -> Callable[[], object]:
    """Return what takes steps on one batch that is there already."""
    stepper = Stepper(config, device)
    inputs, target = Batches(config, held, device).cut(np.arange(config.batch), 1)

    def work() -> float:
        for _ in range(steps):
            loss = stepper.step(inputs, target)
        return loss.item()  # which waits for the device

    return work


def loop(
    config: TrainConfig, held: PreloadedFrames, device: torch.device
) -> Callable[[], object]:
    """Return what takes an epoch as a training does."""
    clock = Clock(config, len(held) // config.batch, 0.0, time.monotonic())
    trainer = Trainer(config, held, device, clock)
    epochs = iter(range(1, config.epochs))
    return lambda: trainer.epoch(next(epochs), lambda event: None, lambda: False)


def monai_steps(
    config: TrainConfig, held: PreloadedFrames, device: torch.device, workers: int
) -> Callable[[], object]:
    """Return what takes an epoch as MONAI's tutorials do."""
    from monai.data import CacheDataset, DataLoader

    pairs = zip(held.frames.float(), held.masks.float() / 255, strict=True)
    data = [{"image": frame, "mask": mask} for frame, mask in pairs]
    cached = CacheDataset(data, monai_transforms(config), progress=False)
    loader = DataLoader(
        cached,
        batch_size=config.batch,
        shuffle=True,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    stepper = Stepper(config, device)
    average = WeightAverage(stepper.network, config.ema)

    def work() -> float:
        total = 0.0
        for batch in loader:
            image, mask = (batch[k].as_tensor().to(device) for k in ("image", "mask"))
            inputs = image.contiguous(memory_format=torch.channels_last)
            total += stepper.step(inputs, mask, config.clip).item()
            average.update(stepper.network)
        return total

    return work


def monai_transforms(config: TrainConfig) -> Callable[[Any], Any]:
    """Return the recipe's augmentation in MONAI's words."""
    from monai import transforms as t

    strengths, both = config.augmentation, ["image", "mask"]
    normalise = t.NormalizeIntensityd(
        "image", subtrahend=np.array(GREY_MEAN), divisor=np.array(GREY_SPREAD)
    )
    if not config.augment:
        return t.Compose([t.EnsureTyped(both), normalise])
    return t.Compose(
        [
            t.EnsureTyped(both),
            t.RandFlipd(both, prob=strengths.flip, spatial_axis=1),
            t.RandAffined(
                both,
                prob=1.0,
                rotate_range=np.deg2rad(strengths.rotation),
                shear_range=(strengths.shear, 0.0),
                translate_range=[strengths.shift * side for side in config.size],
                scale_range=(strengths.scale - 1, strengths.scale - 1),
                mode="bilinear",
                padding_mode="zeros",
            ),
            t.RandScaleIntensityd("image", factors=strengths.gain, prob=1.0),
            t.RandAdjustContrastd(
                "image", prob=1.0, gamma=(1 / strengths.gamma, strengths.gamma)
            ),
            normalise,
        ]
    )


def memory(device: str) -> list[dict[str, Any]]:
    """Train each recipe in a process of its own and return its peak."""
    gpu = pick_device(device).type != "cpu"
    wanted = {**BATCHES, **FULL_SIZE}
    if gpu:
        wanted |= {name: (1, 4, RECIPES[name]().batch) for name in FULL_SIZE}
    rows = []
    for recipe, batches in wanted.items():
        for batch in batches:
            words = ["--device", device, "--peak", recipe, str(batch)]
            command = [sys.executable, "-m", __spec__.name, *words]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{recipe}: {done.stderr.splitlines()[-1]}", file=sys.stderr)
                continue
            rows.append(json.loads(done.stdout.splitlines()[-1]))
    return rows


def peak(recipe: str, batch: int, device: str) -> dict[str, Any]:
    """Take two steps and return gigabytes."""
    config = replace(
        RECIPES[recipe](), device=device, batch=batch, frozen_warmup=0.0, epochs=2
    )
    if config.network == "flexible":  # whose weights come from the web
        config = replace(config, pretrained=False)
    where = pick_device(device)
    before = peak_gb()
    loop(config, toy_held(config, 2 * batch), where)()
    return {
        "recipe": recipe,
        "size": "{} x {}".format(*config.size),
        "batch": batch,
        "before, GB": round(before, 2),
        "process, GB": round(peak_gb(), 2),
        "gpu, GB": round(memory_gb(where), 2) if where.type == "cuda" else None,
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows as Markdown."""
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([row[n] for n in names] for row in rows)]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


if __name__ == "__main__":
    warnings.filterwarnings("ignore", module="monai")
    main()
