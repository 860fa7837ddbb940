"""How well people agree with themselves, and what that allows a score to be.

Two frames of a duplicate pair are one picture, and their masks two annotations of it.
How much these agree is the noise of the labels; and as a perfect model knows the
picture only, it also limits what any model can score on such labels.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data import DataSet, Project
from ..data.labels import open_labels
from ..duplicates import DuplicatePair, MasksOf, StoredPairs, load_duplicates
from ..duplicates.conflicts import Patch
from ..duplicates.groups import still_duplicates
from ..duplicates.harm import frame_losses
from ..duplicates.report import judge_pair, read_patches
from ..errors import Cancelled, InputError
from ..events import OnEvent, Progress, ShouldStop, message
from ..metrics.bootstrap import subject_interval

#: The quantiles of the agreement that are given.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

_HOW = (
    "Frames of a pair above the SSIM threshold count as one picture, their masks as two"
    " annotations of it. Agreement is their Dice (both empty counts 1), averaged over"
    " the similar frames of each frame, then over frames. A perfect model gives each"
    " frame the mask that agrees best with its own and its similar frames' masks; the"
    " ceiling is its mean Dice. With two annotations only, that model has seen the very"
    " masks it is held against, so the true ceiling lies below. Intervals: 95 %,"
    " subjects drawn with replacement."
)


@dataclass(frozen=True)
class LabelNoise:
    """What the masks of duplicate frames say about the labels.

    Attributes
    ----------
    agreement, agreement_ci
        Mean Dice of two annotations of one picture, by the competition's rule, and
        its 95 % interval: what a second annotator would score. None without pairs.
    quantiles
        Of the Dice of the pairs, by their share.
    nerve_agreement
        Mean Dice over the pairs in which both masks show a nerve.
    presence_agreement
        The share of pairs whose masks agree on whether there is a nerve.
    ceiling, ceiling_ci
        The competition score of a perfect model on these frames, and its interval.
    n_pairs, n_frames, n_subjects
        What the numbers rest on.
    threshold, window
        Of the search.
    how
        How it was computed, for people.
    """

    agreement: float | None
    agreement_ci: tuple[float, float] | None
    quantiles: dict[float, float]
    nerve_agreement: float | None
    presence_agreement: float | None
    ceiling: float | None
    ceiling_ci: tuple[float, float] | None
    n_pairs: int
    n_frames: int
    n_subjects: int
    threshold: float
    window: str
    warnings: tuple[str, ...]
    how: str = _HOW

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON can carry it."""
        values = dict(vars(self))
        for name in ("agreement_ci", "ceiling_ci"):
            values[name] = None if values[name] is None else list(values[name])
        values["quantiles"] = {f"{q:g}": v for q, v in self.quantiles.items()}
        values["warnings"] = list(self.warnings)
        return values


