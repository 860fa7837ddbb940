"""The score panel: what a score is, what it means, and what it may not be held against.

Plain data, made of the scores that a training, a cross-validation or an evaluation
returned, for the command line, the report and the window alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..learn.splits.score_caveats import CLEANED, LEAKING, NOT_BY_SUBJECT
from ..metrics.accuracy import accuracy_warning
from ..metrics.scores import ScoreCaveat, warnings_from_json

Json = Mapping[str, Any]

#: What a result calls its scores, and what a panel of them is called.
_PARTS = {
    "test": "Test subjects, scored once at the end",
    "validation": "Validation subjects",
    "nested": "Every fold under the rule of the other folds",
    "pooled": "One rule, tuned on these same frames",
}

#: The parts of a cross-validation, in which ``test`` is the ensemble's.
_ENSEMBLE = "The ensemble on the test subjects"

#: The caveats of scores that were written before their kinds were, by whole sentence.
_OLD = {one.text: one.kind for one in (LEAKING, NOT_BY_SUBJECT, CLEANED)}


@dataclass(frozen=True)
class Row:
    """One measure.

    Attributes
    ----------
    key, name
        What JSON and people call it.
    value
        None is undefined on these frames.
    shown
        The value as text, with its unit.
    interval
        Its 95 % interval, or None.
    meaning
        What it says, in half a sentence.
    warning
        Why not to trust it; empty if nothing is known against it.
    """

    key: str
    name: str
    value: float | None
    shown: str
    interval: tuple[float, float] | None = None
    meaning: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Confusion:
    """Frames by whether there is a nerve and whether one was predicted.

    Attributes
    ----------
    found, missed
        Frames with a nerve whose predicted mask has a pixel, or none.
    marked, left_empty
        Frames without a nerve whose predicted mask has a pixel, or none.
    """

    found: int
    missed: int
    marked: int
    left_empty: int


@dataclass(frozen=True)
class SubjectRow:
    """One subject's scores; None is undefined."""

    subject: str
    n_frames: int
    n_nerve_frames: int
    competition_dice: float | None
    blank_baseline: float | None
    dice_nerve_frames: float | None


