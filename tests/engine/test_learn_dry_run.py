from __future__ import annotations

import json

import pytest

from tests.engine.command_line import listing, run
from tests.engine.learn_toys import TINY, ChangedLabels, tiny, toy_dataset
from training.data import open_dataset
from training.data.labels import Labels
from training.errors import Cancelled, InputError
from training.learn.run.dry_run import dry_run


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return toy_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def found(dataset):
    """What a training of tiny settings would take."""
    config = tiny(epochs=30, test_subjects="5", val_subjects="4")
    labels = ChangedLabels(dataset, excluded=("1_1",), ambiguous=("1_2",))
    return dry_run(dataset, labels, config)


def test_it_says_what_would_be_learned_and_where(found):
    assert found["frames"] == {"train": 10, "validation": 4, "test": 4}
    assert (found["device"], found["threads"], found["epochs"]) == ("cpu", 1, 30)
    assert found["parameters"] > 1000


def test_the_stages_add_up(found):
    seconds = found["seconds"]
    epochs = 30 * (seconds["epoch"] + seconds["validation"])
    assert seconds["total"] == pytest.approx(
        seconds["reading"] + epochs + seconds["scoring"]
    )
    assert seconds["epoch"] == pytest.approx(10 / found["images_per_second"])
    assert found["text"].startswith(f"About {seconds['total'] / 60:.1f} minutes for 30")


def test_memory_is_the_process_and_the_frames_it_would_hold(found):
    memory = found["memory_gb"]
    assert memory["held"] == 2 * 14 * 32 * 48 / 1e9
    assert 0.05 < memory["process"] < 100
    assert memory["gpu"] is None


def test_a_time_limit_ends_the_epochs(dataset):
    config = tiny(epochs=100_000, max_minutes=0.05)
    found = dry_run(dataset, Labels(dataset), config)
    assert 1 <= found["epochs"] < 100_000
    assert found["seconds"]["total"] <= 3


def test_it_stops_when_asked(dataset):
    with pytest.raises(Cancelled):
        dry_run(dataset, Labels(dataset), tiny(), should_stop=lambda: True)


def test_a_wrong_setting_is_said_as_the_training_says_it(dataset):
    with pytest.raises(InputError, match="test_subjects names subject 9"):
        dry_run(dataset, Labels(dataset), tiny(test_subjects="9"))


def test_frames_without_masks_cannot_be_learned_from(dataset, tmp_path):
    frames = [path for path in dataset.root.iterdir() if "mask" not in path.name]
    for path in frames:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    bare = open_dataset(tmp_path)
    with pytest.raises(InputError, match="has no frame to learn from with a mask"):
        dry_run(bare, Labels(bare), tiny(val_subjects="2"))


def test_the_command_prints_it_and_writes_nothing(dataset, tmp_path, capsys):
    settings = tmp_path / "config.json"
    settings.write_text(json.dumps({"recipe": "unet", **TINY}))
    words = ("--config", settings, "--project", tmp_path / "p", "--dry-run")
    assert run("train", dataset.root, "--out", tmp_path / "run", *words) == 0
    printed = capsys.readouterr()
    assert "frames a second" in printed.out
    assert printed.out.splitlines()[-1].startswith("About ")
    assert "nothing is written" in printed.err
    assert listing(tmp_path) == ["config.json"]
