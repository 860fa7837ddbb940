"""Rules that settle many groups at once: what they would change, and the change.

A rule speaks where some frame of a duplicate group is empty and another shows a
nerve. It looks at the masks as they are now: excluded frames and missing masks count
for nothing, pairs that a person parted are no pairs, and groups that a person called
ambiguous are left alone.

``drop-empty-twin``
    excludes every empty frame of such a group.
``propagate``
    gives each of them the mask of the most similar nerve frame. A frame that is no
    listed twin of a nerve itself takes it along the path of listed pairs whose angles
    (arccos SSIM) have the least sum. That is consistent: no unlisted frame can be
    nearer than a listed one, as angles obey the triangle inequality.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..data.store import LabelStore, MaskChange
from ..errors import InputError
from ..events import OnEvent, Progress, ShouldStop
from .conflicts import Mask, Patch
from .groups import Indices, Values, group_pairs, still_duplicates
from .report import MasksOf, read_patches
from .stored import StoredPairs

DROP = "drop-empty-twin"
PROPAGATE = "propagate"
#: The rules, and what each does, for people.
RULES = {
    DROP: "exclude the empty frames of groups with a nerve",
    PROPAGATE: "give the empty frames of groups with a nerve its mask",
}
#: The kind of the label store's action.
KIND = "rule"


@dataclass(frozen=True)
class Change:
    """What a rule does to one frame.

    Attributes
    ----------
    frame
        Its id.
    mask
        (H, W) bool, its new mask; None leaves the mask.
    status
        Its new status; None leaves the status.
    because
        The nerve frame of the group that speaks for the change.
    group
        The frames of the group.
    """

    frame: str
    mask: Mask | None
    status: str | None
    because: str
    group: tuple[str, ...]


@dataclass(frozen=True)
class RulePlan:
    """All that a rule would change; `apply_rule` does it.

    ``warnings`` name masks that could not be read.
    """

    rule: str
    changes: tuple[Change, ...]
    warnings: tuple[str, ...] = ()


def check_rule(rule: str) -> None:
    """Raise InputError if there is no such rule."""
    if rule not in RULES:
        raise InputError(f"There is no rule {rule!r}; use {' or '.join(RULES)}.")


def plan_rule(
    stored: StoredPairs,
    labels: MasksOf,
    rule: str,
    *,
    excluded: Collection[str] = frozenset(),
    ambiguous: Collection[str] = frozenset(),
    not_duplicates: Collection[frozenset[str]] = frozenset(),
    groups: Collection[Collection[str]] | None = None,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> RulePlan:
    """Return what a rule would change, and change nothing.

    Parameters
    ----------
    stored
        The similar pairs.
    labels
        The masks as they are now.
    rule
        One of `RULES`.
    excluded, ambiguous, not_duplicates
        What a person decided, as `training.data.Labels` has it.
    groups
        Only these groups (sets of frame ids; a group counts if it has two frames in
        one of them); None: all.
    on_event, should_stop
        See `training.events`.

    Raises
    ------
    InputError
        If there is no such rule.
    """
    check_rule(rule)
    keep = still_duplicates(stored.ids, stored.i, stored.j, not_duplicates)
    i, j, ssim = stored.i[keep], stored.j[keep], stored.ssim[keep]
    number = {frame: k for k, frame in enumerate(stored.ids)}
    left_out = {number[frame] for frame in {*excluded, *ambiguous} if frame in number}
    members = [
        [k for k in group if k not in left_out]
        for group in group_pairs(len(stored.ids), i, j)
        if _wanted([stored.ids[k] for k in group], groups)
        and not any(stored.ids[k] in ambiguous for k in group)
    ]
    used = [k for group in members for k in group]
    progress = Progress("Reading masks", len(used), on_event, should_stop)
    patches, warnings = read_patches(stored.ids, used, labels, progress)
    sources = _most_similar(len(stored.ids), i, j, ssim, patches)
    changes = [
        _change(rule, k, sources, group, stored.ids, labels)
        for group in members
        for k in group
        if k in sources
    ]
    return RulePlan(rule, tuple(changes), tuple(warnings))


def _wanted(group: Sequence[str], groups: Collection[Collection[str]] | None) -> bool:
    return groups is None or any(len(set(group) & set(one)) > 1 for one in groups)


def _most_similar(
    n: int,
    i: Indices,
    j: Indices,
    ssim: Values,
    patches: Mapping[int, Patch | None],
) -> dict[int, int]:
    """Return for each empty frame that a nerve frame reaches the nearest of these."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    nerves = [k for k, patch in patches.items() if patch is not None and patch.area]
    if not nerves:
        return {}
    # an angle of 0 would be "no edge" for SciPy
    angles = np.maximum(np.arccos(np.clip(ssim, -1.0, 1.0)), 1e-12)
    graph = coo_array((angles, (i, j)), shape=(n, n)).tocsr()
    _, _, nearest = dijkstra(
        graph,
        directed=False,
        indices=sorted(nerves),
        min_only=True,
        return_predecessors=True,
    )
    return {
        k: int(nearest[k])
        for k, patch in patches.items()
        if patch is not None and not patch.area and nearest[k] >= 0
    }


def _change(
    rule: str,
    frame: int,
    sources: Mapping[int, int],
    group: Iterable[int],
    ids: Sequence[str],
    labels: MasksOf,
) -> Change:
    source = ids[sources[frame]]
    names = tuple(ids[k] for k in group)
    if rule == DROP:
        return Change(ids[frame], None, "excluded", source, names)
    return Change(ids[frame], labels.mask(source), None, source, names)


def apply_rule(store: LabelStore, plan: RulePlan) -> int | None:
    """Do what a plan says, as one action that can be undone as one.

    The action's kind is `KIND`, its reason says what the rule does, its note is the
    rule's name, and a mask's source is ``rule:<rule>:<frame it is from>``.

    Returns
    -------
    int or None
        The action's id; None if there is nothing to change.

    Raises
    ------
    InputError
        If the store cannot be written; nothing is changed then.
    """
    if not plan.changes:
        return None
    masks = {
        change.frame: MaskChange(change.mask, f"rule:{plan.rule}:{change.because}")
        for change in plan.changes
        if change.mask is not None
    }
    statuses = {
        change.frame: change.status
        for change in plan.changes
        if change.status is not None
    }
    return store.act(
        KIND,
        masks=masks,
        statuses=statuses,
        reason=f"Rule {plan.rule}: {RULES[plan.rule]}.",
        note=plan.rule,
    )
