"""The command ``augment_preview``; see `training.worker.commands`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..events import OnEvent, ShouldStop
from ..files import write_whole
from .opening import How, Where, open_data, real


def augment_preview(
    on_event: OnEvent,
    _should_stop: ShouldStop,
    *,
    data: Where,
    out: Where,
    config: Mapping[str, Any] | None = None,
    frames: int = 4,
    variants: int = 5,
    project: Where | None = None,
    reading: How = None,
) -> dict[str, Any]:
    """Write the picture ``out``, a PNG, of frames as a training would see them.

    ``config`` holds a training's settings, of which the augmentation, the size and
    the seed count.
    """
    import imagecodecs

    from ..data.labels import open_labels
    from ..learn import TrainConfig
    from ..learn.augment.preview import preview_grid
    from ..learn.settings.augmentation import Augmentation

    settings = TrainConfig.from_json(dict(config or {}))
    dataset, where = open_data(on_event, data, project, reading)
    with open_labels(dataset, where) as labels:
        picture = preview_grid(
            dataset,
            labels,
            settings.augmentation if settings.augment else Augmentation.off(),
            size=settings.size,
            frames=frames,
            variants=variants,
            seed=settings.seed,
            on_event=on_event,
        )
    write_whole(real(out), bytes(imagecodecs.png_encode(picture)))
    return {
        "out": real(out),
        "height": picture.shape[0],
        "width": picture.shape[1],
        "strengths": settings.augmentation.to_json(),
    }
