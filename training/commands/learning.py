"""What every kind of training opens: frames, labels, and the groups of duplicates."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.dataset import DataSet
from ..data.project import Project, chosen_reading
from ..events import OnEvent, ShouldStop, message
from ..files import real_path
from ..learn.folder.naming import naming, source_of
from .opening import Where, keep, open_data, opened_labels, with_greys

if TYPE_CHECKING:
    from ..data.labels import Labels
    from ..learn.splits.searched import DuplicateGroups


@dataclass(frozen=True)
class Learning:
    """A data set to learn from, opened.

    Attributes
    ----------
    dataset, project, labels
        Its frames, where its files are kept, and its masks.
    named
        How it was named, with all that counts on how it is read.
    on_event, should_stop
        As everywhere.
    """

    dataset: DataSet
    project: Project
    labels: Labels
    named: Mapping[str, Any]
    on_event: OnEvent
    should_stop: ShouldStop

    @property
    def source(self) -> dict[str, Any]:
        """How it was named, for ``source.json``."""
        return source_of(self.named)

    def groups(self) -> DuplicateGroups:
        """Return the groups that a split keeps together; see `known_groups`."""
        from ..learn import known_groups

        data = (self.dataset, self.project)
        return known_groups(*data, self.on_event, self.should_stop)

    def run_folder(self, out: Where | None, name: str) -> Path:
        """Return, and tell, where a run goes: ``out``, else ``name`` in the project."""
        folder = real_path(out or self.project.runs / name)
        message(self.on_event, f"Run folder: {folder}")
        return folder

    def with_context(self, result: dict[str, Any]) -> dict[str, Any]:
        """Return a result with what has to be known of its frames."""
        data = (self.dataset, self.project)
        return with_context(result, *data, self.on_event, self.should_stop)


@contextlib.contextmanager
def learning_data(
    on_event: OnEvent,
    should_stop: ShouldStop,
    named: Mapping[str, Any],
    snapshot: str | None = None,
    *,
    keeps: bool = False,
) -> Iterator[Learning]:
    """Open what is to be learned from, with its labels of now or of a snapshot.

    Parameters
    ----------
    on_event, should_stop
        As everywhere.
    named
        What `naming` gives.
    snapshot
        Of which labels; None: today's.
    keeps
        Whether what was chosen on reading the data is kept, if all goes well.

    Raises
    ------
    InputError
        As `open_data` and `open_labels`.
    """
    from ..data.remarks import doubtful_frames

    dataset, project = open_data(on_event, **named)
    dataset.settle_grey_range()
    # What the project keeps may be another choice before the work is done.
    chosen = with_greys(dataset, chosen_reading(project, named.get("reading")))
    whole = {**named, **naming(reading=chosen.exactly())}
    for doubt in doubtful_frames(dataset):
        message(on_event, doubt, "warning")
    with opened_labels(on_event, dataset, project, snapshot) as labels:
        yield Learning(dataset, project, labels, whole, on_event, should_stop)
    if keeps:
        keep(on_event, project, with_greys(dataset, named.get("reading")))


def with_context(
    result: dict[str, Any],
    dataset: DataSet,
    project: Project,
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> dict[str, Any]:
    """Return a result with ``label_noise`` and ``synthetic``.

    The former is what `project_noise` gives, the latter whether it is the phantom.

    What was stopped has no scores, and nobody waits for a ceiling of them.
    """
    from ..data.phantom import is_phantom
    from ..report.label_noise import project_noise

    if result.get("stopped") == "asked":
        return result
    noise = project_noise(dataset, project, on_event, should_stop)
    known = {"label_noise": noise, "synthetic": is_phantom(dataset.root)}
    return {**result, **known}
