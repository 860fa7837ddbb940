"""The parts of the soak: each kills, or fills a disk, and compares what is there."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from tests.engine.command_line import contents
from tests.engine.learn_toys import tiny, toy_dataset
from tests.engine.predicting import (
    check_predictions,
    tiny_checkpoint,
    write_folder,
)
from tests.engine.test_learn_resume import assert_same
from tests.soak.killing import (
    Figures,
    fork,
    resize,
    small_disk,
    timed,
    why_no_mount,
)
from tests.soak.writers import check_masks, check_rows, start, write_and_kill
from training.data import open_dataset
from training.data.labels import Labels
from training.data.store import LabelStore, MaskChange
from training.data.store.packing import digest_of, runs_of
from training.learn import train
from training.predict import predict_folder
from training.report.export import export

#: Kills of one store, one training or one folder before another is begun.
_A_ROUND = 40

#: How often in one training, so that it ends some day.
_A_RUN = 3


def kill_store(folder: Path, rng: Random, kills: int, figures: Figures) -> None:
    """Kill a process that writes labels; see what it had been told is there."""
    said: list[Any] = []
    for n in range(kills):
        path = folder / f"store-{n // _A_ROUND}" / "labels.sqlite"
        if n % _A_ROUND == 0:
            said = []
        more = write_and_kill(path, n, rng.randint(1, 25), rng.uniform(0, 0.03))
        said += more
        figures.kills += 1
        figures.acknowledged += len(more)
        with _noted(figures, f"store after kill {n}"):
            check_rows(path, said)
            if n % _A_ROUND in (_A_ROUND - 1, kills - 1):
                with LabelStore.open(path) as store:
                    check_masks(store, store.edited())


def two_writers(folder: Path, rng: Random, kills: int, figures: Figures) -> None:
    """Kill two processes that write one store at once."""
    for n in range(-(-kills // 2)):
        path = folder / f"two-{n}" / "labels.sqlite"
        processes = [start(path, 2 * n + k) for k in range(2)]
        pipes = [one.stdout for one in processes if one.stdout is not None]
        lines = [pipe.readline() for pipe in pipes for _ in range(rng.randint(2, 20))]
        for one in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.wait(rng.uniform(0, 0.02))
            one.kill()
            figures.kills += 1
        for one, pipe in zip(processes, pipes, strict=True):
            with one:
                lines += pipe.readlines()
        said = [json.loads(line) for line in lines if line[:1] + line[-1:] == b"[\n"]
        figures.acknowledged += len(said)
        with _noted(figures, f"two writers, round {n}"):
            check_rows(path, said)


def kill_training(folder: Path, rng: Random, kills: int, figures: Figures) -> None:
    """Kill trainings that go on; in the end they are one that was not killed."""
    data = toy_dataset(folder / "data", (1, 2, 3), 3)
    settings = tiny(epochs=4, batch=5, patience=0, size=(16, 24))

    def work(out: Path, resume: bool) -> Callable[[], object]:
        return lambda: train(data, Labels(data), settings, out, resume=resume)

    whole = folder / "whole" / "run"
    work(whole, False)()  # imports what the forks need
    seconds = timed(lambda: fork(work(folder / "timed" / "run", False)))

    for n in range(3 * kills + 10):
        if figures.kills >= kills:
            break
        out = folder / str(n) / "run"
        for attempt in range(_A_RUN):
            resume = (out / "config.json").exists()
            end = fork(work(out, resume), rng.uniform(0, 1.1 * seconds))
            figures.kills += end.killed
            if end.error is not None:
                figures.wrong.append(f"training {n}, attempt {attempt}: {end.error}")
            if not end.killed:
                break
        if end.killed:
            end = fork(work(out, (out / "config.json").exists()))
        figures.ended += 1
        with _noted(figures, f"training {n}: {end.error or ''}"):
            assert_same(out, whole, epochs=4)
        shutil.rmtree(folder / str(n))


def kill_prediction(folder: Path, rng: Random, kills: int, figures: Figures) -> None:
    """Kill predictions that go on; in the end they are one that was not killed."""
    data = write_folder(folder / "data", 24)
    checkpoint = tiny_checkpoint(folder / "best.safetensors")

    def work(out: Path) -> Callable[[], object]:
        maps: dict[str, Any] = {"probabilities": True, "device": "cpu", "resume": True}
        return lambda: predict_folder(checkpoint, data, out, **maps)

    whole = folder / "whole"
    work(whole)()
    seconds = timed(lambda: fork(work(folder / "timed")))
    for n in range(3 * kills + 10):
        if figures.kills >= kills:
            break
        out = folder / f"out-{n}"
        for _ in range(_A_RUN):
            end = fork(work(out), rng.uniform(0, seconds))
            figures.kills += end.killed
            if not end.killed:
                break
        if end.killed:
            end = fork(work(out))
        figures.ended += 1
        with _noted(figures, f"prediction {n}: {end.error or ''}"):
            assert end.error is None
            check_predictions(out, whole)
        shutil.rmtree(out, ignore_errors=True)


def kill_export(folder: Path, rng: Random, kills: int, figures: Figures) -> None:
    """Kill exports: the folder is whole or not there, and the next one is whole."""
    data = open_dataset(write_folder(folder / "data", 40))
    before = contents(data.root)

    def work(out: Path) -> Callable[[], object]:
        return lambda: export(data, Labels(data), out)

    whole = folder / "whole"
    work(whole)()
    seconds = timed(lambda: fork(work(folder / "timed")))
    expected = _masks(whole)
    for n in range(kills):
        out = folder / "outs" / f"{n}"
        end = fork(work(out), rng.uniform(0, 1.2 * seconds))
        figures.kills += end.killed
        figures.ended += not end.killed
        with _noted(figures, f"export {n}: {end.error or ''}"):
            assert end.error is None
            assert not out.exists() or _masks(out) == expected
            if end.killed and not out.exists():
                work(out)()
            assert _masks(out) == expected
            assert contents(data.root) == before
        shutil.rmtree(folder / "outs")


def _masks(out: Path) -> dict[str, bytes]:
    return {k: v for k, v in contents(out).items() if k != "snapshot.json"}


def full_disk(folder: Path, rng: Random, kills: int, figures: Figures) -> None:
    """Fill a small disk under each of them; with more room they go on."""
    if reason := why_no_mount():
        figures.skipped = reason
        return
    disk = folder / "disk"
    disk.mkdir()
    for n in range(max(1, kills // 10)):
        for number, fill in enumerate((_fill_store, _fill_training, _fill_prediction)):
            beside = folder / f"beside-{n}-{number}"
            beside.mkdir()
            with small_disk(disk, 1 << 20), _noted(figures, f"{fill.__name__} {n}"):
                fill(disk, beside, rng, figures)
            shutil.rmtree(beside)


def _fill_store(disk: Path, _beside: Path, rng: Random, figures: Figures) -> None:
    """Draw until the disk is full: what was acknowledged is there, then more is."""
    resize(disk, rng.randrange(200, 600) << 10)
    noise, path = np.random.default_rng(rng.getrandbits(32)), disk / "labels.sqlite"
    said: dict[int, str] = {}

    def draw(store: LabelStore, frame: str) -> None:
        mask = noise.random((64, 80)) < 0.5
        action = store.act("paint", masks={frame: MaskChange(mask, "painted")})
        said[action] = digest_of(runs_of(mask), mask.shape)

    with LabelStore.open(path) as store:
        sentence = ""
        for n in range(5000):
            try:
                draw(store, f"1_{n % 9}")
            except Exception as error:
                sentence = str(error)
                break
        assert "is full" in sentence, sentence or "the disk never was full"
        resize(disk, 4 << 20)
        draw(store, "1_1")
    figures.acknowledged += len(said)
    with LabelStore.open(path) as store:
        check_masks(store, store.edited())
        versions = [store.mask_version(frame) for frame in store.edited()]
        last = {v.action: v.digest for v in versions if v is not None}
        assert last.items() <= said.items()
        assert store.last_action == max(said)
        assert len(store.history()) == len(said), "an edit is lost"


def _fill_training(disk: Path, beside: Path, rng: Random, _figures: Figures) -> None:
    data = toy_dataset(beside / "data", (1, 2, 3), 3)
    settings = tiny(epochs=4, batch=5, patience=0, size=(16, 24))
    whole, out = beside / "whole" / "run", disk / "run"
    train(data, Labels(data), settings, whole)
    size = sum(path.stat().st_size for path in whole.rglob("*"))
    resize(disk, max(40 << 10, int(size * rng.uniform(0.3, 1.1))))
    end = fork(lambda: train(data, Labels(data), settings, out))
    assert end.error is None or "Traceback" not in end.error, end.error
    resize(disk, 16 << 20)
    resume = (out / "config.json").exists()
    if end.error is not None:
        end = fork(lambda: train(data, Labels(data), settings, out, resume=resume))
    assert end.error is None, end.error
    assert_same(out, whole, epochs=4)


def _fill_prediction(disk: Path, beside: Path, rng: Random, _figures: Figures) -> None:
    data = write_folder(beside / "data", 24)
    checkpoint = tiny_checkpoint(beside / "best.safetensors")
    maps: dict[str, Any] = {"probabilities": True, "device": "cpu", "resume": True}
    whole, out = beside / "whole", disk / "out"
    predict_folder(checkpoint, data, whole, **maps)
    resize(disk, rng.randrange(40, 400) << 10)
    end = fork(lambda: predict_folder(checkpoint, data, out, **maps))
    assert end.error is None or "Traceback" not in end.error, end.error
    resize(disk, 16 << 20)
    end = fork(lambda: predict_folder(checkpoint, data, out, **maps))
    assert end.error is None, end.error
    check_predictions(out, whole)


@contextlib.contextmanager
def _noted(figures: Figures, where: str) -> Any:
    """Count what does not hold, and go on."""
    try:
        yield
    except Exception as error:
        words = " ".join(f"{type(error).__name__}: {error}".split())
        figures.wrong.append(f"{where}: {words[:600]}")


PARTS: dict[str, Callable[[Path, Random, int, Figures], None]] = {
    "store": kill_store,
    "two writers": two_writers,
    "training": kill_training,
    "prediction": kill_prediction,
    "export": kill_export,
    "full disk": full_disk,
}
