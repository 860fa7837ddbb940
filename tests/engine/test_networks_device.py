"""Words for devices, and how many threads of the processor are taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.engine.learn_toys import tiny, toy_dataset
from training.commands.fold_processes import places
from training.data.labels import Labels
from training.errors import InputError
from training.events import Event
from training.learn import TrainConfig, train
from training.learn.run.dry_run import dry_run
from training.learn.settings.limits import wrong_value
from training.networks import device as devices
from training.networks.device import fewer_threads, pick_device, processor_threads


def gpus(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: number > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: number)


def test_a_gpu_is_named_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, 2)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert pick_device("cuda:1") == torch.device("cuda", 1)
    assert pick_device("cuda:0") == torch.device("cuda", 0)
    assert pick_device("cuda") == torch.device("cuda")
    assert pick_device("mps:0") == torch.device("mps")


@pytest.mark.parametrize(
    ("number", "name", "message"),
    [
        (
            1,
            "cuda:1",
            "device cuda:1: there is 1 NVIDIA GPU, cuda:0; name one that is there, or "
            "use --device cpu.",
        ),
        (
            2,
            "cuda:9",
            "device cuda:9: there are 2 NVIDIA GPUs, cuda:0 to cuda:1; name one that "
            "is there, or use --device cpu.",
        ),
        (
            0,
            "cuda:0",
            "device cuda:0: this PyTorch finds no NVIDIA GPU; use --device cpu, or "
            "install a CUDA build of torch and a driver that fits it.",
        ),
        *(
            (
                1,
                name,
                f"device {name!r} is unknown: choose auto, cpu, cuda, mps, or a GPU by "
                "its number, such as cuda:1.",
            )
            for name in ("cuda:", "cuda:x", "cuda:-1", "cuda:1 ", "auto:0", "gpu1", "")
        ),
    ],
)
def test_a_device_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, number: int, name: str, message: str
) -> None:
    gpus(monkeypatch, number)
    with pytest.raises(InputError) as caught:
        pick_device(name)
    assert str(caught.value) == message


def test_a_configuration_takes_such_names() -> None:
    for name in ("cuda:1", "cuda:0", "mps:0", "auto", "cpu"):
        config = TrainConfig.from_json({"device": name})
        assert config.device == name
    values = {**vars(TrainConfig()), "device": "tpu"}
    assert str(wrong_value(values)) == (
        "device is 'tpu': give auto, cpu, cuda, mps or one of several GPUs, cuda:1."
    )
    with pytest.raises(InputError, match="compile works on CUDA only"):
        TrainConfig.from_json({"device": "mps:0", "compile": True})


def test_folds_stay_on_the_gpu_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, 2)
    assert places("", 1, "cuda:1") == []
    assert len(places("", 1, "cuda")) == 2


def test_no_more_threads_than_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "n_threads", lambda: 1)
    with processor_threads(999):
        assert torch.get_num_threads() == 1
    assert fewer_threads(1) is fewer_threads(None) is None
    assert fewer_threads(2) == (
        "threads 2: this machine gives 1 processor, 1 thread is used."
    )
    monkeypatch.setattr(devices, "n_threads", lambda: 2)
    assert fewer_threads(999) == (
        "threads 999: this machine gives 2 processors, 2 threads are used."
    )


def test_a_training_says_so_and_keeps_what_was_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(devices, "n_threads", lambda: 1)
    dataset = toy_dataset(tmp_path / "data")
    config = replace(tiny(), epochs=1, threads=999)
    for number, work in enumerate(
        (
            lambda tell: dry_run(dataset, Labels(dataset), config, on_event=tell),
            lambda tell: train(
                dataset, Labels(dataset), config, tmp_path / "run", on_event=tell
            ),
        )
    ):
        seen: list[Event] = []
        work(seen.append)
        said = [event for event in seen if "threads 999" in str(event.get("text"))]
        assert [event["level"] for event in said] == ["warning"], number
    assert '"threads": 999' in (tmp_path / "run" / "config.json").read_text()
    assert '"threads": 1' in (tmp_path / "run" / "environment.json").read_text()