def label_noise(
    dataset: DataSet,
    labels: MasksOf,
    stored: StoredPairs,
    *,
    excluded: Collection[str] = frozenset(),
    not_duplicates: Collection[frozenset[str]] = frozenset(),
    seed: int = 0,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> LabelNoise:
    """Measure the agreement of annotations of one picture.

    Parameters
    ----------
    dataset
        Tells the subjects.
    labels
        The masks: the data set's own tell how its annotators agreed, mended ones
        what is left.
    stored
        The similar pairs.
    excluded
        Frames that do not count.
    not_duplicates
        Sets of frames that a person said are no duplicates of each other.
    seed
        Of the bootstrap.
    on_event, should_stop
        See `training.events`.
    """
    keep = still_duplicates(stored.ids, stored.i, stored.j, not_duplicates)
    i, j, ssim = stored.i[keep], stored.j[keep], stored.ssim[keep]
    used = [
        k
        for k in np.unique(np.concatenate([i, j])).tolist()
        if stored.ids[k] not in excluded
    ]
    progress = Progress("Reading masks", len(used), on_event, should_stop)
    read, warnings = read_patches(stored.ids, used, labels, progress)
    patches: dict[int, Patch | None] = dict.fromkeys(range(len(stored.ids)))
    patches.update(read)
    judged = (
        judge_pair(stored.ids, a, b, value, patches, 0.0)
        for a, b, value in zip(i.tolist(), j.tolist(), ssim.tolist(), strict=True)
    )
    pairs = [pair for pair in judged if pair.dice is not None]
    masks = {stored.ids[k]: patch for k, patch in read.items()}
    subjects = {name: dataset.entry(name).subject for p in pairs for name in (p.a, p.b)}
    return _summarise(stored, pairs, masks, subjects, warnings, seed)


def project_noise(
    dataset: DataSet,
    project: Project,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> dict[str, Any] | None:
    """Measure the source's masks by the project's last duplicate search, as JSON.

    A score is worth telling without its ceiling: where there is no search, or it
    cannot be read, or somebody is in a hurry, this is None.

    Parameters
    ----------
    dataset, project
        Whose masks, and where ``duplicates.npz`` would lie.
    on_event, should_stop
        As everywhere; told why a search that is there gives no ceiling.
    """
    if not project.duplicates.exists():
        return None
    try:
        stored = load_duplicates(project.duplicates)
        with open_labels(dataset, project) as labels:
            parted = labels.not_duplicates
        found = label_noise(
            dataset,
            dataset,
            stored,
            not_duplicates=parted,
            on_event=on_event,
            should_stop=should_stop,
        )
    except InputError as error:
        message(on_event, f"No label-noise ceiling: {error}", "warning")
        return None
    except Cancelled:
        return None
    return None if found.ceiling is None else found.to_json()


def _summarise(
    stored: StoredPairs,
    pairs: Sequence[DuplicatePair],
    masks: Mapping[str, Patch | None],
    subjects: Mapping[str, str | None],
    warnings: Sequence[str],
    seed: int,
) -> LabelNoise:
    by_frame: dict[str, list[float]] = {}
    for pair in pairs:
        for name in (pair.a, pair.b):
            by_frame.setdefault(name, []).append(pair.dice or 0.0)
    agreement = {name: float(np.mean(values)) for name, values in by_frame.items()}
    losses = frame_losses(masks, [(pair.a, pair.b) for pair in pairs])
    scores = {name: 1 - loss for name, loss in losses.items()}
    dices = [pair.dice or 0.0 for pair in pairs]
    nerves = [
        pair.dice for pair in pairs if _has_nerve(masks, pair.a, pair.b) == (True, True)
    ]
    alike = [len(set(_has_nerve(masks, pair.a, pair.b))) == 1 for pair in pairs]
    return LabelNoise(
        agreement=_mean(agreement.values()),
        agreement_ci=_interval(agreement, subjects, seed),
        quantiles=(
            {q: float(np.quantile(dices, q)) for q in QUANTILES} if dices else {}
        ),
        nerve_agreement=_mean(nerves),
        presence_agreement=_mean(alike),
        ceiling=_mean(scores.values()),
        ceiling_ci=_interval(scores, subjects, seed),
        n_pairs=len(pairs),
        n_frames=len(agreement),
        n_subjects=len(set(subjects.values()) - {None}),
        threshold=stored.threshold,
        window=stored.window,
        warnings=tuple(warnings),
    )


def _has_nerve(masks: Mapping[str, Patch | None], *names: str) -> tuple[bool, ...]:
    found = (masks[name] for name in names)
    return tuple(patch is not None and patch.area > 0 for patch in found)


def _mean(values: Collection[Any]) -> float | None:
    return float(np.mean(list(values))) if values else None


def _interval(
    values: Mapping[str, float], subjects: Mapping[str, str | None], seed: int
) -> tuple[float, float] | None:
    of = [subjects[name] for name in values]
    if None in of or not of:
        return None
    return subject_interval(list(values.values()), [str(s) for s in of], seed=seed)
