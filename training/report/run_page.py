"""What the report of a run shows, as HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .page import render
from .reliability import Reliability, presence_reliability
from .run_charts import curves, outline, reliability_chart, subject_bars
from .run_files import Row, RunFiles
from .run_words import rule_rows, rule_words, what_was_run
from .svg import image

if TYPE_CHECKING:
    from .panel import Panel
    from .run_frames import Looked

#: Columns of the table behind the curves.
_SHOWN = ("epoch", "train_loss", "val_loss", "val_dice", "val_dice_nerve", "seconds")

#: A table's headings and rows.
Table = tuple[list[str], list[list[str]]]


@dataclass
class Findings:
    """What the report shows beside the run's files.

    Attributes
    ----------
    panels
        Of every score that there is.
    looked
        The held-out frames; None if they could not be seen.
    people
        Subjects of ``train``, ``validation`` and ``test``, where they are known.
    rule
        The decision rule that is kept; empty if there is none.
    noise
        The label noise of the data, if their duplicates give it.
    synthetic
        Whether the data are the phantom's.
    missing
        Sentences that say what the report lacks, and why.
    notes
        Sentences about what it has.
    """

    panels: list[Panel] = field(default_factory=list)
    looked: Looked | None = None
    people: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rule: Mapping[str, Any] = field(default_factory=dict)
    noise: Mapping[str, Any] | None = None
    synthetic: bool = False
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def run_page(run: RunFiles, found: Findings) -> str:
    """Put a report together.

    Parameters
    ----------
    run
        The run's files.
    found
        What else is known of it.
    """
    kind = "Cross-validation" if run.is_crossval else "Run"
    looked = found.looked if found.looked and found.looked.scores else None
    reliability = _reliability(run, looked) if looked else {}
    names = ("averaging", "largest_component", "fill_holes")
    cleaning = {name: run.config[name] for name in names if name in run.config}
    return render(
        "run.html",
        title=f"{kind} {run.path.name}",
        run=run,
        found=found,
        looked=looked,
        what_was_run=what_was_run(run, found.people),
        folds=_folds(run) if run.is_crossval else [],
        curves=curves(run),
        epochs=_epochs(run.epochs),
        reliability=reliability,
        bins=[
            [name, f"{p:.3f}", f"{share:.3f}", f"{n:,}"]
            for name, one in reliability.items()
            for p, share, n in zip(one.predicted, one.found, one.counts, strict=True)
        ],
        rule_words=rule_words(run, found.people),
        rule=rule_rows({**cleaning, **found.rule}),
        origins=[[name, value] for name, value in _origins(run) if value],
        settings=list(_settings(run)),
        image=image,
        outline=outline,
        reliability_chart=reliability_chart,
        subject_bars=subject_bars,
    )


def _folds(run: RunFiles) -> list[list[str]]:
    known = {one["fold"]: one for one in run.result.get("folds", ())}
    rows = []
    for number, split in enumerate(run.splits["folds"], 1):
        one = known.get(number, {})
        rule = one.get("rule_of_the_others", {})
        scores = (
            one.get(kind, {}).get(key)
            for kind, key in (
                ("nested", "competition_dice"),
                ("pooled", "competition_dice"),
                ("pooled", "blank_baseline"),
            )
        )
        rows.append(
            [
                str(number),
                ", ".join(split["val_subjects"]) or "no subjects",
                f"{len(split['val']):,}",
                *("" if value is None else f"{value:.4f}" for value in scores),
                str(one.get("best_epoch", "")),
                ", ".join(f"{value:g}" for value in rule.values()),
            ]
        )
    return rows


def _epochs(rows: Sequence[Row]) -> Table:
    values = [[one.get(name) for name in _SHOWN] for one in rows]
    return (
        [name.replace("_", " ") for name in _SHOWN],
        [["" if v is None else f"{v:.4g}" for v in row] for row in values],
    )


def _reliability(run: RunFiles, looked: Looked) -> dict[str, Reliability]:
    lines = {"pixels": looked.pixels.reliability()}
    if run.config.get("presence"):
        scores = looked.scores
        has = [one.has_nerve for one in scores]
        frames = presence_reliability([one.presence for one in scores], has)
        if frames is not None:
            lines["presence"] = frames
    return lines


def _origins(run: RunFiles) -> Iterator[tuple[str, str]]:
    yield "run folder", str(run.path)
    yield "data folder", str(run.source.get("data", ""))
    yield "project folder", str(run.source.get("project", ""))
    yield "labels", str(run.fingerprint.get("labels", ""))
    yield "frames and masks, SHA-256", str(run.fingerprint.get("sha256", ""))
    for fold in run.folds:
        name = f"frames and masks of {fold.path.name}, SHA-256"
        yield name, str(fold.fingerprint.get("sha256", ""))
    yield "split, SHA-256", str(run.splits.get("sha256", ""))
    if "duplicate_search" in run.splits:  # earlier versions did not note it
        search = run.splits["duplicate_search"] or {"settings": "none"}
        yield "search for near-duplicates", str(search["settings"])
    if run.is_crossval:
        across = run.splits.get("near_duplicates_across")
        if across is not None:
            yield "near-duplicates across folds", f"{len(across)} pairs"
        yield "ensemble", str(run.result.get("ensemble", ""))


def _settings(run: RunFiles) -> Iterator[tuple[str, list[list[str]]]]:
    """Give the configuration and each environment: a heading, and rows."""
    yield "Configuration", list(_flat(run.config))
    for part in (run, *run.folds):
        if part.environment:
            of = f" of {part.path.name}" if run.is_crossval else ""
            yield f"Environment{of}", list(_flat(part.environment))


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[list[str]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}: ")
        else:
            shown = value if isinstance(value, str) else json.dumps(value)
            yield [f"{prefix}{key}", shown]
