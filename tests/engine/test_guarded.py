"""The doors through which files come in: what they take, refuse, and never wait for."""

from __future__ import annotations

import io
import os
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.command_line import run
from tests.engine.predicting import write_folder
from training.errors import InputError
from training.guarded import (
    MOST_BYTES,
    fits,
    last_lines,
    load_json,
    open_regular,
    parse_json,
    read_arrays,
    read_text,
    stored_json,
)
from training.networks.cost import MOST_BYTES as MOST_COST
from training.networks.cost import frame_bytes, too_much

ODD = {
    "empty": (b"", "no JSON"),
    "cut": (b'{"a": 1', "no JSON"),
    "no number": (b'{"a": NaN}', "NaN is no number"),
    "endless": (b'{"a": -Infinity}', "-Infinity is no number"),
    "too large": (b'{"a": 1e999}', "1e999 is no number"),
    "too many digits": (b'{"a": 1%s}' % (b"0" * 400), "401 digits"),
    "too deep to parse": (b"[" * 10**5 + b"]" * 10**5, "too deep"),
    "too deep": (b"[" * 40 + b"]" * 40, "too deep"),
    "twice": (b'{"a": 1, "a": 2}', "says something twice"),
    "half a character": (rb'{"a": "\ud800"}', "a character that is none"),
    "half a character in a name": (rb'{"\udfff": 1}', "a character that is none"),
    "NUL": (rb'{"a": "x\u0000"}', "a character that is none"),
    "latin-1": ('{"a": "é"}'.encode("latin-1"), "not UTF-8"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
    "too many values": (b"[" + b"[]," * 10**6 + b"0]", "too long"),
}


@pytest.mark.parametrize("name", ODD)
def test_json_that_nobody_of_us_writes_is_refused(tmp_path: Path, name: str) -> None:
    path, (data, why) = tmp_path / "a.json", ODD[name]
    path.write_bytes(data)
    with pytest.raises(ValueError, match=why):
        load_json(path)
    with pytest.raises(InputError) as caught:
        stored_json(path, "put it back")
    assert str(caught.value).startswith(f"{path} cannot be used (")
    assert str(caught.value).endswith("): put it back.")
    assert len(str(caught.value).splitlines()) == 1


def test_what_we_write_comes_back() -> None:
    text = '\ufeff{"a": [1, -2.5e3, true, null, "é😀", "\\udcfc", "\\ud83d\\ude00"]}'
    found = parse_json(text.encode())["a"]
    assert found == [1, -2500.0, True, None, "é😀", "\udcfc", "😀"]


@pytest.mark.parametrize("kind", ["folder", "pipe", "loop", "too long"])
def test_what_is_no_file_is_refused_and_not_waited_for(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "a.json"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        if not hasattr(os, "mkfifo"):
            pytest.skip("no pipes here")
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path.name)
    else:
        with path.open("wb") as file:
            file.truncate(MOST_BYTES + 1)  # takes no room on the disk
    with pytest.raises(InputError, match=r"a\.json cannot be used \(.+\): put it back"):
        stored_json(path, "put it back")
    with pytest.raises((OSError, ValueError)), open_regular(path):
        pass


def test_what_is_not_there_is_empty(tmp_path: Path) -> None:
    assert stored_json(tmp_path / "a.json", "put it back") == {}
    with pytest.raises(FileNotFoundError):
        load_json(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("value", "shape", "fit"),
    [
        ({"a": 1}, {"a": int}, True),
        ({"a": True}, {"a": int}, False),
        ({"a": 1}, {"a": float}, True),
        ({"a": "1"}, {"a": (float, None)}, False),
        ({}, {"a": int}, False),
        ({}, {"a?": int}, True),
        ({"a": None}, {"a?": int}, False),
        ({"a": 1, "b": 2}, {"a": int}, True),
        ({"a": {"x": ["1"], "y": []}}, {"a": {str: [str]}}, True),
        ({"a": {"x": [1]}}, {"a": {str: [str]}}, False),
        ([1, 2], [int, int], True),
        ([1, 2, 3], [int, int], False),
        ([1, 2, 3], [int], True),
        ("early", ("early", "asked", None), True),
        ("other", ("early", "asked", None), False),
        ([], dict, False),
        ([], object, True),
    ],
)
def test_shapes(value: Any, shape: Any, fit: bool) -> None:
    assert fits(value, shape) is fit


def test_a_log_is_read_from_its_end_and_no_further_than_its_limit(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"first\n\nsecond\nthi")
    assert [*last_lines(path)] == [b"thi", b"second", b"first"]
    assert [*last_lines(path, 9)] == [b"thi", b"econd"]
    path.write_bytes(b"x" * 100)
    assert [*last_lines(path, 7)] == [b"x" * 7]


def test_a_table_of_too_many_lines_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"a\r" * 500_001)
    with pytest.raises(ValueError, match="more than 500,000 lines"):
        read_text(path)


KINDS = {"names": "U", "numbers": "iu"}


def packed(path: Path, **arrays: Any) -> Path:
    np.savez_compressed(path, **arrays)
    return path


