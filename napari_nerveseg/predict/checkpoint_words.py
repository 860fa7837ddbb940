"""A checkpoint in words: what it is, what it was trained on, how good it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import _engine
from ..review.counting import counted

if TYPE_CHECKING:
    from .._engine import CheckpointMeta

_NONE = (
    "No checkpoint is chosen. Train one in the tab Train; choose a file "
    "best.safetensors or a run folder; or run 'nerveseg demo', which trains a small "
    "one on synthetic frames."
)
_OF_PROJECT = "The newest that this project has trained."
_SYNTHETIC = (
    "It learnt from synthetic frames: good for trying the window, of no use for real "
    "ones."
)
_ENSEMBLE = "Several networks that predict together."
#: Where ``make demo`` writes its checkpoint, seen from the folder it was run in.
DEMO = Path("demo-out", "project", "runs", "demo", "best.safetensors")


def demo_checkpoint() -> Path | None:
    """Return the checkpoint of the demo that was run here or in the source folder."""
    here, source = Path.cwd(), Path(__file__).resolve().parents[2]
    return next(
        (folder / DEMO for folder in (here, source) if (folder / DEMO).is_file()), None
    )


def checkpoint_hint(path: Path | None, of_project: bool) -> str:
    """Return what to know of a checkpoint before one predicts, or how to get one.

    Parameters
    ----------
    path
        A checkpoint file, a run folder, or None.
    of_project
        Whether nobody chose it.
    """
    if path is None:
        return _NONE
    about = [_OF_PROJECT] if of_project else []
    try:
        about += meta_words(_engine.read_meta(path))
    except _engine.InputError:  # said by who loads it; an ensemble has no file
        about += [_ENSEMBLE] if path.is_dir() else []
    return " ".join(about)


def meta_words(meta: CheckpointMeta) -> list[str]:
    """Return sentences about a checkpoint."""
    height, width = meta.input_size
    known: dict[str, Any] = dict(meta.provenance)
    words = f"Network {meta.network}, {height} x {width}"
    if known.get("data"):
        words += f", trained on '{known['data']}'"
    subjects = known.get("train_subjects") or ()
    if subjects:
        words += f" ({counted(len(subjects), 'subject')})"
    scores = [
        f"{name} Dice {meta.scores[name]['competition_dice']:.3f}"
        for name in ("validation", "test")
        if (meta.scores.get(name) or {}).get("competition_dice") is not None
    ]
    sentences = ["; ".join([words, *scores]) + "."]
    return [*sentences, _SYNTHETIC] if known.get("synthetic") else sentences
