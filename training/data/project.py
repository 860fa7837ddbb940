"""The project folder, and every other place that the program may write to."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..files import may_write, real_path, write_json
from ..guarded import load_json
from ..leftovers import sweep
from .grey import GreyRanges
from .reading import CHOICES, Reading, flag_of

if TYPE_CHECKING:
    from .dataset import DataSet


@dataclass(frozen=True)
class Project:
    """A project folder; nothing of it exists before `make`.

    Attributes
    ----------
    root
        The folder.
    note
        A sentence for the user if it does not lie where one looks for it.
    """

    root: Path
    note: str = field(default="", compare=False)

    @property
    def labels(self) -> Path:
        """The label store."""
        return self.root / "labels.sqlite"

    @property
    def frames(self) -> Path:
        """The folder of cached frames and of the scan."""
        return self.root / "frames"

    @property
    def reading(self) -> Path:
        """What was chosen on how the data are read."""
        return self.root / "reading.json"

    @property
    def duplicates(self) -> Path:
        """The pairs that the last duplicate search found."""
        return self.root / "duplicates.npz"

    @property
    def predictions(self) -> Path:
        """The folder of predictions, one folder a run in it."""
        return self.root / "predictions"

    @property
    def runs(self) -> Path:
        """The folder of training runs."""
        return self.root / "runs"

    @property
    def fixed(self) -> bool:
        """Whether the folder is there and can only be read."""
        return self.root.is_dir() and not may_write(self.root)

    def check_writable(self) -> None:
        """Raise `InputError` if the folder is `fixed`."""
        if self.fixed:
            raise InputError(
                f"The project folder {self.root} cannot be written: make it writable, "
                "or name another by --project."
            )

    def sweep(self) -> None:
        """Delete what killed processes left half-made, where nobody is at it."""
        if not self.fixed:
            for folder in (self.root, self.frames, self.predictions, self.runs):
                sweep(folder)

    def make(self) -> Project:
        """Create the folder if it is not there, and return the project.

        Raises
        ------
        InputError
            If it cannot be created.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"The project folder {self.root} cannot be created "
                f"({error.strerror}): pass --project with a folder you may write."
            ) from error
        return self


def find_project(data: Path, project: Path | None = None) -> Project:
    """Return the project folder of a data set; create nothing.

    ``project`` if given, else ``<data>.nerveseg`` beside the data if it is there, else
    a folder in the user's data directory if that is there, else whichever of the two
    can be created. One that is there is used where it is, also if it cannot be written:
    what was edited in it counts.

    Raises
    ------
    InputError
        If ``project`` is a file, or lies in the data folder, which is only read, or
        the project folder cannot be looked into.
    """
    data = real_path(data)
    if project is not None:
        return _readable(Project(_checked(real_path(project), data)))
    beside = data.with_name(f"{data.name}.nerveseg") if data.name else data
    elsewhere = _in_user_directory(data)
    other = _is_there(elsewhere)
    if data.name and _is_there(beside):
        return _readable(Project(beside, _two(elsewhere) if other else ""))
    if other:
        return _readable(Project(elsewhere, _kept_at(elsewhere, data)))
    if data.name and may_write(beside.parent):
        return Project(beside)
    return Project(elsewhere, _new_at(elsewhere, beside.parent))


def _two(elsewhere: Path) -> str:
    return (
        f"There is a second project folder of these data, {elsewhere}, which does not "
        "count: name it by --project if your edits are in it, else delete it."
    )


def _kept_at(elsewhere: Path, data: Path) -> str:
    return (
        f"The project folder of {data.name or data} is {elsewhere}, not beside the "
        "data; name another by --project."
    )


def _new_at(elsewhere: Path, parent: Path) -> str:
    return (
        f"{parent} cannot be written, so the project folder is {elsewhere}; name "
        "another by --project."
    )


def _is_there(folder: Path) -> bool:
    try:
        return folder.is_dir()
    except OSError:  # what it lies in cannot be looked into
        return False


def _readable(project: Project) -> Project:
    root = project.root
    if root.exists() and not os.access(root, os.R_OK | os.X_OK):
        raise InputError(
            f"The project folder {root} cannot be read: make it readable, or pass "
            "--project with another folder."
        )
    return project


