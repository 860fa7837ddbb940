"""Other people's folders on the command line: said, kept, refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.people_folders import nerve, picture, white, write
from tests.engine.predicting import tiny_checkpoint
from training.cli.app import main
from training.data import open_dataset, rle
from training.data.csv_table import read_table
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


@pytest.mark.parametrize(
    "command", ["evaluate", "export", "stats", "duplicates", "conflicts", "resolve"]
)
def test_every_command_that_uses_masks_says_once_that_they_look_inverted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    data, found = kaggle(tmp_path / "data", inverted=True), tmp_path / "found.json"
    masks = tmp_path / "masks.csv"
    rle.write_csv(masks, dict.fromkeys(open_dataset(data).ids, nerve(0)))

    def said(*flags: str) -> str:
        first = {"evaluate": [str(masks)]}.get(command, [])
        own = {
            "export": ["--out", str(tmp_path / f"out{len(flags)}")],
            "resolve": ["--rule", "drop-empty-twin", "--dry-run"],
        }
        places = ["--project", str(tmp_path / "p"), "--json", str(found)]
        words = [command, *first, str(data), *own.get(command, []), *places]
        assert main([*words, *flags]) == 0
        return capsys.readouterr().err

    words = "8 masks cover more than half of their frames of 8 looked at"
    assert said().count(words) == 1
    assert any(words in text for text in json.loads(found.read_text())["warnings"])
    assert "cover more" not in said("--invert-masks")


def test_a_pattern_that_fits_the_beginning_alone_is_refused_with_the_first_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = kaggle(tmp_path / "data")  # 1_0, 1_4, 2_1 ... 4_7
    write(data / "10_1.png", picture(9))
    assert scanned(data, tmp_path / "p", "--subject-by", r"(\d+)_")[0] == 2
    assert capsys.readouterr().err == (
        rf"--subject-by (\d+)_ gives no frame of {data} a subject (the first is 1_0): "
        "give number, folder, none, a CSV file, or a pattern that fits a whole name, "
        "such as '{subject}_frame*' or '([0-9]+)_.*'.\n"
    )
    assert scanned(data, tmp_path / "p", "--subject-by", "([0-9]+)_.*")[0] == 0


def drawn_elsewhere(folder: Path, n: int = 9) -> Path:
    """Write frames and masks in folders with names that nobody knows."""
    for i in range(n):
        write(folder / f"pics/a{i}.png", picture(i))
        write(folder / f"drawn/a{i}-outline.png", white(nerve(i)))
    return folder


def test_many_problems_of_one_kind_are_one_sentence_and_json_has_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = drawn_elsewhere(tmp_path / "data")
    words = (
        "Warning: 9 problems of the kind 'left-out' (drawn/a0-outline.png, "
        "drawn/a1-outline.png, drawn/a2-outline.png, …); the first: "
        "drawn/a0-outline.png lies beside the folder pics, which is read, and is left "
        "out: move it there if it is a frame. Say how masks are named by --mask-names "
        "if these are some (docs/folders.md)."
    )
    code, found = scanned(data, tmp_path / "p")
    assert code == 0
    assert len(found["problems"]) == len(found["warnings"]) == 9
    said = capsys.readouterr().err.splitlines()
    assert [line for line in said if "Warning" in line or "more" in line] == [words]
    assert main(["stats", str(data), "--project", str(tmp_path / "p")]) == 0
    assert words in capsys.readouterr().err.splitlines()
    rule = ["--mask-names", "drawn/*-outline"]
    assert scanned(data, tmp_path / "p", *rule)[1]["problems"] == []


def test_a_few_problems_of_one_kind_are_told_one_by_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scanned(drawn_elsewhere(tmp_path / "data", 3), tmp_path / "p")[0] == 0
    said = capsys.readouterr().err.splitlines()
    assert sum("is left out: move it there" in line for line in said) == 3


def test_many_warnings_with_one_remedy_are_counted_as_they_come(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, network = drawn_elsewhere(tmp_path / "data"), tmp_path / "n.safetensors"
    tiny_checkpoint(network)
    out = ["--out", str(tmp_path / "out"), "--json", str(tmp_path / "found.json")]
    words = ["predict", str(network), str(data), *out, "--project", str(tmp_path / "p")]
    assert main(words) == 0
    said = capsys.readouterr().err.splitlines()
    assert sum("is left out: move it there" in line for line in said) == 3
    assert said[-1] == "… and 6 more warnings as these: move it there if it is a frame."
    assert len(json.loads((tmp_path / "found.json").read_text())["warnings"]) == 9


def test_a_folder_is_called_by_its_name_and_not_by_a_dot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = kaggle(tmp_path / "data")
    monkeypatch.chdir(data)
    project = ["--project", str(tmp_path / "p")]
    assert main(["scan", ".", "--nerve-label", "7", *project]) == 2
    said = capsys.readouterr().err
    assert said.startswith(
        f"{data} has no mask with the label 7, its labels are 0, 255"
    )
    for path in data.glob("?_?.png"):
        path.write_bytes(b"no picture")
    assert main(["scan", ".", *project]) == 2
    assert f"\n{data}: none of its 8 frames can be read" in capsys.readouterr().err
    for command in ("stop", "pause", "unpause", "report"):
        assert main([command, "."]) == 2
        assert str(data) in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["uint8", "uint17", "bool"])
def test_a_range_of_greys_for_no_such_pixels_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    data = kaggle(tmp_path / "data")
    assert scanned(data, tmp_path / "p", "--grey-range", f"{kind}=0:9")[0] == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(f"--grey-range {kind}=0:9: {kind} is no type of pixels that")
    assert said.endswith("(8 bits stay as they are).")


@pytest.mark.parametrize(
    ("given", "deep", "words"),
    [
        ("uint16=0:4095", False, "is of uint16"),
        ("0:4095", False, "is of more than 8 bits"),
        ("float32=0:1,uint16=0:4095", True, "is of float32"),
        ("uint16=0:4095", True, None),
        ("0:4095", True, None),
    ],
)
def test_a_range_of_greys_that_changes_nothing_is_said(
    tmp_path: Path, given: str, deep: bool, words: str | None
) -> None:
    data = kaggle(tmp_path / "data")
    if deep:
        write(data / "5_1.tif", picture(9).astype(np.uint16))
    code, found = scanned(data, tmp_path / "p", "--grey-range", given)
    assert code == 0
    said = [text for text in found["warnings"] if "--grey-range" in text]
    if words is None:
        assert said == []
    else:
        assert said == [
            f"None of the {8 + deep} frames looked at {words}: --grey-range {given} "
            "changes nothing in them."
        ]


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


@pytest.mark.skipif(os.name == "nt", reason="such names are not allowed there")
def test_odd_names_go_through_every_table_of_the_command_line(tmp_path: Path) -> None:
    names = ("=1+1", "a\rb", " a", "a\u2028b", '"a"', "a\nb", "-a", "a,b", "'@a")
    data = tmp_path / "data"
    for n, name in enumerate(names):
        write(data / f"{name}.png", picture(n))
        write(data / f"{name}_mask.png", white(nerve(n)))
    tiny_checkpoint(network := tmp_path / "n.safetensors")
    place, out = ["--project", str(tmp_path / "p")], tmp_path / "out"
    rle_file = tmp_path / "sub.csv"
    words = ["predict", str(network), str(data), "--out", str(out), "--rle"]
    assert main([*words, str(rle_file), *place]) == 0
    assert set(rle.read_csv(rle_file)) == set(names)
    assert set(open_predictions(out).ids) == set(names)
    for predictions in (out, rle_file):
        found = tmp_path / "scores.json"
        words = ["evaluate", str(predictions), str(data), "--json", str(found)]
        assert main([*words, *place]) == 0
        assert json.loads(found.read_text())["n_frames"] == len(names)
    exported = ["export", str(data), "--out", str(tmp_path / "e"), "--format", "rle"]
    assert main([*exported, *place]) == 0
    assert set(rle.read_csv(tmp_path / "e" / "train_masks.csv")) == set(names)
    status = read_table(tmp_path / "e" / "status.csv")
    assert {row["frame"] for row in status} == set(names)
