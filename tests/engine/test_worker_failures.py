"""How a worker's work ends early, and what it says then."""

from __future__ import annotations

import errno
import io
import json
import os
from typing import Any

import pytest

from training.commands import Command, Options
from training.errors import Cancelled, Failure, InputError
from training.worker.channel import Channel
from training.worker.failures import error_event
from training.worker.run import run


class OutOfMemoryError(RuntimeError):
    """Called as torch's is."""


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (InputError("x.tif is empty: copy it again"), "input"),
        (Cancelled("Predicting frames"), "cancelled"),
        (KeyboardInterrupt(), "cancelled"),
        (MemoryError(), "memory"),
        (OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), "memory"),
        (RuntimeError("MPS backend out of memory (…)"), "memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: …"), "memory"),
        (RuntimeError("mat1 and mat2 cannot be multiplied"), "failure"),
        (OSError(errno.ENOSPC, "No space left on device", "/x/last.pt"), "failure"),
    ],
)
def test_kinds(error: BaseException, kind: str) -> None:
    event = error_event(error)
    assert (event["event"], event["kind"]) == ("error", kind)
    assert "\n" not in event["text"]
    assert (event["detail"] is None) == (kind in ("input", "cancelled"))


def test_words() -> None:
    assert error_event(InputError("a: b"))["text"] == "a: b"
    full = OSError(errno.ENOSPC, "No space left on device", "/x/last.pt")
    assert error_event(full)["text"] == (
        "The disk is full (/x/last.pt): free some space and start again."
    )
    assert error_event(Failure("In epoch 3 …"))["text"] == "In epoch 3 …"
    broken = error_event(ValueError("two\n  lines"))["text"]
    assert broken == "The work failed: ValueError: two lines"


def test_torch_itself_runs_out_of_memory() -> None:
    import torch

    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 55, dtype=torch.uint8)
    assert error_event(caught.value)["kind"] == "memory"


def in_process(lines: bytes) -> tuple[int, list[dict[str, Any]]]:
    source, far = os.pipe()
    os.write(far, lines)
    os.close(far)
    sink = io.BytesIO()
    code = run(Channel(source, sink))
    return code, [json.loads(line) for line in sink.getvalue().splitlines()]


def test_a_fault_of_ours_brings_its_traceback(monkeypatch) -> None:
    def broken(_options: Any, on_event: Any, should_stop: Any) -> dict[str, Any]:
        on_event({"event": "message", "level": "info", "text": "begins"})
        return {"never": 1 / 0}

    monkeypatch.setattr(
        "training.worker.run.COMMANDS", {"break": Command(Options, broken)}
    )
    code, events = in_process(b'{"command": "break"}\n')
    assert code == 1
    assert [event["event"] for event in events] == ["message", "error"]
    assert events[1]["kind"] == "failure"
    assert events[1]["text"] == "The work failed: ZeroDivisionError: division by zero"
    assert "1 / 0" in events[1]["detail"]


def test_a_listener_that_is_gone_stops_the_work() -> None:
    source, _still_open = os.pipe()
    near, sink = os.pipe()
    os.close(near)
    with os.fdopen(sink, "wb", buffering=0) as file:
        channel = Channel(source, file)
        channel.send({"event": "message"})
        assert channel.stopped_or_closed()
        assert not channel.asked.is_set()


def test_commands_may_come_in_pieces_and_without_a_last_line_end() -> None:
    source, far = os.pipe()
    channel = Channel(source, io.BytesIO())
    for piece in (b'\n{"comm', b'and": "a"}\n\n{"command"', b': "b", "n": 2}'):
        os.write(far, piece)
    os.close(far)
    assert channel.next() == {"command": "a"}
    assert channel.next() == {"command": "b", "n": 2}
    assert channel.next() is None
