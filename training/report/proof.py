"""Proves a project folder: whether everything in it is what the program wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..data.packs import SUFFIX, checksum_of, read_pack
from ..data.project import Project, kept_reading
from ..data.scan_cache import proves_itself, read_rows
from ..data.store import prove_store
from ..duplicates import load_duplicates
from ..errors import InputError
from ..guarded import load_json
from ..predict.layout import PROGRESS, TABLE
from ..predict.prediction_set import open_predictions
from .run_files import read_run


@dataclass(frozen=True)
class Proved:
    """One thing of a project folder.

    Attributes
    ----------
    name
        Where it lies in the folder.
    state
        What it holds, or everything that is wrong with it, in sentences.
    good
        Whether nothing is.
    remedy
        What to do; empty if that is said already, or nothing is wrong.
    """

    name: str
    state: str
    good: bool = True
    remedy: str = ""


def prove_project(project: Project) -> list[Proved]:
    """Look at everything in a project folder; nothing is changed.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    root = project.root
    if not root.is_dir():
        raise InputError(f"{root} is not there: name a project folder.")
    stores = [project.labels, *sorted((root / "readings").glob("*.sqlite"))]
    folders = [
        *((one, _predictions) for one in _inside(project.predictions)),
        *((one, _run) for one in _inside(project.runs)),
    ]
    return [
        *(_store(path, root) for path in stores if path.exists()),
        *_files(project),
        *(_tried(one, root, look) for one, look in folders),
    ]


def _inside(folder: Path) -> list[Path]:
    there = folder.iterdir() if folder.is_dir() else ()
    return sorted(one for one in there if one.is_dir() and one.name[0] != ".")


def _store(path: Path, root: Path) -> Proved:
    name = path.relative_to(root).as_posix()
    found = prove_store(path)
    if found.wrong:
        remedy = "what has no remedy of its own: restore the file from a copy"
        return Proved(name, "; ".join(found.wrong), good=False, remedy=remedy)
    if found.older:
        state = f"{found.n_masks:,} masks; of an older version, without checksums"
        return Proved(name, state)
    return Proved(name, f"{found.n_records:,} records, {found.n_masks:,} of them masks")


def _files(project: Project) -> Iterator[Proved]:
    looks: dict[Path, Callable[[Path], str]] = {
        project.reading: lambda _: ", ".join(kept_reading(project).flags()),
        project.frames / "scan.json": _scan,
        project.duplicates: lambda path: f"{len(load_duplicates(path).i):,} pairs",
        **dict.fromkeys(sorted(project.frames.rglob(f"[!.]*{SUFFIX}")), _pack),
    }
    for path, look in looks.items():
        if path.exists():
            yield _tried(path, project.root, look)


def _tried(path: Path, root: Path, look: Callable[[Path], str]) -> Proved:
    name = path.relative_to(root).as_posix()
    try:
        return Proved(name, look(path))
    except InputError as error:
        return Proved(name, str(error), good=False)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        words = getattr(error, "strerror", None) or str(error)
        remedy = "delete it: it is made anew when it is needed"
        return Proved(name, f"is damaged ({words})", good=False, remedy=remedy)


def _scan(path: Path) -> str:
    rows = read_rows(path)
    bad = sum(not proves_itself(row) for row in rows.values())
    if bad:
        raise ValueError(f"{bad:,} frames of it are not what was written")
    return f"{len(rows):,} frames as the last scan saw them"


def _pack(path: Path) -> str:
    frames = read_pack(path)
    bad = sum(checksum_of(frame) != source.checksum for source, frame in frames)
    if bad:
        raise ValueError(f"{bad:,} frames of it are not what was written")
    return f"{len(frames):,} frames"


def _predictions(folder: Path) -> str:
    if (folder / PROGRESS).is_file() and not (folder / TABLE).is_file():
        return "not finished; 'nerveseg predict --resume' goes on"
    found = open_predictions(folder)
    for frame in found.ids:
        found.mask(frame)
        found.probability(frame)
        found.uncertainty(frame)
    return f"predictions of {len(found.ids):,} frames"


def _run(folder: Path) -> str:
    from ..learn.folder.state import load_last
    from ..networks.checkpoint import load_checkpoint

    for path in sorted(folder.rglob("*.json")):
        try:
            load_json(path)
        except ValueError as error:
            raise InputError(
                f"{path} is damaged ({error}): restore it from a copy."
            ) from error
    for path in sorted(folder.rglob("*.safetensors")):
        load_checkpoint(path)
    for path in sorted(folder.rglob("last.pt")):
        load_last(path)
    if (folder / "study.json").is_file():
        return "a search for settings"
    return f"a run of {len(read_run(folder).epochs):,} epochs"
