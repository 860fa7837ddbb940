"""Near-duplicates on both sides of a line that a test relies on.

A score is honest only if no frame that is scored has a twin among those learned from.
Lines are drawn between subjects, between the parts of a split, and between folders.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..data import DataSet, Project
from ..data.remarks import doubtful_frames
from ..data.store.words import SSIM_THRESHOLD
from ..duplicates import StoredPairs
from ..duplicates.frames import frame_digests
from ..duplicates.join import check_settings, join_frames
from ..duplicates.search import read_frames, without_subject
from ..duplicates.window import WINDOW, get_window
from ..errors import InputError
from ..events import OnEvent, Progress, ShouldStop


@dataclass(frozen=True)
class Leak:
    """Two similar frames, and which side of the line each is on."""

    a: str
    b: str
    ssim: float
    a_in: str
    b_in: str


@dataclass(frozen=True)
class LeakReport:
    """The pairs that cross one kind of line.

    Attributes
    ----------
    across
        "subjects", "splits" or "folders".
    leaks
        The pairs, the most similar first.
    n_frames
        How many frames were looked at, on all sides.
    threshold, window
        Of the search.
    warnings
        One sentence for each frame left out, and the like.
    """

    across: str
    leaks: tuple[Leak, ...]
    n_frames: int
    threshold: float
    window: str
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON can carry it, with counts."""
        return {
            "across": self.across,
            "n_pairs": len(self.leaks),
            "n_frames_concerned": len(
                {(side, name) for leak in self.leaks for side, name in _ends(leak)}
            ),
            "n_frames": self.n_frames,
            "threshold": self.threshold,
            "window": self.window,
            "pairs": [vars(leak) for leak in self.leaks],
            "warnings": list(self.warnings),
        }


def _ends(leak: Leak) -> tuple[tuple[str, str], ...]:
    return (leak.a_in, leak.a), (leak.b_in, leak.b)


def subject_leaks(dataset: DataSet, stored: StoredPairs) -> LeakReport:
    """Return the pairs whose frames are of two subjects.

    Parameters
    ----------
    dataset
        Tells the subjects; pairs with a frame of no known subject do not count.
    stored
        A search with ``scope="all"``.

    Raises
    ------
    InputError
        If the search compared frames within subjects only.
    """
    if stored.scope != "all":
        raise InputError(
            "This search compared frames within each subject only; search with scope "
            "'all' to see what crosses subjects."
        )
    sides = {name: dataset.entry(name).subject for name in stored.ids}
    report = _report("subjects", sides, stored)
    if lack := without_subject(list(sides.values())):
        doubt = f"{lack[0].upper()}{lack[1:]}, so what they cross is not known: tell "
        warnings = (f"{doubt}subjects by --subject-by.", *report.warnings)
        report = replace(report, warnings=warnings)
    return report


def split_leaks(stored: StoredPairs, parts: Mapping[str, Iterable[str]]) -> LeakReport:
    """Return the pairs whose frames are in two parts of a split.

    Parameters
    ----------
    stored
        A search; with ``scope="all"`` it covers twins of different subjects too.
    parts
        Name of each part ("train", "validation", ...) to its frame ids.
    """
    sides: dict[str, str | None] = {
        name: part for part, names in parts.items() for name in names
    }
    return _report("splits", sides, stored)


def _report(
    across: str, sides: Mapping[str, str | None], stored: StoredPairs
) -> LeakReport:
    leaks = []
    ends = zip(stored.i.tolist(), stored.j.tolist(), stored.ssim.tolist(), strict=True)
    for i, j, ssim in ends:
        a, b = stored.ids[i], stored.ids[j]
        a_in, b_in = sides.get(a), sides.get(b)
        if a_in is not None and b_in is not None and a_in != b_in:
            leaks.append(Leak(a, b, ssim, a_in, b_in))
    return LeakReport(
        across,
        _sorted(leaks),
        sum(sides.get(name) is not None for name in stored.ids),
        stored.threshold,
        stored.window,
        stored.warnings,
    )


def _sorted(leaks: Iterable[Leak]) -> tuple[Leak, ...]:
    return tuple(sorted(leaks, key=lambda leak: (-leak.ssim, leak.a, leak.b)))


def folder_leaks(
    dataset: DataSet,
    other: DataSet,
    *,
    threshold: float = SSIM_THRESHOLD,
    window: str = WINDOW,
    project: Project | None = None,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> LeakReport:
    """Compare every frame of a data set with every frame of another.

    Parameters
    ----------
    dataset, other
        For example the frames to learn from and those to be scored; frames that
        cannot be read are named in the warnings, and so is what is doubtful in a few
        of ``other``, such as values outside of the range that both are read by.
    threshold, window
        See `training.duplicates.find_similar_pairs`.
    project
        Where decoded frames of ``dataset`` are cached; None: nowhere.
    on_event, should_stop
        See `training.events`.

    Raises
    ------
    InputError
        If a setting is impossible or a folder has no frame that can be read.
    """
    check_settings(threshold, window)
    shown = get_window(window)
    ids, frames, warnings = read_frames(dataset, shown, project, on_event, should_stop)
    their = read_frames(other, shown, None, on_event, should_stop)
    _check_filled((dataset, ids), (other, their[0]))
    every = [*frames, *their[1]]
    progress = Progress("Hashing frames", len(every), on_event, should_stop)
    found = join_frames(
        every,
        frame_digests(every, progress),
        threshold,
        n_first=len(frames),
        window=window,
        on_event=on_event,
        should_stop=should_stop,
    )
    doubts = [f"{other.root}: {text}" for text in doubtful_frames(other)]
    names = (str(dataset.root), str(other.root))
    ends = zip(found.i.tolist(), found.j.tolist(), found.ssim.tolist(), strict=True)
    leaks = [Leak(ids[i], their[0][j], ssim, *names) for i, j, ssim in ends]
    return LeakReport(
        "folders",
        _sorted(leaks),
        len(every),
        threshold,
        window,
        (*warnings, *their[2], *doubts, *_too_many(found.complete, threshold)),
    )


def _check_filled(*sides: tuple[DataSet, Sequence[str]]) -> None:
    for dataset, ids in sides:
        if not ids:
            raise InputError(
                f"{dataset.root} has no frame that can be read; run 'nerveseg scan' on "
                "it to see why."
            )


def _too_many(complete: bool, threshold: float) -> tuple[str, ...]:
    if complete:
        return ()
    return (
        f"There are too many pairs above {threshold:g} to list; every frame that has a "
        "twin in the other folder is still in one of those given.",
    )
