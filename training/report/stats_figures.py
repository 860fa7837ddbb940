"""What is counted of each frame, and of many: plain numbers that JSON can carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

#: Bounding box of a nerve: top, left, bottom, right, as shares of the frame.
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class FrameFigures:
    """One frame in numbers.

    Attributes
    ----------
    id, subject
        As in `FrameEntry`.
    height, width
        In pixels; None if the file cannot be read.
    area
        The nerve's pixels, 0 for an empty mask; None if there is no mask to go by.
    grey
        The mean grey level, 0 to 255; None if the frame cannot be used.
    box
        Where the nerve lies; None if there is none.
    shrunk_share
        The nerve's share of the frame if its mask, resized smoothly to 256 x 256,
        counts wherever it is above zero; None if there is none.
    """

    id: str
    subject: str | None
    height: int | None = None
    width: int | None = None
    area: int | None = None
    grey: float | None = None
    box: Box | None = None
    shrunk_share: float | None = None

    @property
    def share(self) -> float | None:
        """The nerve's area as a share of the frame."""
        if self.area is None or self.height is None or self.width is None:
            return None
        return self.area / (self.height * self.width)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> FrameFigures:
        """Return the figures that ``asdict`` made a row of."""
        box = row["box"]
        return cls(**{**row, "box": None if box is None else tuple(box)})


@dataclass(frozen=True, slots=True)
class Spread:
    """How numbers are spread; quantiles are linear between values."""

    n: int
    mean: float
    min: float
    q05: float
    q25: float
    median: float
    q75: float
    q95: float
    max: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """Return the spread of some numbers; None if there are none."""
        if not values:
            return None
        found = np.quantile(values, (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)).tolist()
        return cls(len(values), float(np.mean(values)), *found)


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Some frames in numbers: those of a subject, or all.

    Attributes
    ----------
    subject
        Whose; None for all frames, and for frames without a subject.
    ids
        Its frames.
    nerve_ids, empty_ids
        Those that show a nerve, and those that a mask says show none.
    area, area_share
        Of the frames with a nerve, in pixels and as a share of the frame.
    """

    subject: str | None
    ids: tuple[str, ...]
    nerve_ids: tuple[str, ...]
    empty_ids: tuple[str, ...]
    area: Spread | None
    area_share: Spread | None

    @classmethod
    def of(cls, subject: str | None, frames: Sequence[FrameFigures]) -> GroupFigures:
        """Count some frames."""
        nerve = [frame for frame in frames if frame.area]
        shares = [frame.share for frame in nerve if frame.share is not None]
        return cls(
            subject,
            tuple(frame.id for frame in frames),
            tuple(frame.id for frame in nerve),
            tuple(frame.id for frame in frames if frame.area == 0),
            Spread.of([float(frame.area or 0) for frame in nerve]),
            Spread.of(shares),
        )

    @property
    def share_nerve(self) -> float | None:
        """The share with a nerve among the frames with a mask."""
        n = len(self.nerve_ids) + len(self.empty_ids)
        return len(self.nerve_ids) / n if n else None

    def to_json(self) -> dict[str, Any]:
        """Return counts, shares and ids as plain values."""
        return {
            "subject": self.subject,
            "n_frames": len(self.ids),
            "n_nerve": len(self.nerve_ids),
            "n_empty": len(self.empty_ids),
            "n_without_mask": len(self.ids) - len(self.nerve_ids) - len(self.empty_ids),
            "share_nerve": self.share_nerve,
            "area": None if self.area is None else asdict(self.area),
            "area_share": None if self.area_share is None else asdict(self.area_share),
            "ids": list(self.ids),
            "nerve_ids": list(self.nerve_ids),
            "empty_ids": list(self.empty_ids),
        }


@dataclass(frozen=True, slots=True)
class AreaMeans:
    """The mean share of the frame that is nerve, in the ways it is published.

    Attributes
    ----------
    nerve_pooled
        Over the frames with a nerve.
    nerve_by_subject
        The same, first within each subject and then over subjects.
    all_pooled, all_by_subject
        Over all frames with a mask, empty ones as zero.
    nerve_shrunk
        Over the frames with a nerve, each mask resized smoothly to 256 x 256 and
        counted wherever it is above zero, which takes in its rim.
    """

    nerve_pooled: float | None
    nerve_by_subject: float | None
    all_pooled: float | None
    all_by_subject: float | None
    nerve_shrunk: float | None

    @classmethod
    def of(cls, groups: Sequence[Sequence[FrameFigures]]) -> AreaMeans:
        """Take the means; each group holds one subject's frames."""
        every = [[f.share for f in group if f.share is not None] for group in groups]
        nerve = [[share for share in shares if share > 0] for shares in every]
        shrunk = [
            [f.shrunk_share for f in group if f.shrunk_share is not None]
            for group in groups
        ]
        return cls(
            _pooled(nerve),
            _by_group(nerve),
            _pooled(every),
            _by_group(every),
            _pooled(shrunk),
        )


def _pooled(groups: Sequence[Sequence[float]]) -> float | None:
    values = [value for group in groups for value in group]
    return float(np.mean(values)) if values else None


def _by_group(groups: Sequence[Sequence[float]]) -> float | None:
    means = [float(np.mean(group)) for group in groups if group]
    return float(np.mean(means)) if means else None


def area_words(means: AreaMeans) -> list[str]:
    """Say what the means of the nerve's area are, and what parts them.

    Two figures are published for Kaggle's 5,635 frames, 2.93 % and 3.2 %. On the
    masks of subjects 1-32, pooling or averaging by subject moves the mean by
    hundredths of a per cent, and resizing smoothly to 256 x 256 and counting what is
    above zero makes it 1.086 times as much. That the author of 3.2 % counted so is a
    guess that would fit, and nothing that was read anywhere or can be measured here.
    """
    if means.nerve_pooled is None or means.all_pooled is None:
        return ["No frame shows a nerve, so that it has no area."]
    assert means.nerve_by_subject is not None
    assert means.all_by_subject is not None
    assert means.nerve_shrunk is not None
    return [
        f"On frames that show a nerve it covers {_percent(means.nerve_pooled)} of the "
        "frame, all such frames counted alike.",
        f"Taken first within each subject and then over subjects, it is "
        f"{_percent(means.nerve_by_subject)}{_because(means)}.",
        f"Over all frames with a mask, empty ones counted as zero, it is "
        f"{_percent(means.all_pooled)}, and by subject "
        f"{_percent(means.all_by_subject)}: the size of a nerve times how often there "
        "is one.",
        "If each mask is first resized smoothly to 256 x 256 and then counted wherever "
        "it is above zero, its rim is counted too, and it is "
        f"{_percent(means.nerve_shrunk)}.",
        "A figure that is none of these may be of other frames, such as a part of the "
        "subjects, or of other labels, such as those before they were mended.",
    ]


def _because(means: AreaMeans) -> str:
    assert means.nerve_pooled is not None
    assert means.nerve_by_subject is not None
    apart = means.nerve_by_subject - means.nerve_pooled
    if abs(apart) < 0.00005:
        return ", the same"
    kind = "larger" if apart < 0 else "smaller"
    return f", because subjects with many such frames have {kind} nerves"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
