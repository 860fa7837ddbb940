"""Run-length masks: the competition's format, there and back."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from training.data import rle
from training.errors import InputError

masks = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12))


def test_pixels_are_counted_from_one_down_the_columns() -> None:
    mask = np.zeros((3, 4), bool)
    mask[1:, 0] = mask[0, 1] = mask[2, 3] = True
    assert rle.encode(mask) == "2 3 12 1"
    assert np.array_equal(rle.decode("2 3 12 1", (3, 4)), mask)


@given(masks)
def test_decoding_undoes_encoding(mask: np.ndarray) -> None:
    decoded = rle.decode(rle.encode(mask), mask.shape)
    assert decoded.dtype == bool
    assert np.array_equal(decoded, mask)


@given(masks, st.randoms(use_true_random=False))
def test_the_order_of_runs_does_not_matter(mask: np.ndarray, random: object) -> None:
    words = rle.encode(mask).split()
    runs = [words[i : i + 2] for i in range(0, len(words), 2)]
    random.shuffle(runs)  # type: ignore[attr-defined]
    text = " ".join(word for run in runs for word in run)
    assert np.array_equal(rle.decode(text, mask.shape), mask)


@given(masks)
def test_runs_are_maximal_and_rising(mask: np.ndarray) -> None:
    numbers = list(map(int, rle.encode(mask).split()))
    ends = [a + b for a, b in zip(numbers[::2], numbers[1::2], strict=True)]
    assert all(b > a for a, b in zip(ends, numbers[2::2], strict=False))
    assert sum(numbers[1::2]) == mask.sum()


@given(st.text(max_size=20))
def test_any_text_is_a_mask_or_an_input_error(text: str) -> None:
    try:
        mask = rle.decode(text, (3, 4))
    except InputError:
        return
    assert mask.shape == (3, 4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "1 2 3",
            "Run-length text ends in the middle of a pair: "
            "write pairs of start and length.",
        ),
        (
            "1 x",
            "Run-length text holds something that is no number: "
            "write pairs of start and length.",
        ),
        (
            "1 99999999999999999999",
            "Run-length text holds something that is no number: "
            "write pairs of start and length.",
        ),
        ("1 3 2 1", "Two runs overlap: write the mask's runs again."),
        *(
            (
                text,
                "A run leaves the frame of 3 x 4 pixels: "
                "check that the mask belongs to this frame.",
            )
            for text in ("0 1", "12 2", "13 1", "1 0", "1 -1", "1 9223372036854775807")
        ),
    ],
)
def test_wrong_runs_are_named(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        rle.decode(text, (3, 4))
    assert str(caught.value) == message


@given(
    st.dictionaries(
        st.from_regex(r"[0-9]{1,3}_[0-9]{1,3}|[a-z]{1,3}[, #0-9]?x", fullmatch=True),
        masks,
        max_size=4,
    )
)
def test_a_csv_file_reads_back(
    tmp_path_factory: pytest.TempPathFactory, given_masks: dict[str, np.ndarray]
) -> None:
    path = tmp_path_factory.mktemp("rle") / "masks.csv"
    rle.write_csv(path, given_masks)
    rows = rle.read_csv(path)
    assert rows == {name: rle.encode(mask) for name, mask in given_masks.items()}


AWKWARD = (
    *("trailing ", " leading", " ", "a,b", "a;b", "a\tb", 'quote"name', '"', '"a" b'),
    *("new\nline", "carriage\rreturn", "line\u2028separator", "next\x85line", "img"),
    *("=cmd", "-dash", "#hash", "+plus", "@at", "it's", "\\n", "神経_1", "img,pixels"),
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1), masks))
@example(dict.fromkeys(AWKWARD, np.eye(2, dtype=bool)))
def test_any_name_reads_back(
    tmp_path_factory: pytest.TempPathFactory, given_masks: dict[str, np.ndarray]
) -> None:
    path = tmp_path_factory.mktemp("rle") / "masks.csv"
    rle.write_csv(path, given_masks)
    rows = rle.read_csv(path)
    assert rows == {name: rle.encode(mask) for name, mask in given_masks.items()}
    assert rle.match_rows(rows, given_masks) == rows


def test_only_what_needs_quotes_gets_them(tmp_path: Path) -> None:
    path, mask = tmp_path / "masks.csv", np.ones((2, 2), bool)
    rle.write_csv(path, {"1_1": mask, "a b": ~mask, "a,b": mask, "c ": mask})
    lines = path.read_text().splitlines()
    assert lines == ["img,pixels", "1_1,1 4", "a b,", '"a,b",1 4', '"c ","1 4"']


def test_subjects_get_a_column_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    mask = np.ones((2, 2), bool)
    rle.write_csv(path, {"1_10": mask, "1_9": ~mask})
    assert path.read_text() == "subject,img,pixels\n1,9,\n1,10,1 4\n"
    rle.write_csv(path, {"10": mask, "9": ~mask})
    assert path.read_text() == "img,pixels\n9,\n10,1 4\n"


def test_a_spreadsheets_habits_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "masks.csv"
    path.write_bytes(
        b'\xef\xbb\xbf"Subject","img","pixels"\r\n1,2,"1 3"\r\n\r\n1,3,\r\n'
    )
    assert rle.read_csv(path) == {"1_2": "1 3", "1_3": ""}


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("ImageId,EncodedPixels\n1_1,100 5\n", {"1_1": "100 5"}),
        ("subject;img;pixels\n1;1;100 5\n", {"1_1": "100 5"}),
        ("pixels\tFILENAME\n1 2\ta, b.png\n\t2\n", {"a, b.png": "1 2", "2": ""}),
        ("img,pixels\na, b,c,1 2\n", {"a, b,c": "1 2"}),
        ("rle, name\n1 2,a,b\n", {"a,b": "1 2"}),
        ('img, pixels\n1_1, 1 2 \n  \n,\n2, "3 4"\n', {"1_1": "1 2", "2": "3 4"}),
        ("patient,image,mask\nP1,P1_3,\nP1,P1/4,\n", {"P1_3": "", "P1/4": ""}),
        ("Patient_ID,id,rle_mask\n1,1,1 1\n", {"1_1": "1 1"}),
    ],
)
def test_other_tables_are_read(
    tmp_path: Path, content: str, rows: dict[str, str]
) -> None:
    path = tmp_path / "masks.csv"
    path.write_text(content)
    assert rle.read_csv(path) == rows


@pytest.mark.parametrize(
    ("content", "training"),
    [
        ("subject,img,pixels\n", True),
        ('"Subject";"img";"pixels"\n', True),
        ("img,pixels\n", False),
        ("patient,image,mask\n1,1,1_1_mask.png\n", False),
        ("filename,label\n", False),
    ],
)
def test_only_the_training_table_is_taken_unasked(
    tmp_path: Path, content: str, training: bool
) -> None:
    path = tmp_path / "masks.csv"
    path.write_text(content)
    assert rle.is_training_csv(path) is training


@pytest.mark.parametrize(
    ("names", "ids", "matched"),
    [
        (["1_1", "1_2.png", "1_3.TIF"], ["1_1", "1_2", "1_3"], ["1_1", "1_2", "1_3"]),
        (["1_1.png", "1_1"], ["1_1.png", "1_1"], ["1_1.png", "1_1"]),
        (["train/1_1.png", "C:\\x\\2.png"], ["1_1", "2"], ["1_1", "2"]),
        (["in/P1/0.png", "in/P2/0.png"], ["P1/0", "P2/0"], ["P1/0", "P2/0"]),
        (["in/P1/0.png", "in/P2/0.png"], ["P1_0", "P2_0"], ["P1_0", "P2_0"]),
        (["a/1.png", "b/1.png"], ["1"], ["a/1.png", "b/1.png"]),
        (["1", "b/1.png"], ["1"], ["1", "b/1.png"]),
        (['"1_1"', ' "1_2.png" '], ["1_1", "1_2"], ["1_1", "1_2"]),
        (["1.2.840", "v1.5 "], ["1.2.840", "v1.5"], ["1.2.840", "v1.5"]),
        (["9.png", "e\u0301.png"], ["1", "\xe9"], ["9.png", "\xe9"]),
    ],
)
def test_rows_find_their_frames(
    names: list[str], ids: list[str], matched: list[str]
) -> None:
    rows = {name: str(number) for number, name in enumerate(names)}
    found = rle.match_rows(rows, ids)
    assert found == dict(zip(matched, rows.values(), strict=True))


def test_two_rows_of_one_frame_are_named() -> None:
    with pytest.raises(InputError) as caught:
        rle.match_rows({"1_1": "", "1_1.png": ""}, ["1_1"], Path("masks.csv"))
    assert str(caught.value) == (
        "masks.csv: the line of '1_1.png' is of frame 1_1, which has another line: "
        "keep one."
    )


def test_the_csv_modules_limit_is_left_as_it_was(tmp_path: Path) -> None:
    path, before = tmp_path / "masks.csv", csv.field_size_limit()
    path.write_text("img,pixels\n1,1 1\n")
    rle.read_csv(path)
    assert csv.field_size_limit() == before


def test_a_mask_longer_than_the_csv_modules_limit(tmp_path: Path) -> None:
    path = tmp_path / "masks.csv"
    mask = np.indices((400, 200)).sum(0) % 2 == 0
    rle.write_csv(path, {"1": mask})
    text = rle.read_csv(path)["1"]
    assert len(text) > 131_072
    assert np.array_equal(rle.decode(text, mask.shape), mask)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "a,pixels\n1,2\n",
            "{path} is no file of run-length masks: its first line, 'a,pixels', has no "
            "column img (nor image, imageid, image_id, id, file, filename, name, "
            "frame).",
        ),
        (
            "img;b\n1;2\n",
            "{path} is no file of run-length masks: its first line, 'img;b', has no "
            "column pixels (nor encodedpixels, encoded_pixels, rle, rle_mask, mask).",
        ),
        *(
            (
                empty,
                "{path}, line 1, is empty: begin it with the columns' names, such as "
                "img,pixels.",
            )
            for empty in ("", "\nimg,pixels\n")
        ),
        (
            "img,label,pixels\n1,2,\n",
            "{path}, line 1, has a column 'label', which is not known: take it out.",
        ),
        (
            "id,filename,pixels\n1,2,\n",
            "{path}, line 1, has two columns for one thing, id and filename: take one "
            "of them out.",
        ),
        (
            'img,pixels\n1,\n"a" b,1 1\n2,\n',
            "{path}, line 3, cannot be read (',' expected after '\"'): put a name "
            'that holds quotes into quotes, and double its own ("a ""b""").',
        ),
        (
            'img,pixels\n"two\nlines",\n\n"open,1 1\n2,\n',
            "{path}, line 5, cannot be read (unexpected end of data): put a name that "
            'holds quotes into quotes, and double its own ("a ""b""").',
        ),
        ("subject,img,pixels\n1,1 3\n", "{path}, line 2, lacks a column: add it."),
        ("img,pixels\n7\n", "{path}, line 2, lacks a column: add it."),
        (
            "subject,img,pixels\n1,2,\n1,2,1 1\n",
            "{path}, line 3, has frame 1_2 again: keep one line.",
        ),
    ],
)
def test_a_wrong_csv_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "masks.csv"
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        rle.read_csv(path)
    assert str(caught.value) == message.format(path=path)


def test_a_csv_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "masks.csv"
    path.write_bytes(b"\xff\xfe\x00\x81")
    for wrong, why in (
        (path, "cannot be read as text"),
        (tmp_path, "cannot be read as text"),
        (tmp_path / "away.csv", "does not exist"),
    ):
        with pytest.raises(InputError) as caught:
            rle.read_csv(wrong)
        assert str(caught.value) == (
            f"{wrong} {why}: give a CSV file of run-length masks."
        )
