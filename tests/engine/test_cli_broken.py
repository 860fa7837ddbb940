"""Folders with files that no disk should hold: each is named, the rest is read."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from tests.engine.command_line import listing, run, write_subjects
from tests.engine.data_folders import FRAME
from tests.engine.predicting import tiny_checkpoint
from tests.engine.test_data_broken import PALETTE, change, write
from tests.engine.test_data_decoders import UNDEFINED, bits, plain

#: Files that cannot be read, by name, and what is said of each.
SAID = {
    "6_1.tif": "its header speaks of 0 x 80 pixels",
    "6_2.tif": "its header speaks of 0 bits a pixel",
    "6_3_mask.tif": "its palette does not belong to 1 bits a pixel",
    "6_4.tif": "cannot be read as an image",
    "6_5.tif": "speaks of 1000000000 x 80 pixels",
    "7_1.tif": "too many levels of symbolic links",
    "7_8.tif": "no such file or directory",
    "7_9.tif": "has zero bytes",
    "8_1.tif": "its header speaks of 0 x 80 pixels",
}
NO_FILES = ("7_2.tif", "7_3.tif", "7_5.png")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    data = write_subjects(tmp_path / "data")
    change(write(data / "6_1.tif"), 257, to=338)
    change(write(data / "6_2.tif", **PALETTE), 258, value=0)
    write(data / "6_3.tif")
    change(write(data / "6_3_mask.tif", **PALETTE), 258, to=256)
    plain(data / "6_4.tif", 5, bits(UNDEFINED["second"] * 40))
    change(write(data / "6_5.tif"), 257, value=1_000_000_000)
    change(write(data / "8_1.tif"), 257, value=0)
    (data / "7_1.tif").symlink_to("7_1.tif")
    (data / "7_8.tif").symlink_to("nothing.tif")
    (data / "7_9.tif").touch()
    (data / "7_4.tif").mkdir()
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    if hasattr(os, "mkfifo"):
        os.mkfifo(data / "7_2.tif")
        os.mkfifo(data / "7_5.png")
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("data/7_3.tif")
    return tmp_path


def test_each_is_named_once_by_the_scan(place: Path, capsys: Any) -> None:
    words = ("--project", place / "project", "--json", place / "scan.json")
    assert run("scan", place / "data", *words) == 0
    assert "Traceback" not in capsys.readouterr().err
    found = json.loads((place / "scan.json").read_text())
    problems = {one["path"]: one["text"] for one in found["problems"]}
    for name, said in SAID.items():
        assert said in problems[name]
    if hasattr(os, "mkfifo"):
        for name in NO_FILES:
            assert problems[name].endswith(
                "is no regular file and is not read: take it away."
            )
    assert found["n_frames"] == 20 + 9


@pytest.mark.parametrize(
    "words",
    [
        ("duplicates",),
        ("conflicts",),
        ("leaks",),
        ("stats",),
        ("resolve", "--rule", "drop-empty-twin", "--dry-run"),
        ("train", "--dry-run", "--size", "32x48"),
        ("augment-preview", "--out", "preview.png"),
        ("export", "--out", "masks"),
        ("export", "--out", "masks", "--format", "rle"),
        ("predict", "--out", "masks", "--device", "cpu"),
    ],
    ids=" ".join,
)
def test_every_command_reads_the_rest(
    place: Path, words: tuple[str, ...], capsys: Any
) -> None:
    data: list[str | Path] = [place / "data"]
    if words[0] == "predict":
        data = [tiny_checkpoint(place / "best.safetensors"), *data]
    before = listing(place / "data")
    assert run(words[0], *data, *words[1:], "--project", place / "project") == 0
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "7_" in said or "6_3_mask.tif" in said
    assert listing(place / "data") == before
    if words[0] == "predict":
        assert len(list(Path("masks").glob("*_mask.png"))) == 21
    if words == ("export", "--out", "masks"):
        assert len(list(Path("masks").glob("*_mask.tif"))) == 20


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize(
    "command", ["scan", "duplicates", "stats", "predict", "export"]
)
@pytest.mark.parametrize("name", ["7_1.tif", "7_2.tif", "7_3.tif"])
def test_what_is_no_file_is_refused_in_one_sentence(
    place: Path, command: str, name: str, capsys: Any
) -> None:
    data: list[str | Path] = [place / "data" / name]
    if command == "predict":
        data = [tiny_checkpoint(place / "best.safetensors"), *data]
    more = ("--out", place / "out") if command in ("predict", "export") else ()
    assert run(command, *data, *more, "--project", place / "project") == 2
    said = capsys.readouterr().err
    why = "a link that leads back to itself" if name == "7_1.tif" else "a pipe, socket"
    assert said.count("\n") == 1
    assert f"data/{name} is {why}" in said
    assert not (place / "out").exists()


def test_a_name_too_long_for_its_mask_is_left_out(tmp_path: Path, capsys: Any) -> None:
    data = write_subjects(tmp_path / "data")
    stem = "a" * 240
    tifffile.imwrite(data / f"{stem}.tif", FRAME)
    checkpoint = tiny_checkpoint(tmp_path / "best.safetensors")
    project = ("--project", tmp_path / "project")
    out = tmp_path / "out"
    assert (
        run("predict", checkpoint, data, "--out", out, "--device", "cpu", *project) == 0
    )
    found = capsys.readouterr()
    assert f"{stem}_mask.png is a longer name than can be written here" in found.err
    assert found.out.startswith("20 of 21 frames predicted")
    assert len(list(out.glob("*_mask.png"))) == 20
    mask = data / f"{stem}_mask.tif"
    tifffile.imwrite(mask, (FRAME > 99).astype(np.uint8) * np.uint8(255))
    assert run("export", data, "--out", tmp_path / "masks", *project) == 2
    assert f"{mask.name} is a longer name than" in capsys.readouterr().err
    assert not (tmp_path / "masks").exists()
