"""Opens what a command names: a data set and its project folder."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.dataset import DataSet
from ..data.listing import open_dataset
from ..data.project import Project, find_project
from ..data.reading import Reading, chosen_reading, keep_reading, recalled_flags
from ..errors import InputError
from ..events import OnEvent, message
from ..files import real_path, why_unwritable

if TYPE_CHECKING:
    from ..data.labels import Labels
    from ..data.store.records import Mask

#: A path, which JSON carries as text.
Where = str | Path

#: How data are read, which JSON carries as an object; see `Reading.to_command`.
How = Reading | Mapping[str, Any] | None


def open_data(
    on_event: OnEvent,
    data: Where,
    project: Where | None = None,
    reading: How = None,
    *,
    tells: bool = True,
) -> tuple[DataSet, Project]:
    """Open a data set, and find and name its project folder; nothing is written.

    Parameters
    ----------
    on_event
        Is told where the project folder is, and how the data are read if that was
        chosen before.
    data
        Folder of frames, or a file with many.
    project
        Its project folder; None: see `training.data.find_project`.
    reading
        How they are read, over what the project keeps.
    tells
        Whether to say how the folder was understood, and what of it is doubtful; a
        scan says all of it itself.

    Raises
    ------
    InputError
        If there is no such data, or the project folder lies in it.
    """
    found = find_project(real(data), None if project is None else real(project))
    dataset = open_dataset(real(data), recalled_reading(on_event, found, reading))
    how = f"; {dataset.understood.sentence(dataset.subjects)}" if tells else ""
    message(on_event, f"Project folder: {found.root}{how}")
    doubts = [one for one in dataset.problems if one.kind != "frame-without-mask"]
    if doubts and tells:
        rest = len(doubts) - 1
        more = f" ({rest:,} more: see 'nerveseg scan')" if rest else ""
        message(on_event, doubts[0].text + more, "warning")
    return dataset, found


def recalled_reading(on_event: OnEvent, project: Project, reading: How) -> Reading:
    """Return what counts, see `chosen_reading`; say what of it was chosen before."""
    if flags := recalled_flags(project, reading):
        text = f"Read as before: {flags} (--as-found forgets it)."
        message(on_event, text)
    return chosen_reading(project, reading)


def with_greys(dataset: DataSet, reading: How) -> Reading:
    """Return a reading with the ranges of greys that were found, if there was need."""
    return replace(Reading.of(reading), grey_range=dataset.reading.grey_range)


def keep(on_event: OnEvent, project: Project, reading: How) -> None:
    """Keep what was chosen, see `keep_reading`; a refusal is a warning."""
    try:
        keep_reading(project, reading)
    except InputError as error:
        message(on_event, str(error), "warning")


def real(path: Where) -> Path:
    """Return a path as it is kept and told: absolute, ``~`` and links followed."""
    return real_path(path)


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
