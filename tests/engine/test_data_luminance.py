"""The switch that reads colour frames as their luminance."""

from __future__ import annotations

import json
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from tests.engine.command_line import run
from tests.toys import disc, smooth_frame, write_kaggle
from training.cli.display import review_words
from training.data import find_project, open_dataset
from training.data.cache import FrameCache
from training.data.images import strict_grey, to_grey
from training.data.problems import BadFile
from training.data.reading import CHOICES
from training.data.scan import scan
from training.errors import InputError

SHAPE = (32, 40)
GREY = smooth_frame(0, SHAPE)
TINTED = np.dstack([GREY, GREY, np.minimum(GREY, 250)])


def save(path: Path, image: np.ndarray) -> None:
    path.write_bytes(imagecodecs.png_encode(image))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One grey frame and one tinted one, each with a mask."""
    mask = disc(SHAPE, (16, 20), 6)
    folder = write_kaggle(tmp_path / "d", {"1_1": (GREY, mask)})
    save(folder / "1_2.png", TINTED)
    save(folder / "1_2_mask.png", mask.astype(np.uint8) * np.uint8(255))
    return folder


def test_without_the_switch_the_sentence_names_it(data: Path):
    (problem,) = scan(open_dataset(data)).problems
    assert problem.kind == "colour"
    assert problem.text.endswith("takes grey: pass --luminance, or convert it.")


def test_with_it_a_tinted_frame_is_its_luminance_and_a_grey_one_itself(data: Path):
    dataset = open_dataset(data, luminance=True)
    assert np.array_equal(dataset.frame("1_1"), GREY)
    assert np.array_equal(dataset.frame("1_2"), to_grey(TINTED))
    found = scan(dataset)
    assert not found.problems
    assert found.to_json()["luminance"] is True
    assert scan(open_dataset(data)).to_json()["luminance"] is False


def test_grey_saved_as_colour_is_the_same_either_way():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    colour = np.dstack([levels] * 3)
    assert np.array_equal(strict_grey(colour, Path("a.png"), luminance=True), levels)


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (np.dstack([TINTED, GREY]), "colour"),  # transparent
        (TINTED.astype(np.uint16) * 200, "colour"),
        (GREY.astype(np.uint16) * 200, "16-bit"),
    ],
)
def test_what_is_no_8_bit_picture_is_refused_with_it_too(image, kind):
    with pytest.raises(BadFile) as error:
        strict_grey(image, Path("a.png"), luminance=True)
    assert error.value.kind == kind


def test_what_one_way_of_reading_keeps_the_other_does_not_see(
    data: Path, tmp_path: Path
):
    project = find_project(data, tmp_path / "p")
    project.make()
    with_it, without = open_dataset(data, luminance=True), open_dataset(data)
    for _ in range(2):
        assert not scan(with_it, project).problems
        assert len(scan(without, project).problems) == 1
    assert not FrameCache(with_it, project).fill()
    assert set(FrameCache(without, project).fill()) == {"1_2"}
    with pytest.raises(InputError, match="is in colour"):
        FrameCache(without, project).frame("1_2")
    assert np.array_equal(FrameCache(with_it, project).frame("1_2"), to_grey(TINTED))


def test_commands_take_it_and_say_so(data: Path, tmp_path: Path):
    target = tmp_path / "scan.json"
    words = ("scan", data, "--project", tmp_path / "p", "--json", target)
    assert run(*words) == 0
    assert json.loads(target.read_text())["n_problems"] == 1
    assert run(*words, "--luminance") == 0
    result = json.loads(target.read_text())
    assert (result["n_problems"], result["n_readable"]) == (0, 2)
    assert result["luminance"] is True


def test_every_command_that_opens_data_has_a_flag_for_every_choice():
    from typer.main import get_command

    from training.cli.app import app

    for name, command in get_command(app).commands.items():
        options = {param.name for param in command.params}
        if "data" in options:
            assert {*CHOICES, "as_found"} <= options, name


def test_the_window_is_told_of_switches_that_are_on():
    words = review_words(Path("d"), luminance=True, frame="1_2")
    assert words == ["review", "d", "--luminance", "--frame", "1_2"]
    assert review_words(Path("d"), luminance=False) == ["review", "d"]


@pytest.mark.real
def test_all_frames_of_usgra_seg_are_read_with_it(real_data: Path):
    dataset = open_dataset(real_data / "usgra_seg", nerve_label=1, luminance=True)
    found = scan(dataset)
    assert len(found.frames) == 204
    assert not found.problems
