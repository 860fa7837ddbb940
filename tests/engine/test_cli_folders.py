"""Other people's folders on the command line: said, kept, refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.engine.people_folders import nerve, picture, white, write
from training.cli.app import main
from training.predict import open_predictions


def scanned(data: Path, project: Path, *flags: str) -> tuple[int, dict[str, Any]]:
    out = project.parent / "scan.json"
    words = ["scan", str(data), "--project", str(project), "--json", str(out), *flags]
    code = main(words)
    return code, json.loads(out.read_text()) if out.exists() else {}


def kaggle(folder: Path, *, inverted: bool = False) -> Path:
    for i in range(8):
        stem = f"{i % 4 + 1}_{i}"
        mask = ~nerve(i) if inverted else nerve(i)
        write(folder / f"{stem}.png", picture(i))
        write(folder / f"{stem}_mask.png", white(mask))
    return folder


def test_scan_says_how_the_folder_was_understood(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = kaggle(tmp_path / "data")
    (data / "clip.mp4").write_bytes(b"xx")
    code, found = scanned(data, tmp_path / "p")
    assert code == 0
    assert found["understood"] == {
        "layout": "kaggle",
        "masks": {"*_mask": 8},
        "masks_in": None,
        "masks_chosen": False,
        "n_joined": 0,
        "n_stacks": 0,
        "subject_by": "number",
        "subjects": "by the number in S_I",
        "subjects_chosen": False,
        "not_read": [
            {
                "kind": "a video",
                "remedy": "export its frames as TIFF or PNG",
                "files": ["clip.mp4"],
            }
        ],
        "depth": {"uint8": 8},
        "grey_range": None,
        "orientation": {},
        "inverted": False,
    }
    printed = capsys.readouterr().out
    assert "subjects      by the number in S_I: 1, 2, 3, 4" in printed
    assert (
        "not read      1 (a video): clip.mp4; export its frames as TIFF or PNG"
        in printed
    )


def test_strict_ends_with_2_on_any_doubt(tmp_path: Path) -> None:
    data = kaggle(tmp_path / "data")
    assert scanned(data, tmp_path / "p", "--strict")[0] == 0
    (data / "clip.mp4").write_bytes(b"xx")
    assert scanned(data, tmp_path / "p", "--strict")[0] == 2


def test_a_word_before_anybody_trains_on_inverted_masks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = kaggle(tmp_path / "data", inverted=True)
    words = ["train", str(data), "--project", str(tmp_path / "p"), "--dry-run"]
    small = ["--network", "unet", "--recipe", "unet", "--size", "32x32"]
    assert main([*words, *small]) == 0
    said = capsys.readouterr().err
    assert "8 masks cover more than half of their frames of 8 looked at" in said
    assert (
        "px are nerve: if the nerve is what is not marked, pass --invert-masks" in said
    )
    assert main([*words, *small, "--invert-masks"]) == 0
    assert "cover more than half" not in capsys.readouterr().err


def test_every_command_says_how_it_reads_and_what_is_doubtful(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = kaggle(tmp_path / "data")
    for name in ("a.dcm", "b.dcm"):
        (data / name).write_bytes(b"xx")
    assert main(["stats", str(data), "--project", str(tmp_path / "p")]) == 0
    said = capsys.readouterr().err
    assert "masks: *_mask (8); subjects by the number in S_I (4): 1, 2, 3, 4" in said
    assert "a.dcm is DICOM and is not read" in said
    assert "(1 more: see 'nerveseg scan')" in said


def test_a_range_of_greys_that_was_found_is_kept(tmp_path: Path) -> None:
    data, project = tmp_path / "data", tmp_path / "p"
    for i in range(3):
        write(data / f"1_{i}.tif", picture(i).astype("uint16") * 16)
        write(data / f"1_{i}_mask.tif", white(nerve(i)))
    _, found = scanned(data, project)
    assert found["reading"]["grey_range"] == "uint16=0:4095"
    assert found["understood"]["depth"] == {"uint16": 3}
    write(data / "1_3.tif", picture(3).astype("uint16") * 257)
    _, found = scanned(data, project)
    assert found["reading"]["grey_range"] == "uint16=0:4095"
    assert [one["kind"] for one in found["problems"]] == [
        "frame-without-mask",
        "grey-range",
    ]


def test_a_label_that_occurs_nowhere_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = kaggle(tmp_path / "data")
    code, _ = scanned(data, tmp_path / "p", "--nerve-label", "7")
    assert code == 2
    assert "has no mask with the label 7, its labels are 0, 255" in (
        capsys.readouterr().err
    )
    assert not (tmp_path / "p").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
@pytest.mark.parametrize(
    "words", [["scan", "LOOP"], ["export", "DATA", "--out", "LOOP"]]
)
def test_a_link_that_leads_to_itself_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    names = {"LOOP": str(loop), "DATA": str(kaggle(tmp_path / "data"))}
    assert main([names.get(word, word) for word in words]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"{loop} is a link that leads back to itself: name what it should lead to."
    )


def test_a_part_of_a_folder_is_predicted_by_the_range_it_was_trained_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, part = tmp_path / "data", tmp_path / "part"
    for i in range(8):
        name = f"{i % 4 + 1}_{i}.tif"
        frame = picture(i).astype("uint16") * (2 if i == 7 else 16)
        write(data / name, frame)
        write(data / name.replace(".tif", "_mask.tif"), white(nerve(i)))
        if i == 7:
            write(part / name, frame)
    run, maps = tmp_path / "run", []
    small = ["--recipe", "unet", "--size", "32x32", "--widths", "4,8", "--epochs", "1"]
    words = ["--project", str(tmp_path / "p"), "--out", str(run), "--device", "cpu"]
    assert main(["train", str(data), *small, *words]) == 0
    for folder in (data, part):
        out = tmp_path / f"on-{folder.name}"
        kept = ["--out", str(out), "--probabilities", "--device", "cpu"]
        place = ["--project", str(tmp_path / f"p-{folder.name}")]
        assert main(["predict", str(run), str(folder), *kept, *place]) == 0
        maps.append(open_predictions(out).probability("4_7"))
    assert maps[0] is not None
    assert (maps[0] == maps[1]).all()
    assert "read as in training: uint16=0:4095" in capsys.readouterr().err


def test_a_range_without_an_end_is_refused(tmp_path: Path) -> None:
    assert (
        scanned(kaggle(tmp_path / "data"), tmp_path / "p", "--grey-range", "0:1e400")[0]
        == 2
    )
