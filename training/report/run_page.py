"""The sections of a run's report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import svg
from .frame_tiles import tiles
from .page import beside, folded, page, paragraph, section, table
from .panel_page import panel_html
from .reliability import Reliability, presence_reliability
from .run_curves import curves
from .run_files import RunFiles
from .run_words import rule_rows, rule_words, what_was_run

if TYPE_CHECKING:
    from .panel import Panel
    from .run_frames import Looked

#: Frame ids that a list shows before it ends in a number.
_LISTED = 200


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
    sections = [
        paragraph(what_was_run(run, found.people)),
        _missing(found),
        section("Scores", *(_scores(found))),
    ]
    if run.is_crossval:
        sections.append(section("Folds", _folds(run)))
    sections.append(section("Curves", curves(run)))
    if found.looked is not None and found.looked.scores:
        sections.append(section("Reliability", _reliability(run, found.looked)))
        sections.append(section("The worst frames", _worst(run, found.looked)))
    sections.append(section("Decision rule", _rule(run, found)))
    sections.append(section("Provenance", *_provenance(run, found)))
    kind = "Cross-validation" if run.is_crossval else "Run"
    return page(f"{kind} {run.path.name}", sections)


def _missing(found: Findings) -> str:
    if not found.missing:
        return ""
    items = "".join(paragraph(text, "warn") for text in found.missing)
    return section("What is missing here", items)


def _scores(found: Findings) -> Iterator[str]:
    if not found.panels:
        yield paragraph("There is no score yet.", "note")
    for panel in found.panels:
        yield panel_html(panel)
    for text in found.notes:
        yield paragraph(text, "note")


def _folds(run: RunFiles) -> str:
    known = {one["fold"]: one for one in run.result.get("folds", ())}
    rows = []
    for number, split in enumerate(run.splits["folds"], 1):
        one = known.get(number, {})
        rule = one.get("rule_of_the_others", {})
        rows.append(
            [
                str(number),
                ", ".join(split["val_subjects"]) or "no subjects",
                f"{len(split['val']):,}",
                *(
                    _figure(one.get(kind, {}).get(key))
                    for kind, key in (
                        ("nested", "competition_dice"),
                        ("pooled", "competition_dice"),
                        ("pooled", "blank_baseline"),
                    )
                ),
                str(one.get("best_epoch", "")),
                ", ".join(f"{value:g}" for value in rule.values()),
            ]
        )
    heads = [
        "fold",
        "held-out subjects",
        "frames",
        "nested Dice",
        "pooled Dice",
        "blank",
        "epoch kept",
        "rule of the others",
    ]
    note = (
        "Nested: under the rule that the other folds ask for (threshold, presence "
        "threshold, least area share). Pooled: under one rule for all. The folds' "
        "networks together are the ensemble that 'nerveseg predict' takes."
    )
    return table(heads, rows, {1, 7}) + paragraph(note, "note")


def _reliability(run: RunFiles, looked: Looked) -> str:
    lines: dict[str, Reliability] = {"pixels": looked.pixels.reliability()}
    words = []
    scores = looked.scores
    if run.config.get("presence"):
        has = [one.has_nerve for one in scores]
        frames = presence_reliability([one.presence for one in scores], has)
        if frames is None:
            words.append(
                "Whether presence is reliable cannot be seen: these frames are all of "
                "one kind."
            )
        else:
            lines["presence"] = frames
    ideal: list[tuple[float, float | None]] = [(0.0, 0.0), (1.0, 1.0)]
    chart = svg.line_chart(
        {"as it should be": ideal, **{name: one.points for name, one in lines.items()}},
        x_label="predicted probability",
        y_label="share that is nerve",
        y=(0, 1),
        width=460,
        height=400,
    )
    errors = [
        f"{name.capitalize()}: expected calibration error {one.error:.4f}."
        for name, one in lines.items()
        if one.error is not None
    ]
    text = (
        f"On the {len(scores):,} held-out frames, by ten bins. A line below the "
        "diagonal promises too much. Most pixels are background and predicted to be, "
        "which keeps the error of pixels small."
    )
    figures = [
        [name, f"{p:.3f}", f"{share:.3f}", f"{n:,}"]
        for name, one in lines.items()
        for p, share, n in zip(one.predicted, one.found, one.counts, strict=True)
    ]
    heads = ["", "mean prediction", "share of nerve", "pixels or frames"]
    return beside(chart, *map(paragraph, [text, *errors, *words])) + folded(
        "The figures by bin", table(heads, figures)
    )


def _worst(run: RunFiles, looked: Looked) -> str:
    rule = "the rule pooled over all folds" if run.is_crossval else "the rule it keeps"
    text = (
        f"Of {len(looked.scores):,} held-out frames the {len(looked.worst)} with the "
        f"lowest Dice under {rule}, where no subject has more than its share. Point at "
        "a picture to see it without outlines. "
        "A bad score may also be a bad mask: look before blaming the network."
    )
    return paragraph(text) + tiles(looked.worst)


def _rule(run: RunFiles, found: Findings) -> str:
    if not found.rule:
        return paragraph("None is kept: no epoch was finished.", "note")
    rows = rule_rows({**_cleaning(run.config), **found.rule})
    heads = ["setting", "value", "what it does"]
    return paragraph(rule_words(run, found.people)) + table(heads, rows, {2})


def _cleaning(config: Mapping[str, Any]) -> dict[str, Any]:
    names = ("averaging", "largest_component", "fill_holes")
    return {name: config[name] for name in names if name in config}


def _provenance(run: RunFiles, found: Findings) -> Iterator[str]:
    rows = [[name, value] for name, value in _origins(run) if value]
    yield table(["what", "which"], rows, {1})
    for use, subjects in found.people.items():
        if subjects:
            yield paragraph(f"Subjects of {use}: {', '.join(subjects)}.")
    yield _excluded(run.excluded)
    yield folded("Configuration", _mapping(run.config))
    for part in (run, *run.folds):
        if part.environment:
            of = f" of {part.path.name}" if run.is_crossval else ""
            yield folded(f"Environment{of}", _mapping(part.environment))
    warnings = run.result.get("warnings", ())
    if warnings:
        yield folded(
            f"Warnings of the run ({len(warnings)})", "".join(map(paragraph, warnings))
        )


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


def _excluded(excluded: Mapping[str, Sequence[str]]) -> str:
    found = {why: names for why, names in excluded.items() if names}
    if not found:
        return paragraph("No frame was left out." if excluded else "")
    parts = [
        folded(
            f"{len(names):,} frames left out: {why.replace('_', ' ')}",
            paragraph(", ".join(names[:_LISTED]) + " …" * (len(names) > _LISTED)),
        )
        for why, names in found.items()
    ]
    return "".join(parts)


def _mapping(values: Mapping[str, Any], prefix: str = "") -> str:
    rows = list(_flat(values, prefix))
    return table(["setting", "value"], rows, {1})


def _flat(values: Mapping[str, Any], prefix: str) -> Iterator[list[str]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}: ")
        else:
            shown = value if isinstance(value, str) else json.dumps(value)
            yield [f"{prefix}{key}", shown]


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
