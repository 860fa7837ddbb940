"""The score panel: every measure over a set of frames, beside its baseline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from .accuracy import accuracy_warning
from .bootstrap import subject_interval
from .frame_scores import FrameScores, score_frame
from .presence import presence_auc, sensitivity, specificity

#: FrameId, subject or None, true mask, predicted mask (both (H, W) bool), presence.
ScoredPair = tuple[str, str | None, ArrayLike, ArrayLike, float | None]


class ScoreCaveat(str):
    """A warning for which scores do not compare with others', and its kind.

    Wherever warnings are sentences it is one; in JSON the kinds lie beside them.

    Parameters
    ----------
    text
        The sentence.
    kind
        A word or two that tell such warnings apart, as people see them.
    """

    kind: str

    def __new__(cls, text: str, kind: str = "") -> Self:
        """Make one; without a kind only until `pickle` gives it its own."""
        caveat = super().__new__(cls, text)
        caveat.kind = kind
        return caveat

    @property
    def text(self) -> str:
        """The sentence, as plain text."""
        return str(self)


def warnings_to_json(warnings: Iterable[str]) -> dict[str, Any]:
    """Return ``warnings``, as texts, and ``caveats``: the kind of some, by text."""
    listed = list(warnings)
    kinds = {str(one): one.kind for one in listed if isinstance(one, ScoreCaveat)}
    return {"warnings": [str(one) for one in listed], "caveats": kinds}


def warnings_from_json(value: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what `warnings_to_json` wrote; older files have texts alone."""
    kinds = value.get("caveats", {})
    return tuple(
        ScoreCaveat(text, kinds[text]) if text in kinds else text
        for text in value.get("warnings", ())
    )


@dataclass(frozen=True)
class Scores:
    """Scores over frames; None is undefined (no frame of the kind that it needs).

    Attributes
    ----------
    competition_dice
        Mean Dice over all frames, 1 where both masks are empty; ``blank_baseline``
        is what blank masks score by the same rule (the share of empty frames).
    competition_dice_ci
        Its 95 % interval, subjects drawn with replacement; None below two subjects.
    dice_nerve_frames, iou_nerve_frames
        Means over frames whose ground truth shows a nerve; one that is missed is 0.
    hd95_nerve_frames, centroid_distance_nerve_frames
        Means in pixels over the ``n_located`` frames where both masks have a nerve;
        ``centroid_share_nerve_frames`` is the latter as share of the diagonal.
    presence_auc
        Of the predicted presence; None without one.
    sensitivity, specificity
        Of "the mask has a pixel", by frame.
    confusion
        Frames by kind: nerve ``found`` or ``missed``, empty ones ``marked`` or
        ``left_empty``.
    pixel_accuracy, pixel_accuracy_blank
        Means over frames, of the prediction and of blank masks.
    n_frames, n_nerve_frames, n_located, n_skipped
        Frames scored, those with nerve, those where both have it, those left out.
    per_subject
        By subject: ``n_frames``, ``n_nerve_frames``, ``competition_dice``,
        ``blank_baseline``, ``dice_nerve_frames``.
    warnings
        Sentences that belong beside these numbers.
    frames
        Each frame's own measures, in the order given.
    """

    competition_dice: float | None
    competition_dice_ci: tuple[float, float] | None
    blank_baseline: float | None
    dice_nerve_frames: float | None
    iou_nerve_frames: float | None
    hd95_nerve_frames: float | None
    centroid_distance_nerve_frames: float | None
    centroid_share_nerve_frames: float | None
    presence_auc: float | None
    sensitivity: float | None
    specificity: float | None
    confusion: dict[str, int]
    pixel_accuracy: float | None
    pixel_accuracy_blank: float | None
    n_frames: int
    n_nerve_frames: int
    n_located: int
    n_skipped: int
    per_subject: dict[str, dict[str, Any]]
    warnings: tuple[str, ...]
    frames: tuple[FrameScores, ...]

    def to_json(self) -> dict[str, Any]:
        """Return everything but ``frames`` as JSON can carry it."""
        values = {key: value for key, value in vars(self).items() if key != "frames"}
        interval = self.competition_dice_ci
        values["competition_dice_ci"] = None if interval is None else list(interval)
        return values | warnings_to_json(self.warnings)


