"""Each kind of folder that people have gives the right frames, masks and subjects."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.engine.people_folders import SHAPE, Truth, nerve, picture, white, write
from training.data import Labels, open_dataset, scan
from training.data.remarks import doubtful_frames
from training.errors import InputError
from training.report.export import export

N = (0, 1, 2)
KAGGLE = {f"1_{i}": nerve(i) for i in N}
OF_ONE = dict.fromkeys(KAGGLE, "1")
STACK = np.stack([picture(i) for i in range(5)])
MASKS = np.stack([white(nerve(i)) for i in range(5)])


def beside(suffix: str, stem: str = "1_{}") -> Callable[[Path], Truth]:
    def make(folder: Path) -> Truth:
        for i in N:
            write(folder / f"{stem.format(i)}.png", picture(i))
            write(folder / f"{stem.format(i)}{suffix}.png", white(nerve(i)))
        masks = {stem.format(i): nerve(i) for i in N}
        return Truth(masks, OF_ONE if stem == "1_{}" else {})

    return make


def in_folders(images: str, masks: str, named: str = "{}") -> Callable[[Path], Truth]:
    def make(folder: Path) -> Truth:
        for i in N:
            write(folder / images / f"1_{i}.png", picture(i))
            write(folder / masks / f"{named.format(f'1_{i}')}.png", white(nerve(i)))
        return Truth(KAGGLE, OF_ONE)

    return make


def several_masks(folder: Path) -> Truth:
    for i in N:
        write(folder / f"benign ({i}).png", picture(i))
        write(folder / f"benign ({i})_mask.png", white(nerve(i)))
    other = np.roll(nerve(2), 25, 1)
    write(folder / "benign (2)_mask_1.png", white(other))
    masks = {f"benign ({i})": nerve(i) for i in N}
    masks |= {"benign (2)": nerve(2) | other}
    return Truth(masks, problems=frozenset({"joined"}))


def numbered_prefix(folder: Path) -> Truth:
    for i in N:
        write(folder / f"frame_{i:04}.png", picture(i))
        write(folder / f"mask_{i:04}.png", white(nerve(i)))
    return Truth({f"frame_{i:04}": nerve(i) for i in N})


def per_patient(folder: Path) -> Truth:
    masks, subjects = {}, {}
    for patient, seed in (("P01", 0), ("P02", 10)):
        for i in N:
            write(folder / "images" / patient / f"{i}.png", picture(i + seed))
            write(folder / "masks" / patient / f"{i}.png", white(nerve(i)))
            masks[f"{patient}_{i}"] = nerve(i)
            subjects[f"{patient}_{i}"] = patient
    return Truth(masks, subjects)


def per_patient_stray(folder: Path) -> Truth:
    truth = per_patient(folder)
    write(folder / "images" / "overview.png", picture(9))
    return Truth(
        {**truth.masks, "overview": None},
        truth.subjects,
        frozenset({"frame-without-mask", "no-subject"}),
    )


def flat_per_patient(folder: Path) -> Truth:
    masks, subjects = {}, {}
    for patient, seed in (("P01", 0), ("P02", 10)):
        for i in N:
            write(folder / patient / f"{i}.png", picture(i + seed))
            write(folder / patient / f"{i}_mask.png", white(nerve(i)))
            masks[f"{patient}_{i}"] = nerve(i)
            subjects[f"{patient}_{i}"] = patient
    write(folder / "logo.png", picture(8))
    kinds = frozenset({"frame-without-mask", "no-subject"})
    return Truth({**masks, "logo": None}, subjects, kinds)


def patient_then_role(folder: Path) -> Truth:
    masks, subjects = {}, {}
    for patient, seed in (("A", 0), ("B", 10)):
        for i in N:
            write(folder / patient / "images" / f"{i}.png", picture(i + seed))
            write(folder / patient / "labels" / f"{i}_label.png", white(nerve(i)))
            masks[f"{patient}_{i}"] = nerve(i)
            subjects[f"{patient}_{i}"] = patient
    return Truth(masks, subjects)


def nnunet(folder: Path) -> Truth:
    for i in N:
        write(folder / "imagesTr" / f"nerve_{i:03}_0000.png", picture(i))
        write(folder / "labelsTr" / f"nerve_{i:03}.png", white(nerve(i), 1))
    (folder / "dataset.json").write_text("{}")
    return Truth({f"nerve_{i:03}_0000": nerve(i) for i in N})


def train_and_val(folder: Path) -> Truth:
    for part, i in (("train", 0), ("train", 1), ("val", 2)):
        write(folder / "images" / part / f"{i}.png", picture(i))
        write(folder / "masks" / part / f"{i}.png", white(nerve(i)))
    return Truth({str(i): nerve(i) for i in N})


def same_name_other_format(folder: Path) -> Truth:
    for i in N:
        write(folder / f"{i}.jpg", picture(i), quality=95)
        write(folder / f"{i}.png", white(nerve(i)))
    return Truth({str(i): nerve(i) for i in N})


def subject_text(folder: Path) -> Truth:
    masks, subjects = {}, {}
    for patient, seed in (("patient01", 0), ("patient02", 10)):
        for i in N:
            name = f"{patient}_frame{i:03}"
            write(folder / f"{name}.png", picture(i + seed))
            write(folder / f"{name}_mask.png", white(nerve(i)))
            masks[name], subjects[name] = nerve(i), patient
    return Truth(masks, subjects)


def kaggle_stack(folder: Path) -> Truth:
    write(folder / "1_1.tif", STACK)
    write(folder / "1_1_mask.tif", MASKS)
    ids = {f"1_1#{i}": nerve(i) for i in range(5)}
    pages = {f"1_1#{i}": STACK[i] for i in range(5)}
    return Truth(ids, dict.fromkeys(ids, "1"), frames=pages)


def page_files(number: str, first: int = 0) -> Callable[[Path], Truth]:
    def make(folder: Path) -> Truth:
        write(folder / "sweep.tif", STACK)
        for i in range(5):
            name = f"sweep{number.format(i + first)}_mask.png"
            write(folder / name, white(nerve(i)))
        kinds = frozenset({"pages-from-one"} if first else ())
        return Truth({f"sweep#{i}": nerve(i) for i in range(5)}, problems=kinds)

    return make


def one_directory(**how: object) -> Callable[[Path], Truth]:
    def make(folder: Path) -> Truth:
        write(folder / "sweep.tif", STACK, **how)
        return Truth(
            dict.fromkeys(f"sweep#{i}" for i in range(5)),
            frames={f"sweep#{i}": STACK[i] for i in range(5)},
        )

    return make


def ome(folder: Path) -> Truth:
    write(folder / "sweep.ome.tif", STACK, ome=True, metadata={"axes": "TYX"})
    write(folder / "sweep.ome_mask.tif", MASKS)
    return Truth({f"sweep.ome#{i}": nerve(i) for i in range(5)})


def deep(convert: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], Truth]:
    def make(folder: Path) -> Truth:
        for i in N:
            write(folder / f"1_{i}.tif", convert(picture(i)))
            write(folder / f"1_{i}_mask.tif", white(nerve(i)))
        return Truth(KAGGLE, OF_ONE, frames={f"1_{i}": picture(i) for i in N})

    return make


def not_a_number(folder: Path) -> Truth:
    values = (picture(0) / 255).astype(np.float32)
    values[3, :4] = np.nan
    write(folder / "1_0.tif", values)
    write(folder / "1_0_mask.tif", white(nerve(0)))
    black = picture(0)
    black[3, :4] = 0
    return Truth(
        {"1_0": nerve(0)}, {"1_0": "1"}, frozenset({"nan"}), frames={"1_0": black}
    )


def turned(folder: Path) -> Truth:
    exif = Image.Exif()
    exif[0x0112] = 3
    upright = picture(0)
    write(folder / "1_0.png", upright[::-1, ::-1].copy(), exif=exif)
    write(folder / "1_0_mask.png", white(nerve(0)))
    return Truth(
        {"1_0": nerve(0)},
        {"1_0": "1"},
        frozenset({"orientation"}),
        frames={"1_0": upright},
    )


def jpeg_masks(folder: Path) -> Truth:
    for i in N:
        write(folder / "images" / f"1_{i}.jpg", picture(i), quality=95)
        write(folder / "masks" / f"1_{i}.jpg", white(nerve(i)), quality=75)
    return Truth(KAGGLE, OF_ONE, frozenset({"thresholded"}))


def mixed_levels(folder: Path) -> Truth:
    for i in N:
        write(folder / f"1_{i}.png", picture(i))
        write(folder / f"1_{i}_mask.png", white(nerve(i), 1 if i else 255))
    return Truth(KAGGLE, OF_ONE)


def inverted(folder: Path) -> Truth:
    for i in N:
        write(folder / f"1_{i}.png", picture(i))
        write(folder / f"1_{i}_mask.png", white(~nerve(i)))
    masks = {name: ~mask for name, mask in KAGGLE.items()}
    return Truth(masks, OF_ONE, frozenset({"polarity"}))


def composed_letters(folder: Path) -> Truth:
    write(folder / "N\u00e9rve.png", picture(0))
    write(folder / "Ne\u0301rve_mask.png", white(nerve(0)))
    return Truth({"N\u00e9rve": nerve(0)})


def odd_names(folder: Path) -> Truth:
    names = ["trailing ", 'quote"', "a,b", "new\nline", "A_1", "a_1", "1.2.840"]
    for i, name in enumerate(names):
        write(folder / f"{name}.png", picture(i))
        write(folder / f"{name}_mask.png", white(nerve(i)))
    return Truth({name: nerve(i) for i, name in enumerate(names)})


def links(folder: Path) -> Truth:
    write(folder / "1_0.png", picture(0))
    write(folder / "1_0_mask.png", white(nerve(0)))
    (folder / "loop.png").symlink_to(folder / "loop.png")
    (folder / "again").symlink_to(folder, target_is_directory=True)
    kinds = frozenset(
        {"unreadable", "frame-without-mask", "no-subject", "other-format"}
    )
    return Truth({"1_0": nerve(0), "loop": None}, {"1_0": "1"}, kinds)


def patients_called_frame(folder: Path) -> Truth:
    masks, subjects = {}, {}
    for patient, seed in (("frame1", 0), ("frame2", 10)):
        for i in N:
            write(folder / "images" / patient / f"{i}.png", picture(i + seed))
            write(folder / "masks" / patient / f"{i}.png", white(nerve(i)))
            masks[f"{patient}_{i}"] = nerve(i)
            subjects[f"{patient}_{i}"] = patient
    return Truth(masks, subjects)


def numbered_folders(folder: Path) -> Truth:
    masks, subjects = {}, {}
    for number, seed in (("1", 0), ("2", 10)):
        for i in N:
            write(folder / f"frames{number}" / f"{i}.png", picture(i + seed))
            write(folder / f"masks{number}" / f"{i}.png", white(nerve(i)))
            masks[f"{number}_{i}"] = nerve(i)
            subjects[f"{number}_{i}"] = number
    return Truth(masks, subjects)


FOLDERS: dict[str, Callable[[Path], Truth]] = {
    "busi": several_masks,
    "hc18": beside("_Annotation", "00{}_HC"),
    "seg": beside("_seg"),
    "upper": beside("_MASK"),
    "spaced": beside(" mask"),
    "numbered-prefix": numbered_prefix,
    "ground-truth": in_folders(
        "Training_Input", "Training_GroundTruth", "{}_segmentation"
    ),
    "prefix": lambda folder: (
        beside("", "1_{}")(folder / "images")
        and in_folders("images", "masks", "mask_{}")(folder)
    ),
    "in-images": lambda folder: beside("_mask")(folder / "images"),
    "labels": in_folders("images", "labels"),
    "capitals": in_folders("Images", "Masks"),
    "mask": in_folders("image", "mask"),
    "annotations": in_folders("frames", "Annotations", "{}_mask"),
    "beside-a-folder": in_folders(".", "GroundTruth"),
    "one-other-folder": in_folders("Sonosite", "masks"),
    "nnunet": nnunet,
    "per-patient": per_patient,
    "per-patient-stray": per_patient_stray,
    "flat-per-patient": flat_per_patient,
    "patient-then-role": patient_then_role,
    "patients-called-frame": patients_called_frame,
    "numbered-folders": numbered_folders,
    "train-and-val": train_and_val,
    "same-name": same_name_other_format,
    "subject-text": subject_text,
    "kaggle-stack": kaggle_stack,
    "pages": page_files("_{}"),
    "pages-padded": page_files("-{:03}"),
    "pages-from-one": page_files("_{}", 1),
    "own-export": page_files("#{}"),
    "imagej": one_directory(imagej=True, photometric=None, metadata={"axes": "TYX"}),
    "imagej-4gb": one_directory(
        imagej=True, photometric=None, truncate=True, metadata={"axes": "TYX"}
    ),
    "truncated": one_directory(truncate=True, metadata={"axes": "ZYX"}),
    "ome": ome,
    "u16": deep(lambda a: a.astype(np.uint16) * 257),
    "12-bit": deep(lambda a: a.astype(np.uint16) * 16),
    "float": deep(lambda a: (a / 255).astype(np.float32)),
    "double": deep(lambda a: a.astype(np.float64)),
    "signed": deep(lambda a: a.astype(np.int16) - 128),
    "nan": not_a_number,
    "turned": turned,
    "jpeg-masks": jpeg_masks,
    "mixed-levels": mixed_levels,
    "inverted": inverted,
    "composed": composed_letters,
    "odd-names": odd_names,
    "links": links,
}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_gives_what_is_in_it(tmp_path: Path, name: str) -> None:
    truth = FOLDERS[name](tmp_path)
    dataset = open_dataset(tmp_path)
    found = scan(dataset)
    assert {problem.kind for problem in found.problems} == truth.problems
    assert set(dataset.ids) == set(truth.masks)
    for frame, mask in truth.masks.items():
        got = dataset.mask(frame)
        assert (got is None) == (mask is None), frame
        assert got is None or np.array_equal(got, mask), frame
        assert dataset.entry(frame).subject == truth.subjects.get(frame)
    for frame, pixels in truth.frames.items():
        assert np.array_equal(dataset.frame(frame), pixels), frame


def test_what_is_not_read_is_named_by_its_kind(tmp_path: Path) -> None:
    beside("_mask")(tmp_path)
    kinds = {
        "a.dcm": "DICOM",
        "b.mp4": "a video",
        "c.nii.gz": "a volume",
        "d.bmp": "a picture of another format",
        "e.npz": "an array file",
        "RoiSet.zip": "an archive",
        "1_0.json": "an annotation file",
        "f.czi": "a microscope's file",
        "IM_0001": "a file without a suffix",
        "g.part": "half-written",
        "h.xyz": "a file of the kind .xyz",
    }
    for name in kinds:
        (tmp_path / name).write_bytes(b"xx")
    (tmp_path / "IM_0002").write_bytes(b"\0" * 128 + b"DICM")
    (tmp_path / "README.txt").write_bytes(b"xx")
    (tmp_path / "LICENSE").write_bytes(b"xx")
    found = scan(open_dataset(tmp_path))
    named = {one.path: one.text for one in found.problems}
    assert set(named) == {*kinds, "IM_0002"}
    for name, kind in kinds.items():
        assert named[name].startswith(f"{name} is {kind} and is not read: ")
    assert named["IM_0002"].startswith("IM_0002 is DICOM and is not read: ")
    listed = found.to_json()["understood"]["not_read"]
    assert {name for one in listed for name in one["files"]} == {
        *named,
        "README.txt",
        "LICENSE",
    }


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be on Windows")
def test_a_name_that_is_not_utf8_is_named_and_the_rest_read(tmp_path: Path) -> None:
    beside("_mask")(tmp_path)
    bad = os.fsencode(tmp_path) + b"/R\xfccken.png"
    os.rename(write(tmp_path / "x.png", picture(5)), bad)  # noqa: PTH104
    dataset = open_dataset(tmp_path)
    assert set(dataset.ids) == set(KAGGLE)
    assert [one.text for one in dataset.problems] == [
        r"R\xfccken.png is a file whose name is not UTF-8 and is not read: rename it."
    ]


def test_many_unread_files_are_counted_after_the_first(tmp_path: Path) -> None:
    beside("_mask")(tmp_path)
    for k in range(130):
        (tmp_path / f"{k:03}.dcm").write_bytes(b"x")
    texts = [one.text for one in open_dataset(tmp_path).problems]
    assert len(texts) == 101
    assert texts[-1] == "30 more files of the kind 'DICOM' are not read."


def test_masks_of_two_kinds_for_one_frame_are_a_choice(tmp_path: Path) -> None:
    beside("_mask")(tmp_path)
    write(tmp_path / "1_0_seg.png", white(nerve(7)))
    with pytest.raises(InputError) as caught:
        open_dataset(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} has masks of two kinds for one frame, 1_0_mask.png (*_mask) and "
        "1_0_seg.png (*_seg): choose one by --mask-names '*_mask'."
    )
    chosen = open_dataset(tmp_path, mask_names="*_seg")
    assert np.array_equal(chosen.mask("1_0"), nerve(7))


def test_how_masks_are_named_can_be_said(tmp_path: Path) -> None:
    for i in N:
        write(tmp_path / "pics" / f"1_{i}.png", picture(i))
        write(tmp_path / "drawn" / f"1_{i}-outline.png", white(nerve(i)))
    dataset = open_dataset(tmp_path, mask_names="drawn/*-outline")
    assert set(dataset.ids) == set(KAGGLE)
    for name, mask in KAGGLE.items():
        assert np.array_equal(dataset.mask(name), mask)
    assert dataset.understood.masks == {"drawn/*-outline": 3}
    assert dataset.understood.masks_chosen
    with pytest.raises(InputError, match=r"--mask-names drawn: write \* for the"):
        open_dataset(tmp_path, mask_names="drawn")


def test_without_masks_every_picture_is_a_frame(tmp_path: Path) -> None:
    beside("_mask")(tmp_path)
    dataset = open_dataset(tmp_path, mask_names="none")
    assert len(dataset) == 6
    assert not any(dataset.has_mask(name) for name in dataset.ids)


def test_the_folder_of_frames_alone_says_where_its_masks_lie(tmp_path: Path) -> None:
    in_folders("images", "masks")(tmp_path)
    (problem,) = open_dataset(tmp_path / "images").problems
    assert problem.text == (
        f"{tmp_path / 'masks'} lies beside this folder and may hold its masks, which "
        f"are not read: give {tmp_path}."
    )


@pytest.mark.parametrize(
    ("rule", "subject"),
    [
        ("{subject}_*", "a"),
        (r"[a-z]_(\d)_.*", "1"),
        ("folder", None),
        ("none", None),
    ],
)
def test_subjects_are_told_by_a_rule(
    tmp_path: Path, rule: str, subject: str | None
) -> None:
    for name in ("a_1_x", "b_2_x"):
        write(tmp_path / f"{name}.png", picture(0))
    if rule == "folder":
        with pytest.raises(InputError, match="gives no frame of"):
            open_dataset(tmp_path, subject_by=rule)
        return
    assert open_dataset(tmp_path, subject_by=rule).entry("a_1_x").subject == subject


@pytest.mark.parametrize("head", ["file,subject", "Filename;Patient", "img\tsubject"])
def test_subjects_are_told_by_a_table(tmp_path: Path, head: str) -> None:
    data = tmp_path / "data"
    for name in ("x", "y", "z"):
        write(data / f"{name}.png", picture(0))
    mark = next(one for one in ",;\t" if one in head)
    table = tmp_path / "who.csv"
    table.write_text(f"{head}\nx.png{mark}ann\ny{mark}bob\n")
    dataset = open_dataset(data, subject_by=str(table))
    assert [dataset.entry(name).subject for name in "xyz"] == ["ann", "bob", None]
    assert [one.kind for one in dataset.problems] == ["no-subject"]
    table.write_text("a,b\nx,y\n")
    with pytest.raises(InputError) as caught:
        open_dataset(data, subject_by=str(table))
    assert str(caught.value) == (
        f"--subject-by {table}: its first line is 'a,b' and must name the columns "
        "file and subject."
    )


def test_a_label_that_no_mask_has_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "1_0.png", picture(0))
    write(tmp_path / "1_0_mask.png", white(nerve(0), 1) + white(nerve(5), 2))
    with pytest.raises(InputError) as caught:
        open_dataset(tmp_path, nerve_label=7)
    assert str(caught.value) == (
        f"{tmp_path} has no mask with the label 7, its labels are 0, 1, 2, 3: pass "
        "--nerve-label with the one that is the nerve."
    )


def test_a_mask_of_other_labels_only_is_named(tmp_path: Path) -> None:
    for i, on in ((0, 1), (1, 2)):
        write(tmp_path / f"1_{i}.png", picture(i))
        write(tmp_path / f"1_{i}_mask.png", white(nerve(i), on))
    dataset = open_dataset(tmp_path, nerve_label=1)
    (problem,) = scan(dataset).problems
    assert (problem.kind, problem.frame) == ("other-labels", "1_1")
    assert problem.text == (
        "1_1_mask.png holds only other labels than 1 (2): no nerve."
    )


def test_a_label_never_cuts_a_noisy_mask_to_one_level(tmp_path: Path) -> None:
    write(tmp_path / "1_0.jpg", picture(0))
    write(tmp_path / "1_0_mask.jpg", white(nerve(0)), quality=60)
    for label in (1, 255):
        dataset = open_dataset(tmp_path, nerve_label=label)
        assert np.array_equal(dataset.mask("1_0"), nerve(0))
    (problem,) = scan(open_dataset(tmp_path, nerve_label=2)).problems
    assert problem.kind == "labels"
    assert "of which 2 cannot be told apart" in problem.text


def test_a_mask_with_an_ignored_border_is_not_cut(tmp_path: Path) -> None:
    mask = white(nerve(0), 1)
    mask[:2] = 255
    write(tmp_path / "1_0.png", picture(0))
    write(tmp_path / "1_0_mask.png", mask)
    (problem,) = scan(open_dataset(tmp_path)).problems
    assert problem.kind == "grey-levels"


def test_inverted_masks_are_turned_on_demand(tmp_path: Path) -> None:
    inverted(tmp_path)
    found = scan(open_dataset(tmp_path))
    n = int((~nerve(0)).sum())
    assert f"{n:,} of {SHAPE[0] * SHAPE[1]:,} px are nerve" in found.problems[0].text
    dataset = open_dataset(tmp_path, invert_masks=True)
    assert not scan(dataset).problems
    assert np.array_equal(dataset.mask("1_0"), nerve(0))


def test_one_range_of_greys_holds_for_a_whole_folder(tmp_path: Path) -> None:
    dark = picture(0) // 8
    tifffile.imwrite(tmp_path / "1_0.tif", dark.astype(np.uint16) * 257)
    tifffile.imwrite(tmp_path / "1_1.tif", picture(1).astype(np.uint16) * 257)
    dataset = open_dataset(tmp_path)
    assert np.array_equal(dataset.frame("1_0"), dark)
    assert dataset.reading.grey_range == "uint16=0:65535"
    narrow = open_dataset(tmp_path, grey_range="0:4095")
    (problem,) = [one for one in scan(narrow).problems if one.kind == "grey-range"]
    assert "outside of 0:4095" in problem.text
    assert doubtful_frames(dataset) == []
    (before_training,) = doubtful_frames(narrow)
    assert problem.text.endswith(before_training)
    with pytest.raises(InputError, match="--grey-range 9:1: write the values"):
        open_dataset(tmp_path, grey_range="9:1")


def test_a_page_of_another_size_is_named(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page in (picture(0), picture(1), picture(0)[::4, ::4]):
            file.write(page, contiguous=False)
    (problem,) = scan(open_dataset(tmp_path)).problems
    assert problem.text == (
        "a.tif, page 2, is 12 x 16 pixels (height x width) where the first is 48 x 64: "
        "take it out if it is no frame."
    )


def test_a_mask_of_several_pages_is_not_one_frames(tmp_path: Path) -> None:
    write(tmp_path / "1_1.tif", picture(0))
    write(tmp_path / "1_1_mask.tif", MASKS)
    (problem,) = scan(open_dataset(tmp_path)).problems
    assert problem.kind == "several-pages"


def test_exported_masks_of_several_folders_do_not_replace_each_other(
    tmp_path: Path,
) -> None:
    truth = per_patient(tmp_path / "data")
    dataset = open_dataset(tmp_path / "data")
    result = export(dataset, Labels(dataset), tmp_path / "out", "png")
    assert result["n_masks"] == 6
    assert {one.stem for one in (tmp_path / "out").glob("*.png")} == set(truth.masks)


@pytest.mark.parametrize("format", ["tif", "png"])
def test_an_exported_stack_comes_back_beside_it(tmp_path: Path, format: str) -> None:
    kaggle_stack(tmp_path / "data")
    dataset = open_dataset(tmp_path / "data")
    export(dataset, Labels(dataset), tmp_path / "out", format)
    (tmp_path / "data" / "1_1_mask.tif").unlink()
    for mask in (tmp_path / "out").glob(f"*.{format}"):
        mask.rename(tmp_path / "data" / mask.name)
    back = open_dataset(tmp_path / "data")
    assert back.ids == dataset.ids
    for page, name in enumerate(back.ids):
        assert np.array_equal(back.mask(name), nerve(page))


@pytest.mark.parametrize("name", ["download", "label_studio", "frame_data"])
def test_a_folder_around_a_data_set_is_not_part_of_names(
    tmp_path: Path, name: str
) -> None:
    in_folders(f"{name}/images", f"{name}/masks")(tmp_path)
    with pytest.raises(InputError) as caught:
        open_dataset(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} has no image in it, but its folder {name} has: "
        f"give {tmp_path / name}."
    )
    assert open_dataset(tmp_path / name).ids == tuple(KAGGLE)


def kinds(folder: Path) -> set[str]:
    return {one.kind for one in scan(open_dataset(folder)).problems}


def test_a_mask_goes_to_no_other_patients_frame(tmp_path: Path) -> None:
    for i, frame, mask in ((1, "P1", "P1"), (2, "P2", "P3")):
        write(tmp_path / "images" / frame / f"{i}.png", picture(i))
        write(tmp_path / "masks" / mask / f"{i}.png", white(nerve(i)))
    dataset = open_dataset(tmp_path)
    assert dataset.has_mask("P1_1")
    assert not dataset.has_mask("P2_2")
    assert kinds(tmp_path) == {"mask-without-frame", "frame-without-mask"}


def test_a_mask_of_another_folder_is_paired_with_a_word(tmp_path: Path) -> None:
    write(tmp_path / "images" / "1.png", picture(1))
    write(tmp_path / "masks" / "second" / "1.png", white(nerve(1)))
    (problem,) = open_dataset(tmp_path).problems
    assert problem.kind == "mask-elsewhere"
    assert "masks/second/1.png lies in another folder than the frame" in problem.text


@pytest.mark.parametrize("name", ["sweep_mask_{}", "masks/sweep_mask_{:03}"])
def test_numbered_masks_of_a_stack_are_its_pages(tmp_path: Path, name: str) -> None:
    images = tmp_path / "images" if "/" in name else tmp_path
    write(images / "sweep.tif", STACK)
    for page in range(5):
        write(tmp_path / f"{name.format(page)}.png", white(nerve(page)))
    dataset = open_dataset(tmp_path)
    for page in range(5):
        assert np.array_equal(dataset.mask(f"sweep#{page}"), nerve(page))
    assert not dataset.problems


def test_two_stacks_of_masks_are_joined_page_by_page(tmp_path: Path) -> None:
    write(tmp_path / "s.tif", STACK)
    write(tmp_path / "s_mask.tif", MASKS)
    other = np.roll(MASKS, 30, 2)
    write(tmp_path / "s_mask_1.tif", other)
    dataset = open_dataset(tmp_path)
    for page in range(5):
        both = nerve(page) | (other[page] > 0)
        assert np.array_equal(dataset.mask(f"s#{page}"), both)


def test_a_number_behind_the_word_is_first_that_of_a_frame(tmp_path: Path) -> None:
    for name, i in (("nerve", 0), ("nerve_1", 1), ("us", 2), ("us (1)", 3)):
        write(tmp_path / f"{name}.png", picture(i))
    for name, i in (
        ("nerve_mask", 0),
        ("nerve_mask_1", 1),
        ("us_mask", 2),
        ("us_mask (1)", 3),
    ):
        write(tmp_path / f"{name}.png", white(nerve(i)))
    dataset = open_dataset(tmp_path)
    for name, i in (("nerve", 0), ("nerve_1", 1), ("us", 2), ("us (1)", 3)):
        assert np.array_equal(dataset.mask(name), nerve(i))


def test_a_number_in_a_folder_of_masks_is_no_part(tmp_path: Path) -> None:
    for name in ("1", "2"):
        write(tmp_path / "images" / f"{name}.png", picture(1))
    for name in ("1", "2", "1_2"):
        write(tmp_path / "masks" / f"{name}.png", white(nerve(3)))
    dataset = open_dataset(tmp_path)
    assert np.array_equal(dataset.mask("1"), nerve(3))
    assert [one.path for one in dataset.problems] == ["masks/1_2.png"]


def test_masks_that_cover_one_another_are_named(tmp_path: Path) -> None:
    write(tmp_path / "x.png", picture(0))
    write(tmp_path / "x_mask.png", white(nerve(0)))
    write(tmp_path / "x_mask_1.png", white(np.roll(nerve(0), 1, 0)))
    assert kinds(tmp_path) == {"overlap", "joined"}


@pytest.mark.parametrize(
    ("frame", "mask"),
    [("image.png", "mask.png"), ("US.png", "label.png"), ("original.jpg", "GT.png")],
)
def test_a_folder_a_frame(tmp_path: Path, frame: str, mask: str) -> None:
    for i in N:
        write(tmp_path / f"img_{i:03}" / frame, picture(i))
        write(tmp_path / f"img_{i:03}" / mask, white(nerve(i)))
    dataset = open_dataset(tmp_path)
    assert len(dataset) == 3
    for i, name in enumerate(dataset.ids):
        assert np.array_equal(dataset.mask(name), nerve(i))
    assert dataset.subjects == (None,)
    assert not kinds(tmp_path)


@pytest.mark.parametrize(
    "suffix", ["_mask_final", "_seg_expert1", "_Mask_Nerve", "_roi"]
)
def test_words_behind_the_word_of_a_mask(tmp_path: Path, suffix: str) -> None:
    beside(suffix)(tmp_path)
    dataset = open_dataset(tmp_path)
    assert set(dataset.ids) == set(KAGGLE)
    for name, mask in KAGGLE.items():
        assert np.array_equal(dataset.mask(name), mask)


def test_a_frame_that_looks_like_a_mask_is_named(tmp_path: Path) -> None:
    for i in N:
        write(tmp_path / f"US{i}.png", picture(i))
        write(tmp_path / f"Zeichnung{i}.png", white(nerve(i)))
    (problem,) = scan(open_dataset(tmp_path)).problems
    assert problem.kind == "mask-like"
    assert problem.text == (
        "3 frames look like masks; the first: Zeichnung0.png looks like a mask and is "
        "read as a frame: say how masks are named by --mask-names."
    )


def test_one_hot_pixel_does_not_blacken_a_folder_in_silence(tmp_path: Path) -> None:
    for i in N:
        frame = picture(i).astype(np.uint16)
        frame[0, 0] = 65535 if i == 1 else 0
        write(tmp_path / f"1_{i}.tif", frame)
    found = [one.text for one in scan(open_dataset(tmp_path)).problems]
    assert any("is nearly black" in text for text in found)


def test_a_link_beside_its_folder_is_named_and_not_read_twice(tmp_path: Path) -> None:
    for i in N:
        write(tmp_path / "real" / f"{i}.png", picture(i))
        write(tmp_path / "other" / f"{i}.png", picture(i + 3))
    (tmp_path / "current").symlink_to(tmp_path / "real", target_is_directory=True)
    dataset = open_dataset(tmp_path)
    assert [one.text for one in dataset.problems] == [
        "current is a second way to a folder that is read already and is not read: "
        "take the link away.",
        f"{tmp_path} has folders that may be subjects (other, real): pass --subject-by "
        "folder if they are, or none if not.",
    ]


def test_what_a_program_predicted_is_no_ground_truth(tmp_path: Path) -> None:
    in_folders("images", "predicted_masks")(tmp_path)
    dataset = open_dataset(tmp_path)
    assert not any(dataset.has_mask(name) for name in dataset.ids)
    (problem,) = dataset.problems
    assert "is what a program wrote, by its name or folder" in problem.text
    chosen = open_dataset(tmp_path, mask_names="predicted_masks/*")
    assert np.array_equal(chosen.mask("1_0"), nerve(0))


def test_a_day_is_no_subject(tmp_path: Path) -> None:
    for i in N:
        write(tmp_path / f"20210304_{1010 + i}.png", picture(i))
    assert open_dataset(tmp_path).subjects == (None,)


def test_a_patient_above_a_folder_a_frame_is_the_subject(tmp_path: Path) -> None:
    for patient in ("P1", "P2"):
        for i in N:
            write(tmp_path / patient / f"{i:03}" / "image.png", picture(i))
            write(tmp_path / patient / f"{i:03}" / "mask.png", white(nerve(i)))
    dataset = open_dataset(tmp_path)
    assert dataset.subjects == ("P1", "P2")
    assert all(dataset.has_mask(name) for name in dataset.ids)


def test_a_numbered_mask_alone_is_named(tmp_path: Path) -> None:
    write(tmp_path / "nerve.png", picture(0))
    write(tmp_path / "nerve_mask_1.png", white(nerve(0)))
    assert kinds(tmp_path) == {"mask-elsewhere"}


def test_parts_of_a_set_are_no_subjects(tmp_path: Path) -> None:
    for part, i in (("training_set", 0), ("training_set", 1), ("test_set", 2)):
        write(tmp_path / "images" / part / f"{i}.png", picture(i))
    assert open_dataset(tmp_path).subjects == (None,)


def test_a_rule_that_fits_nothing_is_refused(tmp_path: Path) -> None:
    beside("_mask")(tmp_path)
    with pytest.raises(InputError) as caught:
        open_dataset(tmp_path, mask_names="*_outline")
    assert str(caught.value).startswith(
        "--mask-names *_outline fits no mask of a frame"
    )


def test_masks_of_another_rule_are_never_frames(tmp_path: Path) -> None:
    beside("_nerve_mask")(tmp_path)
    write(tmp_path / "1_0_mask.png", white(nerve(5)))
    dataset = open_dataset(tmp_path, mask_names="*_nerve_mask")
    assert set(dataset.ids) == set(KAGGLE)
    assert np.array_equal(dataset.mask("1_0"), nerve(0))
    assert [one.kind for one in dataset.problems] == ["left-out"]


def test_a_folder_called_images_among_many_frames_hides_none(tmp_path: Path) -> None:
    beside("_mask")(tmp_path)
    write(tmp_path / "docs" / "images" / "logo.png", picture(5))
    dataset = open_dataset(tmp_path)
    assert set(dataset.ids) == {*KAGGLE, "docs_logo"}
    assert np.array_equal(dataset.mask("1_0"), nerve(0))


def test_a_second_structure_in_grey_is_no_edge(tmp_path: Path) -> None:
    mask = white(nerve(0))
    mask[34:46, 40:50] = 128
    write(tmp_path / "1_0.jpg", picture(0))
    write(tmp_path / "1_0_mask.jpg", mask, quality=80)
    assert kinds(tmp_path) == {"grey-levels"}


def test_label_1_alone_is_named_beside_masks_of_several_labels(tmp_path: Path) -> None:
    for i in N:
        write(tmp_path / f"1_{i}.png", picture(i))
        mask = white(nerve(i), 1)
        mask[40:, 50:] = 2 if i == 2 else 0
        write(tmp_path / f"1_{i}_mask.png", mask)
    assert kinds(tmp_path) == {"grey-levels", "one-label"}


def test_a_table_beside_the_data_is_listed(tmp_path: Path) -> None:
    beside("_mask")(tmp_path)
    (tmp_path / "sizes.csv").write_text("a,b\n")
    listed = scan(open_dataset(tmp_path)).to_json()["understood"]["not_read"]
    assert listed == [{"kind": "a table", "remedy": None, "files": ["sizes.csv"]}]
