"""``nerveseg predict``: every flag reaches the masks, and wrong ones end in words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.engine.command_line import contents, listing, run
from tests.engine.predicting import tiny_checkpoint, write_folder
from tests.toys import smooth_frame, write_kaggle
from training.data import open_dataset, rle
from training.data.phantom import make_phantom
from training.predict import Predictor, PredictSettings, open_predictions


@pytest.fixture
def place(tmp_path: Path) -> Path:
    tiny_checkpoint(tmp_path / "net.safetensors")
    write_folder(tmp_path / "data")
    return tmp_path


def predict(place: Path, *flags: str | Path) -> int:
    return run(
        "predict",
        place / "net.safetensors",
        place / "data",
        "--out",
        place / "out",
        "--backend",
        "torch",
        *flags,
    )


def test_flags_reach_the_masks(place: Path) -> None:
    flags = "--threshold 0.45 --averaging flip --largest-component --fill-holes"
    assert predict(place, *flags.split(), "--rle", place / "s.csv") == 0
    settings = PredictSettings(
        threshold=0.45, averaging="flip", largest_component=True, fill_holes=True
    )
    predictor = Predictor(place / "net.safetensors", "cpu", settings)
    found, submitted = open_predictions(place / "out"), rle.read_csv(place / "s.csv")
    dataset = open_dataset(place / "data")
    for frame in dataset.ids:
        expected = predictor.probability(dataset.frame(frame)).mask
        np.testing.assert_array_equal(found.mask(frame), expected)
        again = rle.decode(submitted[frame], expected.shape)
        np.testing.assert_array_equal(again, expected)


@pytest.mark.parametrize(
    "kept",
    [
        ["--mask-names", "*_drawn9"],
        ["--subject-by", "{subject}-x"],
        ["--mask-names", "*_drawn9", "--subject-by", "{subject}-x"],
    ],
)
def test_what_was_chosen_for_another_folder_does_not_refuse_this_one(
    place: Path, kept: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_kaggle(place / "other", {"7-x": (smooth_frame(7), None)})
    (other / "7-x_drawn9.tif").write_bytes((other / "7-x.tif").read_bytes())
    project = ["--project", place / "project"]
    assert run("scan", other, *kept, *project) == 0
    capsys.readouterr()
    assert predict(place, *project) == 0
    named = f"Left out, for it does not fit {place / 'data'}: "
    (said,) = [x for x in capsys.readouterr().err.splitlines() if named in x]
    assert all(word in said for word in kept)
    assert open_predictions(place / "out").ids == ("1_1", "1_2", "1_3")
    assert predict(place, *project, *kept) == 2  # what is chosen now has to fit
    assert f"{kept[0]} {kept[1]}" in capsys.readouterr().err.splitlines()[-1]


def test_the_submission_of_the_phantoms_test_set_gives_back_its_masks(place):
    out = place / "phantom"
    make_phantom(out, subjects=1, frames=2, test_frames=11, seed=0, size=(105, 145))
    test, file = open_dataset(out / "test"), place / "submission.csv"
    words = [place / "net.safetensors", test.root, "--out", place / "masks"]
    assert run("predict", *words, "--rle", file) == 0
    lines = file.read_text().splitlines()
    assert lines[0] == "img,pixels"
    assert [line.split(",")[0] for line in lines[1:]] == [str(n) for n in range(1, 12)]
    submitted, found = rle.read_csv(file), open_predictions(place / "masks")
    for frame in test.ids:
        mask = found.mask(frame)
        np.testing.assert_array_equal(rle.decode(submitted[frame], mask.shape), mask)
    assert any(found.mask(frame).any() for frame in test.ids)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--threshold", "2"), "threshold is 2.0: give a number from 0 to 1."),
        (("--averaging", "mean"), "averaging is 'mean': choose none, flip, agreement."),
        (("--rle", "masks.txt"), "--rle masks.txt: name a file that ends in .csv."),
    ],
)
def test_wrong_flags_end_in_words_and_write_nothing(
    place, flags, words, capsys
) -> None:
    assert predict(place, *flags) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert not (place / "out").exists()


@pytest.fixture
def interrupted(place: Path, monkeypatch, capsys) -> Path:
    """A place where Ctrl-C ended a prediction after its first frame of three."""
    predict_one = Predictor.probabilities
    with monkeypatch.context() as patch:
        patch.setattr(Predictor, "batch", 1)

        def once(self, frames):
            patch.setattr(Predictor, "probabilities", raiser)
            return predict_one(self, frames)

        def raiser(_self, _frames):
            raise KeyboardInterrupt

        patch.setattr(Predictor, "probabilities", once)
        assert predict(place) == 130
    told = capsys.readouterr().err
    assert f"{place / 'out'} keeps what is done: give --resume as well" in told
    return place


def test_an_interrupted_one_goes_on_with_what_is_missing(interrupted, capsys):
    out = interrupted / "out"
    assert open_predictions(out).ids == ("1_1",)
    result = interrupted / "r.json"
    assert predict(interrupted, "--resume", "--json", result) == 0
    found = json.loads(result.read_text())
    assert (found["n_before"], found["n_predicted"]) == (1, 2)
    assert open_predictions(out).ids == ("1_1", "1_2", "1_3")
    assert predict(interrupted, "--resume") == 0
    assert "3 frames were done before." in capsys.readouterr().out


def test_without_the_flag_an_interrupted_one_is_begun_anew(interrupted):
    assert predict(interrupted, "--json", interrupted / "r.json") == 0
    found = json.loads((interrupted / "r.json").read_text())
    assert (found["n_before"], found["n_predicted"]) == (0, 3)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--threshold", "0.7"], "another threshold: give the same, or leave out"),
        (
            ["--averaging", "flip", "--fill-holes"],
            "averaging and another --fill-holes:",
        ),
        (["--probabilities"], "another choice of --probabilities and --uncertainty:"),
    ],
)
def test_another_rule_does_not_go_on(interrupted, flags, words, capsys):
    before = listing(interrupted)
    assert predict(interrupted, "--resume", *flags) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{interrupted / 'out'} was begun with another " in line
    assert words in line
    assert listing(interrupted) == before


def test_another_checkpoint_or_other_frames_do_not_go_on(interrupted, capsys):
    net = interrupted / "net.safetensors"
    before = net.read_bytes()
    tiny_checkpoint(net, seed=1)
    assert predict(interrupted, "--resume") == 2
    assert "was begun with another checkpoint: give the same" in capsys.readouterr().err
    net.write_bytes(before)
    (interrupted / "data" / "1_3.tif").unlink()
    assert predict(interrupted, "--resume") == 2
    assert "was begun with another set of frames:" in capsys.readouterr().err


def test_where_there_is_nothing_to_go_on_with_it_is_said(place, capsys):
    assert predict(place, "--resume") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        f"{place / 'out'} holds no prediction to go on with: leave out --resume to"
        " begin one."
    )
    assert not (place / "out").exists()


@pytest.mark.parametrize("there", [True, False])
def test_what_cannot_be_read_leaves_nothing_behind(place, there, capsys):
    for path in (place / "data").glob("*.tif"):
        path.write_bytes(b"no image")
    deep = place / "new" / "out"
    if there:
        deep.mkdir(parents=True)
    before = listing(place)
    assert predict(place, "--out", deep) == 2
    assert "has no readable image" in capsys.readouterr().err
    assert listing(place) == before


def test_an_interrupted_replacement_says_nothing_of_going_on(
    place, monkeypatch, capsys
):
    def raiser(_self, _frames):
        raise KeyboardInterrupt

    assert predict(place) == 0  # which leaves its progress.jsonl
    before = contents(place)
    monkeypatch.setattr(Predictor, "probabilities", raiser)
    capsys.readouterr()
    assert predict(place) == 130
    assert "--resume" not in capsys.readouterr().err
    assert contents(place) == before


def test_what_was_done_before_is_counted_in_words(interrupted, capsys):
    assert predict(interrupted, "--resume") == 0
    assert "1 frame was done before." in capsys.readouterr().out