def score_frames(
    pairs: Iterable[ScoredPair],
    *,
    n_skipped: int = 0,
    warnings: Sequence[str] = (),
    seed: int = 0,
) -> Scores:
    """Score predicted masks; the pairs are measured one by one and not kept.

    Parameters
    ----------
    pairs
        FrameId, subject, true mask, predicted mask, presence; see `ScoredPair`.
    n_skipped
        How many frames the caller left out, for the record.
    warnings
        The caller's sentences, put before the panel's own.
    seed
        Of the bootstrap.

    Raises
    ------
    ValueError
        If a frame's two masks differ in shape.
    """
    return summarise(
        [score_frame(*pair) for pair in pairs],
        n_skipped=n_skipped,
        warnings=warnings,
        seed=seed,
    )


def summarise(
    frames: Sequence[FrameScores],
    *,
    n_skipped: int = 0,
    warnings: Sequence[str] = (),
    seed: int = 0,
) -> Scores:
    """Put frames' measures together; parameters as in `score_frames`."""
    nerve = [one for one in frames if one.has_nerve]
    located = [one for one in nerve if one.predicted_area > 0]
    truth = [one.has_nerve for one in frames]
    said = [one.predicted_area > 0 for one in frames]
    blank = _mean(one.blank_accuracy for one in frames)
    return Scores(
        competition_dice=_mean(one.dice for one in frames),
        competition_dice_ci=_interval(frames, seed),
        blank_baseline=_mean(not value for value in truth),
        dice_nerve_frames=_mean(one.dice for one in nerve),
        iou_nerve_frames=_mean(one.iou for one in nerve),
        hd95_nerve_frames=_mean(one.hd95 for one in located),
        centroid_distance_nerve_frames=_mean(one.centroid for one in located),
        centroid_share_nerve_frames=_mean(
            one.centroid / one.diagonal for one in located
        ),
        presence_auc=_auc(frames),
        sensitivity=_defined(sensitivity(truth, said)),
        specificity=_defined(specificity(truth, said)),
        confusion=_confusion(truth, said),
        pixel_accuracy=_mean(one.accuracy for one in frames),
        pixel_accuracy_blank=blank,
        n_frames=len(frames),
        n_nerve_frames=len(nerve),
        n_located=len(located),
        n_skipped=n_skipped,
        per_subject=_per_subject(frames),
        warnings=(*warnings, *_warnings(frames, blank)),
        frames=tuple(frames),
    )


def _confusion(truth: Sequence[bool], said: Sequence[bool]) -> dict[str, int]:
    both = list(zip(truth, said, strict=True))
    return {
        "found": both.count((True, True)),
        "missed": both.count((True, False)),
        "marked": both.count((False, True)),
        "left_empty": both.count((False, False)),
    }


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _mean(values: Iterable[float]) -> float | None:
    listed = list(values)
    return float(np.mean(listed)) if listed else None


def _interval(frames: Sequence[FrameScores], seed: int) -> tuple[float, float] | None:
    known = [(one.dice, one.subject) for one in frames if one.subject is not None]
    if len(known) < len(frames) or not known:
        return None
    values, subjects = zip(*known, strict=True)
    return subject_interval(values, subjects, seed=seed)


def _auc(frames: Sequence[FrameScores]) -> float | None:
    known = [(o.has_nerve, o.presence) for o in frames if o.presence is not None]
    truth, presence = zip(*known, strict=True) if known else ((), ())
    return _defined(presence_auc(truth, presence))


def _per_subject(frames: Sequence[FrameScores]) -> dict[str, dict[str, Any]]:
    by_subject: dict[str, list[FrameScores]] = {}
    for one in frames:
        if one.subject is not None:
            by_subject.setdefault(one.subject, []).append(one)
    return {subject: _one_subject(theirs) for subject, theirs in by_subject.items()}


def _one_subject(frames: Sequence[FrameScores]) -> dict[str, Any]:
    nerve = [one for one in frames if one.has_nerve]
    return {
        "n_frames": len(frames),
        "n_nerve_frames": len(nerve),
        "competition_dice": _mean(one.dice for one in frames),
        "blank_baseline": _mean(not one.has_nerve for one in frames),
        "dice_nerve_frames": _mean(one.dice for one in nerve),
    }


def _warnings(frames: Sequence[FrameScores], blank: float | None) -> Iterable[str]:
    if blank is not None:
        yield accuracy_warning(blank)
    unknown = sum(one.subject is None for one in frames)
    subjects = {one.subject for one in frames}
    if unknown:
        yield ScoreCaveat(
            f"{unknown} of {len(frames)} frames carry no subject, so the scores may "
            "mix frames of people seen in training, and there is no interval.",
            "no subjects",
        )
    elif len(subjects) == 1:
        yield "All frames are of one subject, so there is no interval."