def test_arrays_come_back(tmp_path: Path) -> None:
    names, numbers = np.array(["é", "bb"]), np.arange(6).reshape(2, 3)
    path = packed(tmp_path / "a.npz", names=names, numbers=numbers)
    found = read_arrays(path, KINDS, 10**6, 10)
    for one, own in zip(found.values(), (names, numbers), strict=True):
        assert one.dtype == own.dtype
        np.testing.assert_array_equal(one, own)
    empty = packed(tmp_path / "e.npz", names=names[:0], numbers=numbers[:0])
    assert read_arrays(empty, KINDS, 10**6, 10)["names"].shape == (0,)


@pytest.mark.parametrize("code", [0x110000, 0xFFFFFFFF, 0xD800, 0xDFFF])
@pytest.mark.parametrize("order", "<>")
def test_texts_of_no_letters_are_refused(tmp_path: Path, code: int, order: str) -> None:
    names = np.array([code, ord("a")], f"{order}u4").view(f"{order}U2")
    path = packed(tmp_path / "a.npz", names=names, numbers=np.arange(3))
    with pytest.raises(ValueError, match="what are no letters"):
        read_arrays(path, KINDS, 10**6, 50)


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        ({"names": np.array(["a"])}, "other arrays"),
        ({"names": np.arange(3), "numbers": np.arange(3)}, "no such array"),
        ({"names": np.array(["a"]), "numbers": np.ones(3)}, "no such array"),
        ({"names": np.array([{}]), "numbers": np.arange(3)}, "no such array"),
        ({"names": np.array(["a"] * 99), "numbers": np.arange(3)}, "no such array"),
        ({"names": np.array(["a"]), "numbers": np.eye(3, dtype=int).T}, "no such"),
    ],
)
def test_arrays_of_another_kind_are_refused(
    tmp_path: Path, arrays: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        read_arrays(packed(tmp_path / "a.npz", **arrays), KINDS, 10**6, 50)


def forged(path: Path, head: str, body: bytes) -> Path:
    """Write an archive whose array claims a shape that its bytes do not have."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.array(["a"]))
    text = head.encode().ljust(117) + b"\n"
    lie = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + body
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("names.npy", buffer.getvalue())
        archive.writestr("numbers.npy", lie)
    return path


HEAD = "{'descr': '<i8', 'fortran_order': False, 'shape': (%s), }"


@pytest.mark.parametrize("shape", ["4,", "1, 99999999999", "-1,", "((((((((((4,", ""])
def test_a_shape_that_is_not_true_is_refused_and_not_allocated(
    tmp_path: Path, shape: str
) -> None:
    path = forged(tmp_path / "a.npz", HEAD % shape, bytes(24))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r".+"):
            read_arrays(path, KINDS, 10**6, 10)
        assert tracemalloc.get_traced_memory()[1] < 10**7
    finally:
        tracemalloc.stop()


def test_what_unpacks_to_too_much_is_not_unpacked(tmp_path: Path) -> None:
    path = forged(tmp_path / "a.npz", HEAD % "12500000,", bytes(10**8))
    assert path.stat().st_size < 10**6
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="holds more than 1,000,000 bytes"):
            read_arrays(path, KINDS, 10**6, 10**9)
        assert tracemalloc.get_traced_memory()[1] < 10**7
    finally:
        tracemalloc.stop()


def test_what_a_network_costs() -> None:
    # By megabytes that were measured, on top of what torch takes by itself.
    flexible = (256, 128, 64, 32, 16)
    measured = {
        881: ("unet", (8, 16), 1, (2048, 2048)),
        275: ("unet", (24, 48, 96, 160, 256), 2, (1024, 1024)),
        549: ("unet", (16, 32, 64, 128), 1, (1024, 1024)),
        525: ("dynunet", (16, 32, 64, 128), 1, (1024, 1024)),
        616: ("flexible", flexible, 2, (1024, 1024)),
    }
    for megabytes, network in measured.items():
        assert 0.85 < frame_bytes(*network) / megabytes / 1e6 < 1.6
    assert frame_bytes("unet", (8, 16), 1, (4096, 4096)) > MOST_COST
    assert too_much("dynunet", (32, 64, 128, 256, 320, 320), 2, (448, 576)) is None
    assert too_much("unet", (24, 48, 96, 160, 256), 2, (1080, 1920)) is None


@pytest.mark.parametrize("text", [None, b"[" * 10**5, b'{"epochs": NaN}'])
def test_settings_that_are_none_are_refused_in_a_sentence(
    tmp_path: Path, text: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.json"
    if text is not None:
        path.write_bytes(text)
    elif hasattr(os, "mkfifo"):
        os.mkfifo(path)  # nobody waits for who would write into it
    else:
        path.mkdir()
    assert run("train", tmp_path, "--config", path) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"--config {path} ")


def test_a_refusal_is_one_line_of_words_that_a_file_could_have() -> None:
    text = str(InputError(f"a\nb\u2028c {'x' * 9999}/{'y' * 255}"))
    assert text == f"a b c {'x' * 100}…/{'y' * 255}"


@pytest.mark.parametrize(
    ("column", "flags"),
    [("x" * 9999, ()), ("img", ("--subject-by", "a\nb"))],
    ids=["endless name", "line break"],
)
def test_damage_does_not_bury_the_sentence_it_is_in(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    column: str,
    flags: tuple[str, ...],
) -> None:
    data = write_folder(tmp_path / "data", 2)
    table = tmp_path / "masks.csv"
    table.write_text(f"{column},pixels\n1_1,1 1\n1_2,\n")
    assert run("scan", data, "--masks-csv", table, *flags) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert len(line) < 600
