"""The demo's folder: what in it the demo may delete, and what it must not touch."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..data.project import Project

#: What a demo writes, and nothing else.
MARK, PHANTOM, PREDICTIONS, PROJECT, RUN = (
    "demo.json",
    "phantom",
    "predictions",
    "project",
    "demo",
)
#: The tabs of the window, with a picture of each.
TABS = ("frames", "conflicts", "train", "predict")
_PICTURES = tuple(f"{tab}.png" for tab in TABS)

#: A phantom's frames and masks, and what a killed process left half-made.
_FRAME = re.compile(r"\d+(_\d+)?(_mask)?\.tif")
_LEFTOVER = re.compile(rf"\.({PHANTOM}|{PREDICTIONS})-[0-9a-f]+(-old)?")


def foreign(folder: Path) -> str | None:
    """Return what in a demo's folder would be lost by starting afresh, or None.

    Parameters
    ----------
    folder
        It need not be there.

    Returns
    -------
    str or None
        Words for ``"… holds {words}; name a new folder"``.

    Raises
    ------
    InputError
        If the label store in it cannot be read.
    """
    if not folder.exists():
        return None
    if not folder.is_dir():
        return "a file's content, which no demo wrote"
    if not (folder / MARK).is_file():
        path = next(iter(sorted(folder.iterdir())), None)
    else:
        path = next(_strangers(folder), None)
    if path is not None:
        return f"{path.relative_to(folder)}, which no demo wrote"
    return _edits(Project(folder / PROJECT))


def start_afresh(folder: Path) -> None:
    """Delete what an earlier demo wrote; `foreign` has to be None."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    (folder / MARK).write_text("{}\n", encoding="utf-8")


def _strangers(folder: Path) -> Iterator[Path]:
    """Yield what lies in the folder and is not known to be a demo's."""
    from ..predict.layout import is_ours

    ours = {MARK, PHANTOM, PREDICTIONS, PROJECT, *_PICTURES}
    yield from (p for p in _others(folder, ours) if not _LEFTOVER.fullmatch(p.name))
    phantom = folder / PHANTOM
    yield from _others(phantom, {"train", "test", "truth.json"})
    for part in ("train", "test"):
        frames = _listing(phantom / part)
        yield from (path for path in frames if not _FRAME.fullmatch(path.name))
    predictions = folder / PREDICTIONS
    if any(_listing(predictions)) and not is_ours(predictions):
        yield predictions
    project = Project(folder / PROJECT)
    store = [f"{project.labels.name}{suffix}" for suffix in ("", "-wal", "-shm")]
    known = {project.frames.name, project.duplicates.name, project.runs.name, *store}
    yield from _others(project.root, known)
    yield from _others(project.runs, {RUN})


def _others(folder: Path, known: Iterable[str]) -> Iterator[Path]:
    return (path for path in _listing(folder) if path.name not in known)


def _listing(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _edits(project: Project) -> str | None:
    """Return words for what was drawn and decided in an earlier demo's window."""
    if not project.labels.exists():
        return None
    from ..data.store import LabelStore

    with LabelStore.open(project.labels) as store:
        n = len(store.history())
    return f"labels edited in its window (actions: {n:,})" if n else None
