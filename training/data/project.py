"""The project folder, and every other place that the program may write to."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..files import may_write, real_path

if TYPE_CHECKING:
    from .dataset import DataSet


@dataclass(frozen=True)
class Project:
    """A project folder; nothing of it exists before `make`."""

    root: Path

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

    ``project`` if given, else ``<data>.nerveseg`` beside the data if it is there
    or can be created, else a folder in the user's data directory.

    Raises
    ------
    InputError
        If ``project`` is a file, or lies in the data folder, which is only read.
    """
    data = real_path(data)
    if project is not None:
        return Project(_checked(real_path(project), data))
    beside = data.with_name(f"{data.name}.nerveseg") if data.name else data
    where = beside if beside.is_dir() else beside.parent
    if data.name and may_write(where):
        return Project(beside)
    return Project(_in_user_directory(data))


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
