"""A data set's statistics as bars, each with the frames that it stands for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..review.counting import counted

if TYPE_CHECKING:
    from .._engine import GroupFigures, Statistics

#: Bins of the histograms of areas and of mean grey levels.
BINS = 24

NO_SUBJECT = "no subject"


@dataclass(frozen=True)
class Bar:
    """One bar.

    Attributes
    ----------
    left, right
        Where it stands on the axis.
    low, high
        From where to where it reaches.
    frames
        The FrameIds that it stands for.
    title
        What these are, for people; also the tooltip's first line.
    label
        What is written under it; empty where the axis carries numbers.
    """

    left: float
    right: float
    low: float
    high: float
    frames: tuple[str, ...]
    title: str
    label: str = ""


def nerve_share(found: Statistics) -> list[Bar]:
    """Return the share of frames with a nerve by subject, in percent."""
    shares = [100 * (group.share_nerve or 0.0) for group in found.subjects]
    return [
        _standing(
            n,
            share,
            group.nerve_ids,
            f"{_name(group)}: {share:.1f} % of its frames show a nerve",
            _short(group),
        )
        for n, (group, share) in enumerate(zip(found.subjects, shares, strict=True))
    ]


def area_by_subject(found: Statistics) -> list[Bar]:
    """Return from which to which area, in pixels, half of each subject's nerves are."""
    bars = []
    for n, group in enumerate(found.subjects):
        if group.area is None:
            bars.append(_standing(n, 0, (), f"{_name(group)}: no nerve", _short(group)))
            continue
        title = f"{_name(group)}: nerves of {group.area.median:,.0f} px (median)"
        low, high = group.area.q25, group.area.q75
        ids = group.nerve_ids
        bars.append(Bar(n - 0.4, n + 0.4, low, high, ids, title, _short(group)))
    return bars


def areas(found: Statistics) -> list[Bar]:
    """Return how many nerves have which area in pixels."""
    known = [(frame.id, float(frame.area)) for frame in found.frames if frame.area]
    return _histogram(known, "nerves of {low:,.0f} to {high:,.0f} px")


def mean_greys(found: Statistics) -> list[Bar]:
    """Return how many frames have which mean grey level, 0 to 255."""
    known = [(f.id, float(f.grey)) for f in found.frames if f.grey is not None]
    return _histogram(known, "frames of mean grey {low:.0f} to {high:.0f}")


def sizes(found: Statistics) -> list[Bar]:
    """Return how many frames have which height and width."""
    return [
        _standing(
            n, len(ids), ids, f"frames of {height} x {width}", f"{height}x{width}"
        )
        for n, ((height, width), ids) in enumerate(found.sizes().items())
    ]


def summary(found: Statistics) -> str:
    """Return the counts of the whole data set in one sentence."""
    every = found.overall
    n, nerve, empty = len(every.ids), len(every.nerve_ids), len(every.empty_ids)
    subjects = sum(group.subject is not None for group in found.subjects)
    of = f" of {counted(subjects, 'subject')}" if subjects else ""
    words = [counted(n, "frame") + of]
    if every.share_nerve is not None:
        show = "shows" if nerve == 1 else "show"
        words.append(f"{nerve:,} {show} a nerve ({100 * every.share_nerve:.1f} %)")
    words.append(f"{_have(empty)} an empty mask")
    if n - nerve - empty:
        words.append(f"{_have(n - nerve - empty)} no mask to go by")
    return f"{', '.join(words)}."


def _have(n: int) -> str:
    return f"{n:,} {'has' if n == 1 else 'have'}"


def _standing(
    n: int, height: float, frames: Sequence[str], title: str, label: str
) -> Bar:
    return Bar(n - 0.4, n + 0.4, 0.0, height, tuple(frames), title, label)


def _histogram(known: Iterable[tuple[str, float]], words: str) -> list[Bar]:
    """Return bars of equal width; the last one holds its upper edge."""
    rows = list(known)
    if not rows:
        return []
    values = np.array([value for _, value in rows])
    edges = np.histogram_bin_edges(values, BINS)
    places = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, BINS - 1)
    inside: list[list[str]] = [[] for _ in range(BINS)]
    for (frame, _), place in zip(rows, places.tolist(), strict=True):
        inside[place].append(frame)
    return [
        Bar(low, high, 0.0, len(ids), tuple(ids), f"{words.format(low=low, high=high)}")
        for low, high, ids in zip(edges[:-1], edges[1:], inside, strict=True)
    ]


def _name(group: GroupFigures) -> str:
    return NO_SUBJECT if group.subject is None else f"subject {group.subject}"


def _short(group: GroupFigures) -> str:
    return "?" if group.subject is None else group.subject