@dataclass(frozen=True)
class Panel:
    """Scores of some frames, ready to be shown.

    Attributes
    ----------
    title
        Which frames these are.
    n_frames, n_nerve_frames
        How many, and how many show a nerve.
    rows
        The measures, in the order in which to show them.
    confusion
        None if it is not known.
    subjects
        In natural order; empty without subjects.
    unfit
        Why these scores do not compare with others'; empty if they do.
    notes
        What else belongs beside them.
    """

    title: str
    n_frames: int
    n_nerve_frames: int
    rows: tuple[Row, ...]
    confusion: Confusion | None
    subjects: tuple[SubjectRow, ...]
    unfit: tuple[ScoreCaveat, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON can carry it."""
        unfit = [{"kind": one.kind, "text": one.text} for one in self.unfit]
        return {**asdict(self), "unfit": unfit}


def panels(result: Json) -> list[Panel]:
    """Return the panels of what ``train``, ``crossval`` or ``evaluate`` returned.

    Parameters
    ----------
    result
        Such as ``result.json`` holds it; ``label_noise`` in it, as `LabelNoise` gives
        it, is the ceiling, and ``synthetic`` says whether the frames are the phantom's.
        Without any score, such as after a stop, the list is empty.
    """
    if "competition_dice" in result:
        return [_panel_of(result, result, "Predictions")]
    titles = {**_PARTS, "test": _ENSEMBLE} if "nested" in result else _PARTS
    order = sorted(titles, key=lambda part: (part == "test") == ("nested" in result))
    return [
        _panel_of(result, result[part], titles[part])
        for part in order
        if result.get(part)
    ]


def _panel_of(result: Json, scores: Json, title: str) -> Panel:
    synthetic = bool(result.get("synthetic"))
    return score_panel(scores, title, result.get("label_noise"), synthetic=synthetic)


def score_panel(
    scores: Json,
    title: str = "",
    noise: Json | None = None,
    *,
    synthetic: bool = False,
) -> Panel:
    """Put scores together with what they mean.

    Parameters
    ----------
    scores
        As `training.metrics.Scores.to_json` gives them; ``used_for`` and ``labels``
        beside them are caveats.
    title
        Which frames these are.
    noise
        As `training.report.label_noise.LabelNoise.to_json` gives it.
    synthetic
        Whether the frames are those of the phantom.
    """
    warnings = warnings_from_json({"caveats": _OLD, **scores})
    unfit = tuple(_unfit(warnings, scores, synthetic))
    blank, counts = scores["pixel_accuracy_blank"], scores.get("confusion")
    elsewhere = {*unfit, "" if blank is None else accuracy_warning(blank)}
    return Panel(
        title=title,
        n_frames=scores["n_frames"],
        n_nerve_frames=scores["n_nerve_frames"],
        rows=tuple(_rows(scores, noise or {})),
        confusion=None
        if counts is None
        else Confusion(**{one.name: counts[one.name] for one in fields(Confusion)}),
        subjects=tuple(
            SubjectRow(name, **{key: own[key] for key in _SUBJECT_KEYS})
            for name, own in scores["per_subject"].items()
        ),
        unfit=unfit,
        notes=tuple(text for text in warnings if text not in elsewhere),
    )


_SUBJECT_KEYS = (
    "n_frames",
    "n_nerve_frames",
    "competition_dice",
    "blank_baseline",
    "dice_nerve_frames",
)


def _unfit(
    warnings: Iterable[str], scores: Json, synthetic: bool
) -> Iterator[ScoreCaveat]:
    if synthetic:
        yield ScoreCaveat(
            "These frames are synthetic: their scores say nothing of real ultrasound.",
            "synthetic",
        )
    yield from (one for one in warnings if isinstance(one, ScoreCaveat))
    if scores.get("labels") == "current":
        yield ScoreCaveat(
            "These scores are against the project's current labels, which people may "
            "have mended: they do not compare with scores against the source's.",
            "mended labels",
        )
    if scores.get("used_for"):
        yield ScoreCaveat(
            f"These frames were used for tuning ({scores['used_for']}), which flatters "
            "their score: new subjects may score lower.",
            "used for tuning",
        )


def _rows(scores: Json, noise: Json) -> Iterator[Row]:
    yield _dice_row(scores)
    yield _row(scores, "blank_baseline", "what blank masks score on these frames")
    if noise.get("ceiling") is not None:
        yield from _noise_rows(noise)
    yield _row(scores, "dice_nerve_frames", "a nerve that is missed counts 0")
    yield _row(scores, "iou_nerve_frames", "intersection over union")
    both = f"{scores['n_located']:,} frames where both masks have a nerve"
    yield _row(scores, "hd95_nerve_frames", f"distance of outlines, {both}")
    yield _row(scores, "centroid_distance_nerve_frames", f"between centres, {both}")
    yield _row(
        scores,
        "centroid_share_nerve_frames",
        "the same, as share of the frame's diagonal",
    )
    yield _row(scores, "presence_auc", "a frame with a nerve ranks above one without")
    yield _row(scores, "sensitivity", "nerve frames in which one is found")
    yield _row(scores, "specificity", "empty frames that are left empty")
    yield _accuracy_row(scores)


#: By key: the name, and how a value is written.
_NAMES = {
    "competition_dice": ("competition Dice", "{:.4f}"),
    "blank_baseline": ("blank baseline", "{:.4f}"),
    "dice_nerve_frames": ("Dice, nerve frames", "{:.4f}"),
    "iou_nerve_frames": ("IoU, nerve frames", "{:.4f}"),
    "hd95_nerve_frames": ("HD95, nerve frames", "{:.1f} px"),
    "centroid_distance_nerve_frames": ("centroid distance", "{:.1f} px"),
    "centroid_share_nerve_frames": ("centroid, of diagonal", "{:.3f}"),
    "presence_auc": ("presence AUC", "{:.4f}"),
    "sensitivity": ("sensitivity", "{:.4f}"),
    "specificity": ("specificity", "{:.4f}"),
    "pixel_accuracy": ("pixel accuracy", "{:.4f}"),
    "agreement": ("two annotators", "{:.4f}"),
    "ceiling": ("label-noise ceiling", "{:.4f}"),
}


def _row(values: Json, key: str, meaning: str, warning: str = "") -> Row:
    name, form = _NAMES[key]
    value, ends = values.get(key), values.get(f"{key}_ci")
    return Row(
        key,
        name,
        value,
        "undefined" if value is None else form.format(value),
        None if ends is None else (ends[0], ends[1]),
        meaning,
        warning,
    )


def _dice_row(scores: Json) -> Row:
    value, blank = scores["competition_dice"], scores["blank_baseline"]
    warning = ""
    if value is not None and blank is not None and value <= blank:
        warning = "no better than blank masks"
    return _row(scores, "competition_dice", "both masks empty counts 1", warning)


def _noise_rows(noise: Json) -> Iterator[Row]:
    # Other frames than those of the score, so that this may lie below it.
    of = f"on {noise['n_frames']:,} frames with near-duplicates"
    yield _row(noise, "agreement", f"two masks of one picture, {of}")
    yield _row(noise, "ceiling", f"a perfect model, at most, {of}")


def _accuracy_row(scores: Json) -> Row:
    blank = scores["pixel_accuracy_blank"]
    warning = "" if blank is None else f"misleads: a blank mask has {blank:.4f}"
    return _row(scores, "pixel_accuracy", "pixels that agree, background too", warning)
