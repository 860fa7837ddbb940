"""Opens what a command names: a data set and its project folder."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..data.dataset import DataSet
from ..data.listing import open_dataset
from ..data.project import Project, find_project
from ..errors import InputError
from ..events import OnEvent, message
from ..files import why_unwritable

if TYPE_CHECKING:
    from ..data.labels import Labels
    from ..data.store.records import Mask

#: A path, which JSON carries as text.
Where = str | Path


def open_data(
    on_event: OnEvent,
    data: Where,
    project: Where | None = None,
    nerve_label: int | None = None,
    masks_csv: Where | None = None,
    luminance: bool = False,
) -> tuple[DataSet, Project]:
    """Open a data set, and find and name its project folder; nothing is written.

    Parameters
    ----------
    on_event
        Gets one message, which says where the project folder is.
    data
        Folder of frames, or a file with many.
    project
        Its project folder; None: see `training.data.find_project`.
    nerve_label
        Which label of palette masks is the nerve.
    masks_csv
        A run-length CSV to take the masks from.
    luminance
        Whether colour frames are read as their luminance.

    Raises
    ------
    InputError
        If there is no such data, or the project folder lies in it.
    """
    dataset = open_dataset(
        real(data),
        nerve_label=nerve_label,
        masks_csv=None if masks_csv is None else real(masks_csv),
        luminance=luminance,
    )
    found = find_project(real(data), None if project is None else real(project))
    message(on_event, f"Project folder: {found.root}")
    return dataset, found


def real(path: Where) -> Path:
    """Return a path as it is kept and told: absolute, ``~`` and links followed."""
    return Path(path).expanduser().resolve()


class CountedMasks:
    """The masks by which frames are in conflict: not those of excluded frames.

    Parameters
    ----------
    labels
        The masks and states as they are now.
    """

    def __init__(self, labels: Labels) -> None:
        self._labels, self._excluded = labels, labels.excluded

    def mask(self, frame_id: str) -> Mask | None:
        """Return a frame's (H, W) bool mask, as if missing where it does not count."""
        return None if frame_id in self._excluded else self._labels.mask(frame_id)


@contextlib.contextmanager
def writing_to(project: Project) -> Iterator[None]:
    """See that a project can be written; if the input is wrong, leave it as it was.

    The first is done before the work, which may take an hour.

    Raises
    ------
    InputError
        If the folder cannot be made or written.
    """
    folders = (project.frames, project.root, *project.root.parents)
    made = [folder for folder in folders if not folder.exists()]
    before = set(project.frames.glob("*"))
    try:
        _check_writable(project.make())
        yield
    except InputError:
        for path in set(project.frames.glob("*")) - before:
            with contextlib.suppress(OSError):  # Windows keeps what is mapped
                path.unlink()
        for folder in made:
            with contextlib.suppress(OSError):  # it was not made, or is in use
                folder.rmdir()
        raise


def _check_writable(project: Project) -> None:
    if (why := why_unwritable(project.root)) is not None:
        raise InputError(
            f"The project folder {project.root} cannot be written ({why}): pass "
            "--project with a folder you may write."
        )
