"""Time per verdict: the usual gap, without pauses and without other people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from napari_nerveseg.conflicts.conflict_list import counts
from napari_nerveseg.review.session_reads import seconds_per_verdict
from training.data.store import VerdictRecord

START = datetime(2026, 1, 1, tzinfo=UTC)


def verdicts(*seconds: float, author: str = "ada") -> list[VerdictRecord]:
    return [
        VerdictRecord(
            ("1_1", "1_2"),
            "union",
            author=author,
            time=(START + timedelta(seconds=at)).isoformat(),
        )
        for at in seconds
    ]


def test_the_pace_is_the_median_gap_without_pauses() -> None:
    done = verdicts(0, 10, 22, 5000, 5008) + verdicts(3, 4, author="bob")
    assert seconds_per_verdict(done, "ada") == 10
    assert seconds_per_verdict(done, "bob") == 1


def test_one_verdict_has_no_pace() -> None:
    assert seconds_per_verdict(verdicts(0), "ada") is None
    assert seconds_per_verdict(verdicts(0, 4000), "ada") is None


def test_counts_tell_how_long_it_takes_still() -> None:
    assert counts(6, 1, None) == "6 to decide, 1 resolved."
    assert counts(60, 3, 12.4) == (
        "60 to decide, 3 resolved. 12 s a verdict, about 12 min left."
    )
