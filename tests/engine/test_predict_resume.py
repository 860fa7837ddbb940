"""A folder of predictions that goes on where it was left."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from tests.engine.command_line import contents
from tests.engine.predicting import tiny_checkpoint, write_folder
from tests.toys import smooth_frame
from training.errors import Cancelled, InputError
from training.events import Event
from training.predict import PredictSettings, open_predictions, predict_folder
from training.predict.writing import held

Predict = Callable[..., dict[str, object]]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("run") / "best.safetensors")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def predict(checkpoint: Path, tmp_path: Path, out: Path) -> Predict:
    """Predict a folder of five frames into ``out``, which may go on."""
    data = write_folder(tmp_path / "data", 5)

    def run(**more: object) -> dict[str, object]:
        usual = {"probabilities": True, "device": "cpu", "resume": True}
        return predict_folder(checkpoint, data, out, **{**usual, **more})

    return run


def stop_after(n: int) -> Callable[[], bool]:
    asked = iter(range(1000))
    return lambda: next(asked) >= n


def texts(events: list[Event]) -> list[str]:
    return [event["text"] for event in events if event["event"] == "message"]


def test_a_cancelled_run_keeps_what_is_done_and_the_next_does_the_rest(
    predict: Predict, checkpoint: Path, out: Path, tmp_path: Path
) -> None:
    with pytest.raises(Cancelled):
        predict(should_stop=stop_after(2))
    done = len(open_predictions(out).ids)
    assert 1 <= done < 5
    result = predict()
    assert (result["n_before"], result["n_predicted"]) == (done, 5 - done)
    whole = tmp_path / "whole"
    maps = {"probabilities": True, "device": "cpu"}
    predict_folder(checkpoint, tmp_path / "data", whole, **maps)
    found, expected = open_predictions(out), open_predictions(whole)
    assert found.ids == expected.ids
    assert found.rule == expected.rule
    for frame in found.ids:
        np.testing.assert_array_equal(found.mask(frame), expected.mask(frame))
        np.testing.assert_array_equal(
            found.probability(frame), expected.probability(frame)
        )
        assert found.presence(frame) == pytest.approx(expected.presence(frame))
        assert found.frame_sha256(frame) == expected.frame_sha256(frame)
    table = "predictions.csv"
    assert (out / table).read_text() == (whole / table).read_text()


def test_a_line_that_a_killed_process_cut_off_is_done_again(
    predict: Predict, out: Path
) -> None:
    predict()
    (out / "predictions.csv").unlink()  # it comes last
    journal = out / "progress.jsonl"
    journal.write_text(journal.read_text()[:-9])
    result = predict()
    assert (result["n_before"], result["n_predicted"]) == (4, 1)
    assert len(open_predictions(out).ids) == 5
    assert predict()["n_before"] == 5


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"presence": "0.', '"presence": "0.0'),
        ('"shape": [64, 80]', '"shape": [64, 81]'),
        ('"uncertainty"', '"uncertain4y"'),
        ('"area": ', '"area": 1'),
    ],
)
def test_a_line_that_was_changed_is_done_again(
    predict: Predict, out: Path, before: str, after: str
) -> None:
    predict()
    table = (out / "predictions.csv").read_text()
    journal = out / "progress.jsonl"
    lines = journal.read_text().splitlines()
    one = next(n for n in range(1, len(lines)) if before in lines[n])
    lines[one] = lines[one].replace(before, after)
    journal.write_text("\n".join(lines) + "\n")
    result = predict()
    assert (result["n_before"], result["n_predicted"]) == (4, 1)
    assert (out / "predictions.csv").read_text() == table


@pytest.mark.parametrize("node", ["", "64x80"])
@pytest.mark.parametrize("noted", [True, False], ids=["noted", "not noted"])
def test_maps_that_a_killed_process_had_only_begun_are_made_again(
    predict: Predict, out: Path, node: str, noted: bool
) -> None:
    predict()
    before = open_predictions(out)
    maps = {frame: before.probability(frame) for frame in before.ids}
    others = sum(levels.shape != (64, 80) for levels in maps.values() if node)
    journal = out / "progress.jsonl"
    if not noted:
        journal.write_text(journal.read_text().splitlines()[0] + "\n")
    (out / "probabilities.zarr" / node / "zarr.json").unlink()
    assert predict()["n_before"] == (others if noted else 0)
    for frame, levels in maps.items():
        assert levels.any()
        np.testing.assert_array_equal(open_predictions(out).probability(frame), levels)


def test_some_frames_then_all(predict: Predict, out: Path) -> None:
    result = predict(frames=["1_4", "1_2"])
    assert (result["n_frames"], result["n_predicted"]) == (2, 2)
    assert open_predictions(out).ids == ("1_2", "1_4")
    result = predict()
    assert (result["n_frames"], result["n_before"]) == (5, 2)
    assert len(open_predictions(out).ids) == 5


def test_a_frame_that_changed_is_predicted_anew(
    predict: Predict, out: Path, tmp_path: Path
) -> None:
    predict()
    before = open_predictions(out).probability("1_3")
    tifffile.imwrite(tmp_path / "data" / "1_3.tif", smooth_frame(99))
    assert predict()["n_predicted"] == 1
    after = open_predictions(out).probability("1_3")
    assert not np.array_equal(before, after)


def test_another_rule_begins_anew_and_that_is_said(predict: Predict, out: Path) -> None:
    predict()
    seen: list[Event] = []
    other = PredictSettings(threshold=0.7)
    result = predict(settings=other, frames=["1_1"], on_event=seen.append)
    assert (result["n_before"], result["n_predicted"]) == (0, 1)
    assert open_predictions(out).ids == ("1_1",)
    assert texts(seen) == [
        f"{out} holds predictions of another checkpoint or with other settings: they "
        "are replaced when all of the new ones are there."
    ]
    result = predict(settings=other)  # the new ones can be gone on with
    assert (result["n_before"], result["n_predicted"]) == (1, 4)


@pytest.mark.parametrize(
    "more", [{"settings": PredictSettings(threshold=0.7)}, {"resume": False}]
)
def test_an_interrupted_replacement_keeps_the_old_and_promises_nothing(
    predict: Predict, out: Path, more: dict[str, object]
) -> None:
    predict()
    before, seen = contents(out), list[Event]()
    with pytest.raises(Cancelled):
        predict(should_stop=stop_after(2), on_event=seen.append, **more)
    assert contents(out) == before
    assert not [text for text in texts(seen) if "keeps what is done" in text]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"strict": True},
        {"settings": PredictSettings(threshold=0.7)},
        {"resume": False},
    ],
)
def test_two_cannot_write_to_one_folder(
    predict: Predict, out: Path, more: dict[str, object]
) -> None:
    with pytest.raises(Cancelled):
        predict(should_stop=stop_after(2))
    before = contents(out)
    with (
        held(out / "progress.jsonl"),
        pytest.raises(InputError, match="is being written by another prediction: wait"),
    ):
        predict(**more)
    assert contents(out) == before
    predict(**more)
    assert len(open_predictions(out).ids) == 5


def test_one_that_is_refused_takes_nothing_away_from_one_that_has_just_begun(
    predict: Predict, out: Path
) -> None:
    out.mkdir()
    begun = out / "progress.jsonl"
    with held(begun):
        with pytest.raises(InputError, match="is being written by another"):
            predict()
        assert begun.exists()


def test_a_killed_process_holds_nothing(predict: Predict, out: Path) -> None:
    predict(frames=["1_1"])
    holding = (
        "import sys; from pathlib import Path\n"
        "from training.predict.writing import held\n"
        "with held(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-P", "-c", holding, str(out / "progress.jsonl")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(InputError, match="is being written by another"):
            predict()
        other.kill()
    assert predict()["n_before"] == 1


def test_nerves_are_counted_in_all_frames(predict: Predict) -> None:
    first = predict(frames=["1_1", "1_2"])
    whole = predict()
    again = predict()
    assert first["n_with_nerve"] == 2
    assert whole["n_with_nerve"] == again["n_with_nerve"] == 5


@pytest.mark.parametrize("gone", [True, False])
def test_a_setting_that_one_side_lacks_is_refused_and_nothing_is_deleted(
    predict: Predict, out: Path, gone: bool
) -> None:
    predict()
    journal = out / "progress.jsonl"
    first, *rows = journal.read_text().splitlines()
    maker = json.loads(first)["maker"]
    if gone:
        del maker["averaging"]  # an earlier version knew none
    else:
        maker["later"] = None  # a later version knows more
    journal.write_text("\n".join([json.dumps({"maker": maker}), *rows]) + "\n")
    before = contents(out)
    name = "averaging" if gone else "later"
    with pytest.raises(InputError, match=f"begun with another {name}: give the same"):
        predict(strict=True)
    assert contents(out) == before


def test_without_resume_the_folder_is_replaced_whole(
    predict: Predict, out: Path
) -> None:
    predict()
    predict(resume=False)
    assert not (out / "progress.jsonl").exists()


@pytest.mark.parametrize(
    ("frames", "words"),
    [(["9_9"], "has no frame 9_9"), ([], "was given no frame")],
)
def test_frames_that_are_none_are_refused(
    predict: Predict, out: Path, frames: list[str], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        predict(frames=frames)
    assert not out.exists()
