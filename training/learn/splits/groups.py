"""The duplicate groups that a split has to keep together."""

from __future__ import annotations

from ...data import DataSet, FrameCache, Project
from ...data.images import pixel_digest
from ...data.parallel import in_threads
from ...duplicates import StoredPairs, group_pairs, load_duplicates
from ...duplicates.search import without_subject
from ...duplicates.window import get_window
from ...errors import InputError
from ...events import OnEvent, Progress, ShouldStop, message
from ..text import command_line
from .searched import DuplicateGroups, DuplicateSearch


def known_groups(
    dataset: DataSet,
    project: Project | None,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> DuplicateGroups:
    """Return the groups that the project's last duplicate search found.

    Nothing is searched. Where there was no search, or one within subjects only, or of
    other frames, one sentence says so: a warning where near-duplicates may be on both
    sides of any split, a mere message where only those of different subjects may. A
    person's verdict that two frames are no duplicates does not part them here: they
    look alike all the same.

    Parameters
    ----------
    dataset
        Groups are cut down to its frames.
    project
        Where ``duplicates.npz`` would lie; None has none.
    on_event, should_stop
        As everywhere.

    Returns
    -------
    DuplicateGroups
        The groups, and what is known of the search.

    Raises
    ------
    InputError
        If the stored search cannot be read.
    Cancelled
        If asked to stop.
    """
    if project is None or not project.duplicates.exists():
        _tell_unsearched(dataset, on_event)
        return DuplicateGroups()
    stored = load_duplicates(project.duplicates)
    n_other = _n_other(dataset, project, stored, on_event, should_stop)
    search = DuplicateSearch(stored.settings_text, stored.scope == "all", n_other)
    if n_other:
        message(
            on_event,
            f"{n_other} frames are new or changed since the last duplicate search, or "
            "of other subjects, so that their near-duplicates may be on both sides of "
            "the split: run 'nerveseg duplicates' again.",
            "warning",
        )
    elif _n_people(dataset) > 1 and not search.across_subjects:
        message(
            on_event,
            "The last duplicate search compared the frames of each subject only with "
            "one another, so near-duplicates of different subjects may be on both "
            f"sides of the split: run '{_search_command(dataset)}'.",
        )
    groups = group_pairs(len(stored.ids), stored.i, stored.j)
    cut = (
        tuple(stored.ids[k] for k in group if stored.ids[k] in dataset)
        for group in groups
    )
    return DuplicateGroups(tuple(group for group in cut if len(group) > 1), search)


def _tell_unsearched(dataset: DataSet, on_event: OnEvent | None) -> None:
    lack = without_subject([entry.subject for entry in dataset.entries])
    several = _n_people(dataset) > 1
    if several and not lack:
        message(
            on_event,
            "These frames have not been searched for near-duplicates, and those of "
            "different subjects may be on both sides of the split: run "
            f"'{_search_command(dataset)}' first.",
        )
        return
    which = lack or "these frames are of one subject"
    run = _search_command(dataset) if several else "nerveseg duplicates"
    message(
        on_event,
        f"{which[0].upper()}{which[1:]}, and none has been searched for duplicates, so "
        f"near-duplicates may be on both sides of the split: run '{run}' first.",
        "warning",
    )


def _n_people(dataset: DataSet) -> int:
    return sum(subject is not None for subject in dataset.subjects)


def _search_command(dataset: DataSet) -> str:
    """Return the command that searches all frames for near-duplicates."""
    return command_line("duplicates", dataset.root, "--scope", "all")


def _n_other(
    dataset: DataSet,
    project: Project,
    stored: StoredPairs,
    on_event: OnEvent | None,
    should_stop: ShouldStop | None,
) -> int:
    """Count the frames that could be searched and were not, or not as they are."""
    if not stored.same_people(dataset):
        return len(dataset)  # who was compared with whom is not known any more
    searched = dict(zip(stored.ids, stored.hashes, strict=True))
    side = get_window(stored.window).side
    cache = FrameCache(dataset, project)  # as the search left it: nothing is decoded

    def differs(name: str) -> bool:
        try:
            frame = cache.frame(name)
        except InputError:
            return False  # is told of where it is missed
        return min(frame.shape) >= side and pixel_digest(frame) != searched.get(name)

    stage = "Checking for new frames"
    progress = Progress(stage, len(dataset), on_event, should_stop)
    n_other = 0
    for _, other in in_threads(differs, dataset.ids):
        n_other += other
        progress.step()
    return n_other