def check_out(
    out: Path, dataset: DataSet | None = None, *, empty: bool = False
) -> Path:
    """Return where ``out`` really is, if a command may write a folder there.

    Parameters
    ----------
    out
        The folder; a link is followed.
    dataset
        Whose data folder is only read.
    empty
        Whether a folder with something in it is refused.

    Raises
    ------
    InputError
        If ``out`` is a file, lies in the data folder, or holds something.
    """
    out = real_path(out)
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file: name a folder.")
    # A single file is not the whole folder that it happens to lie in.
    root = None
    if dataset is not None and dataset.layout != "file":
        root = dataset.root.resolve()
    if root is not None and out.is_relative_to(root):
        raise InputError(
            f"{out} lies in the data folder, which is only read: name a folder outside."
        )
    if empty and out.is_dir() and any(out.iterdir()):
        raise InputError(f"{out} is not empty: name a new or empty folder.")
    return out


def _checked(project: Path, data: Path) -> Path:
    if project == data or project.is_relative_to(data):
        raise InputError(
            f"The project folder {project} lies in the data folder, which is only "
            "read: pass --project with a folder outside."
        )
    if project.exists() and not project.is_dir():
        raise InputError(
            f"The project folder {project} is a file: pass --project with a folder."
        )
    return project


def _in_user_directory(data: Path) -> Path:
    import platformdirs

    # Two data sets of one name must not share a project.
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    folder = platformdirs.user_data_path("nerveseg", appauthor=False)
    return folder / f"{data.name or 'data'}-{digest}.nerveseg"


def kept_reading(project: Project) -> Reading:
    """Return what was chosen for a project before, kept in its ``reading.json``.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    path = project.reading
    try:
        found = load_json(path, dict)
        kept = Reading.of({name: found[name] for name in CHOICES if name in found})
        GreyRanges.parse(kept.grey_range or "0:1")
        return kept
    except (FileNotFoundError, NotADirectoryError):
        return Reading()
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}, which keeps how the data are read, is damaged: delete it, or "
            "pass --as-found, and choose anew."
        ) from error


def chosen_reading(
    project: Project, reading: Reading | Mapping[str, Any] | None
) -> Reading:
    """Return what counts: ``reading`` over what is kept.

    Raises
    ------
    InputError
        As `kept_reading`, and if a file that is kept, and counts, is gone.
    """
    given = Reading.of(reading)
    kept = Reading() if given.is_all else kept_reading(project)
    for name in ("masks_csv", "subject_by"):
        path = kept.file(name)
        if path is not None and getattr(given, name) is None and not path.exists():
            raise InputError(
                f"{project.reading} keeps {flag_of(name)} {path}, which is gone: put "
                f"it back, pass {flag_of(name)} with another, or forget by --as-found "
                "all that was chosen."
            )
    return replace(given.over(kept), as_found=False, exact=False)


def recalled_flags(
    project: Project, reading: Reading | Mapping[str, Any] | None
) -> str:
    """Return which choices count though ``reading`` lacks them, as flags."""
    given = Reading.of(reading).flags()
    now = chosen_reading(project, reading)
    return ", ".join(flag for flag in now.flags() if flag not in given)


def keep_reading(project: Project, reading: Reading | Mapping[str, Any] | None) -> None:
    """Keep for later what is chosen for a project, over what was.

    Nothing is written if nothing is new, and no file is kept for no choice. What is
    `exact` is nobody's new choice.

    Raises
    ------
    InputError
        If the file cannot be written, or is damaged and would count.
    """
    if Reading.of(reading).exact:
        return
    path = project.reading
    now = chosen_reading(project, reading)
    try:
        if not now.chosen():
            if path.exists():
                path.unlink(missing_ok=True)
        elif not path.exists() or _differs(project, now):
            write_json(project.make().reading, now.to_json())
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror}): pass --project with a "
            "folder you may write."
        ) from error


def _differs(project: Project, now: Reading) -> bool:
    try:
        return kept_reading(project) != now
    except InputError:
        return True
