"""One description of each command: the command line and the worker read the same."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.engine.command_line import run, write_subjects
from training.cli.flags import flags_of
from training.cli.show import SHOW
from training.commands import COMMANDS
from training.commands.client import as_exception
from training.commands.options import CommandLine
from training.errors import Failure, InputError
from training.worker.channel import Channel
from training.worker.failures import error_event
from training.worker.run import run as run_worker


def worked(command: dict[str, Any]) -> dict[str, Any]:
    """Run a command as a worker does, in this process; return its last event."""
    source, far = os.pipe()
    os.write(far, json.dumps(command, default=str).encode() + b"\n")
    sink = io.BytesIO()
    run_worker(Channel(source, sink))
    os.close(far)
    return json.loads(sink.getvalue().splitlines()[-1])


def test_every_command_is_on_the_command_line_but_for_the_workers_own() -> None:
    assert {name for name in COMMANDS if not COMMANDS[name].worker_only} == {*SHOW}


@pytest.mark.parametrize("name", SHOW)
def test_every_option_has_its_words(name: str) -> None:
    for field in COMMANDS[name].options.model_fields.values():
        assert field.description or field.annotation is not str
    assert all(flag.info.help for flag in flags_of(COMMANDS[name].options))


def test_what_only_programs_give_is_no_flag(capsys: pytest.CaptureFixture[str]) -> None:
    fields = COMMANDS["predict"].options.model_fields
    hidden = {n for n in fields if CommandLine(hidden=True) in fields[n].metadata}
    assert hidden == {"strict", "frames"}
    assert run("predict", "--help") == 0
    assert "--strict" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "values", "text", "fields"),
    [
        ("tune", {"trials": 0}, "--trials is 0: give 1 or more.", ("trials",)),
        (
            "tune",
            {"trials": 1.5},
            "command tune: trials has to be a whole number",
            None,
        ),
        ("tune", {"study": "a/b"}, "--study a/b is no name: use --out", ("study",)),
        ("export", {"format": "gif"}, "--format gif: take tif, png or rle.", None),
        ("train", {"threads": 2}, "command train: there is no setting 'threads'", None),
        ("train", {"resume": "r", "out": "o"}, "leave out --out.", ("out",)),
        ("crossval", {"folds": None}, "folds has to be a whole number, not None", None),
        ("predict", {}, "command predict: checkpoint is missing", ("checkpoint",)),
        ("stats", {"html": 3}, "html has to be text or null, not 3", ("html",)),
    ],
)
def test_a_wrong_option_is_one_sentence_that_knows_its_name(
    command: str, values: dict[str, Any], text: str, fields: tuple[str, ...] | None
) -> None:
    own = {"data": "d", "out": "o"} if command == "export" else {"data": "d"}
    with pytest.raises(InputError) as caught:
        COMMANDS[command].options.of((own if values else {}) | values, command)
    assert text in str(caught.value)
    assert fields is None or caught.value.fields == fields


def test_an_error_keeps_its_names_on_the_way_through_a_worker() -> None:
    error = InputError("val_subjects names P1.", "val_subjects")
    back = as_exception(json.loads(json.dumps(error_event(error))))
    assert isinstance(back, InputError)
    assert (str(back), back.fields) == (str(error), error.fields)
    fault = as_exception(error_event(ZeroDivisionError("oops")))
    assert isinstance(fault, Failure)
    assert "ZeroDivisionError" in fault.__notes__[0]


def test_what_the_command_line_alone_could_do_a_worker_does_too(
    tmp_path: Path,
) -> None:
    asked = {"data": write_subjects(tmp_path / "data"), "project": tmp_path / "p"}
    found = worked({"command": "conflicts", **asked})["value"]
    assert [row["frames"] for row in found["conflicts"]] == [["1_1", "1_2"]]
    rule = {"command": "resolve", "rule": "drop-empty-twin", "author": "ada"}
    assert worked({**rule, **asked})["value"]["action"] == 1
    assert worked({"command": "conflicts", **asked})["value"]["n_open"] == 0
    back = worked({"command": "resolve", "undo": 1, **asked})["value"]
    assert back["undone"] == ["1_2"]
    assert worked({"command": "leaks", **asked})["value"]["subjects"]["n_pairs"] == 0
    refused = worked({"command": "resolve", **asked})
    assert refused["text"] == "Give either --rule or --undo ACTION."
    assert refused["fields"] == ["rule", "undo"]
