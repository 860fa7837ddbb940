"""Lines from pieces, tails of files, and sentences from deaths."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_nerveseg.jobs import words
from napari_nerveseg.jobs.lines import EventLines, FileTail, tail_of


@given(st.lists(st.integers(0, 200)))
def test_pieces_of_any_size_give_the_same_events(cuts: list[int]) -> None:
    stream = b'{"event": "a", "text": "\xc3\xa4"}\n\nnoise\n{"event": "b"}\n[1]\n'
    lines, start = EventLines(), 0
    events: list[dict[str, Any]] = []
    for cut in [*sorted(min(cut, len(stream)) for cut in cuts), len(stream)]:
        events += lines.feed(stream[start:cut])
        start = cut
    assert events == [{"event": "a", "text": "ä"}, {"event": "b"}]


def test_a_last_line_without_its_end_counts_when_the_stream_is_over() -> None:
    lines = EventLines()
    assert list(lines.feed(b'{"event": "a"}')) == []
    assert list(lines.finish()) == [{"event": "a"}]


def test_a_tail_reads_what_is_new_and_leaves_half_lines(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    tail = FileTail(path)
    assert tail.read() == []
    path.write_bytes(b'{"event": "a"}\n{"event"')
    assert tail.read() == [{"event": "a"}]
    with path.open("ab") as file:
        file.write(b': "b"}\n')
    assert tail.read() == [{"event": "b"}]
    assert tail.read() == []


def test_a_log_is_cut_at_a_line() -> None:
    assert tail_of(b"one\ntwo\nthree\n", 9) == b"three\n"
    assert tail_of(b"short", 9) == b"short"


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM])
def test_signals_have_names(number: signal.Signals) -> None:
    assert f"({number.name})" in words.of_death(number, signalled=True)


def test_an_unknown_signal_keeps_its_number() -> None:
    assert "(signal 199)" in words.of_death(199, signalled=True)


def test_memory_shows_in_the_log_whatever_the_signal() -> None:
    text = words.of_death(signal.SIGABRT, True, "terminate called: std::bad_alloc\n")
    assert text.startswith("The worker ran out of memory (SIGABRT)")


def test_an_error_without_text_still_says_something() -> None:
    assert words.of_error({"event": "error", "text": None}).startswith(
        "The worker failed"
    )


def test_a_cancelled_training_says_what_is_left() -> None:
    goes_on = " Resume on the page Runs goes on with it."
    none = "Training cancelled; no epoch was finished, so there is no checkpoint yet."
    assert words.of_cancelled_training(0, resumable=False) == none
    assert words.of_cancelled_training(0, resumable=True) == none + goes_on
    assert words.of_cancelled_training(1, resumable=True) == (
        "Training cancelled; the best checkpoint so far is kept." + goes_on
    )
    assert words.of_cancelled_training(2, 3, resumable=True) == (
        "Cross-validation cancelled; the folds' best checkpoints so far are kept."
        + goes_on
    )
