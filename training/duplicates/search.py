"""The duplicate search over a data set: read, compare, judge."""

from __future__ import annotations

import time
from collections.abc import Collection, Hashable, Sequence
from dataclasses import replace

from ..data import DataSet, Project, load_frames, scan
from ..data.mask_cache import cached_masks
from ..data.store.words import SHAPE_DICE, SSIM_THRESHOLD
from ..errors import InputError
from ..events import OnEvent, Progress, ShouldStop
from .frames import (
    ANY_LABEL,
    Roi,
    check_frame,
    check_frames,
    check_roi,
    frame_digests,
    misfit,
)
from .join import check_settings, join_frames
from .report import DuplicateReport, MasksOf, check_shape_dice, regroup
from .ssim_constants import Frame
from .stored import StoredPairs, load_duplicates, people_of
from .torch_join import torch_compare
from .window import WINDOW, Window, get_window

#: What is compared with what.
SCOPES = ("subject", "all")


def find_duplicates(
    dataset: DataSet,
    labels: MasksOf,
    *,
    threshold: float = SSIM_THRESHOLD,
    scope: str = "subject",
    shape_dice: float = SHAPE_DICE,
    window: str = WINDOW,
    roi: Roi | None = None,
    device: str = "cpu",
    project: Project | None = None,
    not_duplicates: Collection[frozenset[str]] = frozenset(),
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> DuplicateReport:
    """Find near-duplicate frames and the conflicts between their masks.

    Parameters
    ----------
    dataset
        The frames. One that cannot be read, is smaller than the window or does not
        contain the roi is left out and named in the report's warnings.
    labels
        Anything with ``mask(id)``, the data set itself for example.
    threshold
        Pairs have a mean SSIM strictly above it.
    scope
        "subject": only frames of one subject are compared; those without a subject,
        which may be anybody's, with all. "all": all frames are.
    shape_dice
        Two nerves conflict below this Dice.
    window, roi, device
        See `training.duplicates.find_similar_pairs`.
    project
        Where decoded frames are cached and the pairs are stored; None: nowhere.
    not_duplicates
        See `training.duplicates.report.regroup`.
    on_event, should_stop
        See `training.events`.

    Raises
    ------
    InputError
        If a setting is impossible or fewer than two frames can be read.
    Cancelled
        If ``should_stop`` says so; nothing is stored then.
    """
    check_shape_dice(shape_dice)
    stored = search_pairs(
        dataset,
        threshold=threshold,
        scope=scope,
        window=window,
        roi=roi,
        device=device,
        project=project,
        on_event=on_event,
        should_stop=should_stop,
    )
    with cached_masks(dataset, project):
        report = regroup(
            stored,
            labels,
            shape_dice,
            not_duplicates,
            on_event=on_event,
            should_stop=should_stop,
        )
    if project is not None:
        report.save(project.make().duplicates)
    return report


def search_pairs(
    dataset: DataSet,
    *,
    threshold: float = SSIM_THRESHOLD,
    scope: str = "subject",
    window: str = WINDOW,
    roi: Roi | None = None,
    device: str = "cpu",
    project: Project | None = None,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> StoredPairs:
    """Find the similar pairs, and store and judge nothing; as `find_duplicates`."""
    check_settings(threshold, window)
    shown = get_window(window)
    if roi is not None:
        check_roi(roi, shown)
    if scope not in SCOPES:
        raise InputError(f"There is no scope {scope!r}; use 'subject' or 'all'.")
    compare = None if device == "cpu" else torch_compare(device)
    started = time.monotonic()
    ids, frames, warnings = read_frames(
        dataset, shown, project, on_event, should_stop, roi
    )
    if len(ids) < 2:
        why = f": {warnings[0]}" if warnings else "."
        raise InputError(
            f"A search for duplicates needs two or more frames, and {dataset.root} has "
            f"{len(ids)} that can be read{why}"
        )
    n_hashes = len(ids) * (1 if roi is None else 2)  # of whole frames, and of parts
    progress = Progress("Hashing frames", n_hashes, on_event, should_stop)
    hashes = frame_digests(frames, progress)
    pictures = check_frames(frames, shown, roi)
    within, doubts = _labels(dataset, ids, scope)
    found = join_frames(
        pictures,
        hashes if roi is None else frame_digests(pictures, progress),
        threshold,
        within=within,
        window=window,
        compare=compare,
        on_event=on_event,
        should_stop=should_stop,
    )
    warnings += doubts
    if not found.complete:
        warnings.append(
            f"There are too many pairs above {threshold:g} to list; the groups are "
            "complete, but only the pairs that connect them are given."
        )
    return StoredPairs(
        ids=tuple(ids),
        hashes=tuple(hashes),
        i=found.i,
        j=found.j,
        ssim=found.ssim,
        complete=found.complete,
        n_compared=found.n_compared,
        threshold=threshold,
        window=window,
        roi=roi,
        scope=scope,
        seconds=time.monotonic() - started,
        warnings=tuple(warnings),
        people=people_of(dataset, ids),
    )


def stored_search(
    dataset: DataSet,
    project: Project,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> StoredPairs | None:
    """Return the project's last search if it is one of these very frames.

    The frames are hashed, by way of the scan that the project keeps.

    Returns
    -------
    StoredPairs or None
        With a warning for each frame that cannot be read now. None if nothing was
        searched, or a frame is new, gone or changed since.

    Raises
    ------
    InputError
        If the stored search cannot be read.
    """
    if not project.duplicates.exists():
        return None
    stored = load_duplicates(project.duplicates)
    window = get_window(stored.window)
    seen = scan(dataset, project, on_event, should_stop)
    hashes = {
        frame.id: frame.sha256
        for frame in seen.frames
        if frame.sha256 and frame.shape and not misfit(frame.shape, window, stored.roi)
    }
    if not stored.fits(hashes, dataset):
        return None
    bad = {frame.id for frame in seen.frames if frame.sha256 is None}
    left_out = [
        problem.text
        for problem in seen.problems
        if problem.frame in bad and problem.kind != "frame-without-mask"
    ]
    return replace(stored, warnings=tuple(dict.fromkeys([*stored.warnings, *left_out])))


def without_subject(subjects: Sequence[str | None]) -> str:
    """Return how many frames carry no subject, in words; empty if all carry one.

    Parameters
    ----------
    subjects
        Of each frame.
    """
    n = sum(subject is None for subject in subjects)
    if n == len(subjects):
        return "these frames carry no subjects" if n else ""
    return f"{n:,} of {len(subjects):,} frames carry no subject" if n else ""


def _labels(
    dataset: DataSet, ids: Sequence[str], scope: str
) -> tuple[list[Hashable], list[str]]:
    """Return the frames' labels for the join, and what is to be said of them."""
    if scope == "all":
        return [None] * len(ids), []
    subjects = [dataset.entry(frame_id).subject for frame_id in ids]
    lack = without_subject(subjects) if any(subjects) else ""
    doubts = [
        f"{lack}, so they may be anybody's and were compared with all frames: tell "
        "subjects by --subject-by."
    ]
    labels = [ANY_LABEL if whose is None else whose for whose in subjects]
    return labels, doubts if lack else []


def read_frames(
    dataset: DataSet,
    window: Window,
    project: Project | None,
    on_event: OnEvent | None,
    should_stop: ShouldStop | None,
    roi: Roi | None = None,
) -> tuple[list[str], list[Frame], list[str]]:
    """Return the ids and the frames that can be compared, and the warnings."""
    loaded = load_frames(dataset, None, project, on_event, should_stop)
    warnings = [problem.text for problem in loaded.problems]
    ids, frames = [], []
    for frame_id, frame in zip(loaded.ids, loaded.frames, strict=True):
        try:
            frames.append(check_frame(frame, f"Frame {frame_id}", window, roi))
            ids.append(frame_id)
        except InputError as error:  # too small
            warnings.append(str(error))
    return ids, frames, warnings
