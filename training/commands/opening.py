"""Opens what a command names: a data set and its project folder."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.dataset import DataSet
from ..data.listing import open_dataset
from ..data.problems import in_brief
from ..data.project import (
    Project,
    chosen_reading,
    find_project,
    keep_reading,
    recalled_flags,
)
from ..data.reading import Reading
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
    found = find_project(
        real_path(data), None if project is None else real_path(project)
    )
    dataset = open_dataset(real_path(data), recalled_reading(on_event, found, reading))
    how = f"; {dataset.understood.sentence(dataset.subjects)}" if tells else ""
    message(on_event, f"Project folder: {found.root}{how}")
    tell_place(on_event, found)
    found.sweep()
    _tell_idle_greys(on_event, dataset, Reading.of(reading))
    doubts = [one for one in dataset.problems if one.kind != "frame-without-mask"]
    if doubts and tells:
        first, *others = in_brief(doubts)
        more = f" ({len(others):,} more: see 'nerveseg scan')" if others else ""
        message(on_event, first + more, "warning")
    return dataset, found


def _tell_idle_greys(on_event: OnEvent, dataset: DataSet, given: Reading) -> None:
    """Say it if a range of greys is given for what a few frames are not."""
    if given.grey_range is None or given.exact:
        return
    from ..data.grey import GreyRanges
    from ..data.images import grey_of, read_image
    from ..data.remarks import a_few

    types = []
    for entry in a_few(dataset.entries):
        with contextlib.suppress(InputError):  # told where it is missed
            types.append(grey_of(read_image(entry.path, entry.page)).dtype.name)
    greys = GreyRanges.parse(given.grey_range)
    if lacking := greys.lacking({*types} - {"uint8", "bool"}):
        text = (
            f"None of the {len(types)} frames looked at is of {lacking}: "
            f"--grey-range {given.grey_range} changes nothing in them."
        )
        message(on_event, text, "warning")


@contextlib.contextmanager
def opened_labels(
    on_event: OnEvent,
    dataset: DataSet,
    project: Project,
    snapshot: str | None = None,
    source_only: bool = False,
) -> Iterator[Labels]:
    """Open labels as `open_labels` does, and say it if the masks look wrong.

    Raises
    ------
    InputError
        As `open_labels`.
    """
    from ..data.labels import open_labels
    from ..data.remarks import doubtful_masks

    with open_labels(dataset, project, snapshot, source_only) as labels:
        if (doubt := doubtful_masks(dataset, labels)) is not None:
            message(on_event, doubt, "warning")
        yield labels


def tell_place(on_event: OnEvent, project: Project) -> None:
    """Say it if a project folder does not lie where one looks for it."""
    if project.note:
        message(on_event, project.note, "warning")


def recalled_reading(on_event: OnEvent, project: Project, reading: How) -> Reading:
    """Return what counts, see `chosen_reading`; say what of it was chosen before."""
    if flags := recalled_flags(project, reading):
        text = f"Read as before: {flags} (--as-found forgets it)."
        message(on_event, text)
    return chosen_reading(project, reading)


def fitting(
    on_event: OnEvent, path: Path, reading: Reading, given: How = None
) -> Reading:
    """Return a reading without what was chosen for another folder and refuses this one.

    Only choices on masks and subjects are left out, how masks are named only if no
    picture is named so, and none of those in ``given``. What is left out is said.

    Raises
    ------
    InputError
        What `open_dataset` raises all the same.
    """
    mine = Reading.of(given).chosen()
    others = [n for n in _OF_MASKS if n in reading.chosen() and n not in mine]
    if reading.mask_names in (None, "none") or _has_named(path, reading.mask_names):
        others = [name for name in others if name != "mask_names"]
    if not others:
        return reading
    try:
        open_dataset(path, reading)
    except InputError as error:
        refusal = error
    else:
        return reading
    flags: list[str] = []
    for name in others:
        flags += replace(Reading(), **{name: getattr(reading, name)}).flags()
        left: dict[str, Any] = {name: None}
        reading = replace(reading, **left)
        with contextlib.suppress(InputError):
            open_dataset(path, reading)
            left_out = ", ".join(flags)
            message(on_event, f"Left out, for it does not fit {path}: {left_out}.")
            return reading
    raise refusal


def _has_named(path: Path, rule: str) -> bool:
    """Say whether a picture of a folder, or the one given, is named by a rule."""
    from ..data.mask_words import MaskNameRule
    from ..data.tree import read_tree

    if path.is_file():
        return True
    named = MaskNameRule(rule)
    return any(named.base(one) is not None for one in read_tree(path).pictures)


#: What may be chosen on subjects and masks, in the order in which `fitting` leaves out.
_OF_MASKS = ("subject_by", "nerve_label", "masks_csv", "mask_names")


def with_greys(dataset: DataSet, reading: How) -> Reading:
    """Return a reading with the ranges of greys that were found, if there was need."""
    return replace(Reading.of(reading), grey_range=dataset.reading.grey_range)


def keep(on_event: OnEvent, project: Project, reading: How) -> None:
    """Keep what was chosen, see `keep_reading`; a refusal is a warning."""
    try:
        keep_reading(project, reading)
    except InputError as error:
        message(on_event, str(error), "warning")


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
