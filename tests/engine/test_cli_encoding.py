"""Commands print to terminals and into files of any encoding, whatever a name holds."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.engine.command_line import run
from training.cli import console
from training.files import digest_json, dump_json, write_whole

#: A byte that is no UTF-8, as Python spells it in a name; letters; a line's end.
NAME = "R\udcfccken 神経 é \u2028 \U0001f600.png"


every_encoding = pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])


def terminal(monkeypatch: pytest.MonkeyPatch, encoding: str) -> io.BytesIO:
    """Return what is printed from now on, as a terminal of this encoding gets it."""
    printed = io.BytesIO()
    for name in ("stdout", "stderr"):
        stream = io.TextIOWrapper(printed, encoding, "strict", write_through=True)
        monkeypatch.setattr(sys, name, stream)
    return printed


@every_encoding
def test_a_mistake_is_told_whatever_the_name_is(
    monkeypatch: pytest.MonkeyPatch, encoding: str, tmp_path: Path
) -> None:
    printed = terminal(monkeypatch, encoding)
    assert run("scan", tmp_path / NAME) == 2
    assert b"does not exist" in printed.getvalue()
    assert rb"\udcfc" in printed.getvalue()


@every_encoding
def test_a_result_is_json_in_every_encoding(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    printed = terminal(monkeypatch, encoding)
    console.take_any_character()
    console.out(NAME)
    before = len(printed.getvalue())
    console.write_result({"frame": NAME}, Path("-"))
    text = printed.getvalue()[before:].decode(encoding)
    assert json.loads(text) == {"frame": NAME}


def test_json_is_one_line_of_utf_8() -> None:
    value: dict[str, Any] = {NAME: "next\x85line \\u2028", "path": Path(NAME)}
    text = dump_json(value, indent=None)
    assert json.loads(text.encode()) == {NAME: "next\x85line \\u2028", "path": NAME}
    assert len(text.splitlines()) == 1
    assert "神経" in text  # read by people too
    assert len(digest_json(value)) == 64


def test_text_with_any_name_is_written(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.txt", f"1 {NAME}")
    assert (tmp_path / "a.txt").read_text("utf-8").startswith(r"1 R\udcfccken 神経")


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_command_of_its_own_ends_well(
    tmp_path: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import subprocess

    folder = tmp_path / os.fsdecode(b"R\xfccken")
    folder.mkdir()
    (folder / "神経_1.png").write_bytes(b"no image")
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "training", "scan", folder, "--json", "-"],
        capture_output=True,
        check=False,
    )
    assert b"UnicodeEncodeError" not in ended.stderr
    assert ended.returncode in (0, 2)
