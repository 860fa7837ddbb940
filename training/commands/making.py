"""``phantom`` and ``export``: folders that the program writes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from ..data.reading import Reading
from ..events import OnEvent, ShouldStop
from ..files import real_path
from .opening import open_data, opened_labels
from .options import (
    AS_WRITTEN,
    CommandLine,
    Data,
    HowRead,
    Options,
    ProjectDir,
    one_of,
)


class Phantom(Options):
    """Write a synthetic data set with planted conflicts, listed in truth.json.

    Example: nerveseg phantom phantom --subjects 6 --frames 40 --seed 0
    """

    has_json = False

    out: Annotated[Path, AS_WRITTEN, CommandLine("OUT", argument=True)]
    """A new folder."""
    subjects: int = 6
    """How many subjects."""
    frames: int = 40
    """Frames of each subject."""
    seed: int = 0
    """Same seed, same bytes."""
    test_frames: int = 0
    """Frames without masks."""
    twin_rate: float | None = None
    """Share of frames that revisit a place."""


def phantom(
    options: Phantom, on_event: OnEvent, should_stop: ShouldStop
) -> dict[str, Any]:
    """Write synthetic frames with masks; see `training.data.phantom.make_phantom`.

    Returns
    -------
    dict
        ``out`` and ``data``, the folder in it that one opens; ``n_frames``, and
        ``n_conflicts``, those that were planted.
    """
    from ..data.phantom import make_phantom

    own: dict[str, Any] = {}
    if options.twin_rate is not None:
        own["twin_rate"] = options.twin_rate
    truth = make_phantom(
        options.out,
        subjects=options.subjects,
        frames=options.frames,
        seed=options.seed,
        test_frames=options.test_frames,
        on_event=on_event,
        should_stop=should_stop,
        **own,
    )
    folder = real_path(options.out)
    return {
        "out": folder,
        "data": folder / "train",
        "n_frames": options.subjects * options.frames,
        "n_conflicts": len(truth["conflicts"]),
    }


class Export(Options):
    """Write the current masks under the source's names, read back and compared.

    Example: nerveseg export train --out mended --format tif
    """

    data: Data
    out: Annotated[Path, AS_WRITTEN, CommandLine("DIR")]
    """A new folder."""
    format: Annotated[str, one_of("tif", "png", "rle")] = "tif"
    """tif, png or rle."""
    snapshot: str | None = None
    """The labels of this snapshot."""
    project: ProjectDir = None
    reading: HowRead = Reading()


def export(
    options: Export, on_event: OnEvent, should_stop: ShouldStop
) -> dict[str, Any]:
    """Write the current masks; see `training.report.export`."""
    from ..report.export import export as export_masks

    dataset, where = open_data(on_event, *options.named)
    with opened_labels(on_event, dataset, where, options.snapshot) as labels:
        return export_masks(
            dataset,
            labels,
            real_path(options.out),
            options.format,
            on_event=on_event,
            should_stop=should_stop,
        )
