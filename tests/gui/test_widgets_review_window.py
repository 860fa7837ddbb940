"""``python -P -m napari_nerveseg review``: a picture of the window, or why not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage.io import imread

from napari_nerveseg.__main__ import main
from napari_nerveseg.canvas.compat import main_window
from napari_nerveseg.shell.review_window import give_room

SAY_TORCH = (
    "import sys; from napari_nerveseg.__main__ import main; code = main();"
    "sys.exit(code or 70 * ('torch' in sys.modules))"
)


def run(*words: str | Path, code: str = "") -> subprocess.CompletedProcess[str]:
    start = ["-c", code] if code else ["-m", "napari_nerveseg"]
    return subprocess.run(
        [sys.executable, "-P", *start, *map(str, words)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_it_writes_the_whole_window_without_torch(
    toy_folder: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "window.png"
    done = run(
        "review", toy_folder, "--project", tmp_path / "project", "--frame", "1_3",
        "--size", "1400x900", "--theme", "light", "--screenshot", picture,
        code=SAY_TORCH,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pixels = imread(picture)
    assert pixels.shape[:2] == (900, 1400)
    assert np.median(pixels[:, 1000:, :3]) > 200  # the dock, in the light theme
    blue = np.abs(pixels[:, :900, :3].astype(int) - (0x56, 0xB4, 0xE9)).sum(axis=2) < 30
    assert blue.sum() > 100  # the contour of the ground truth


def test_a_first_window_takes_most_of_the_screen_and_a_later_one_its_own_size(
    make_napari_viewer: Callable[..., Any],
) -> None:
    from napari.settings import get_settings

    window = main_window(make_napari_viewer(show=True))
    screen = window.screen().availableGeometry()
    give_room(window)
    size = window.size()
    assert size.width() > 0.85 * screen.width() and screen.contains(window.geometry())
    get_settings().application.window_size = (1000, 700)
    window.resize(1000, 700)
    give_room(window)
    assert (window.width(), window.height()) == (1000, 700)


def test_wrong_input_is_one_line_and_2(toy_folder: Path, tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    done = run(
        "review", toy_folder, "--frame", "7_7", "--project", tmp_path / "p",
        "--screenshot", picture,
    )  # fmt: skip
    assert done.returncode == 2
    assert "7_7" in done.stderr.strip().splitlines()[-1]
    assert not picture.exists()


def test_without_a_display_it_says_so(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    toy_folder: Path,
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delitem(os.environ, name, raising=False)
    assert main(["review", str(toy_folder)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "no display" in line
    assert "xvfb-run" in line


@pytest.mark.parametrize("size", ["1400", "ax9", "14x"])
def test_a_size_is_two_numbers(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["review", "data", "--size", size])
    assert ended.value.code == 2
    assert "is no size such as 1400x900" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["nonsense", "[1]"])
def test_how_data_are_read_is_an_object(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["review", "data", "--reading", text])
    assert ended.value.code == 2
    assert f"'{text}' is no JSON object" in capsys.readouterr().err


def test_a_wrong_choice_is_one_line_and_2(toy_folder: Path, tmp_path: Path) -> None:
    done = run(
        "review", toy_folder, "--project", tmp_path / "p",
        "--reading", '{"nerve_label": "2"}', "--screenshot", tmp_path / "window.png",
    )  # fmt: skip
    assert done.returncode == 2
    assert "nerve_label has to be a whole number" in done.stderr.splitlines()[-1]
