"""The duplicate groups that a split has to keep together."""

from __future__ import annotations

from ..data import DataSet, Project
from ..duplicates import group_pairs, load_duplicates
from ..events import OnEvent, message


def known_groups(
    dataset: DataSet, project: Project | None, on_event: OnEvent | None = None
) -> list[tuple[str, ...]]:
    """Return the groups that the project's last duplicate search found.

    Nothing is searched. Without a search subjects alone keep near-duplicates
    together; where no subject is known either, a warning says so. A person's verdict
    that two frames are no duplicates does not part them here: they look alike all the
    same.

    Parameters
    ----------
    dataset
        Groups are cut down to its frames.
    project
        Where ``duplicates.npz`` would lie; None has none.

    Returns
    -------
    list of tuple of str
        Frame ids, two or more a group.

    Raises
    ------
    InputError
        If the stored search cannot be read.
    """
    if project is None or not project.duplicates.exists():
        if not dataset.has_subjects:
            message(
                on_event,
                "These frames carry no subjects and have not been searched for "
                "duplicates, so near-duplicates may be on both sides of the split: run "
                "'nerveseg duplicates' first.",
                "warning",
            )
        return []
    stored = load_duplicates(project.duplicates)
    groups = group_pairs(len(stored.ids), stored.i, stored.j)
    cut = [
        tuple(stored.ids[k] for k in group if stored.ids[k] in dataset)
        for group in groups
    ]
    return [group for group in cut if len(group) > 1]
