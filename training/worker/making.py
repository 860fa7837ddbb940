"""The command ``phantom``; see `training.worker.commands`."""

from __future__ import annotations

from typing import Any

from ..events import OnEvent, ShouldStop
from .opening import Where, real


def phantom(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    out: Where,
    subjects: int = 6,
    frames: int = 40,
    seed: int = 0,
) -> dict[str, Any]:
    """Write synthetic frames with masks; see `training.data.phantom.make_phantom`.

    Returns
    -------
    dict
        ``out`` and ``data``, the folder in it that one opens; ``n_frames``.
    """
    from ..data.phantom import make_phantom

    folder = real(out)
    make_phantom(
        folder,
        subjects=subjects,
        frames=frames,
        seed=seed,
        on_event=on_event,
        should_stop=should_stop,
    )
    return {"out": folder, "data": folder / "train", "n_frames": subjects * frames}
