"""``conflicts``, ``resolve``, ``leaks``: what duplicates cost, and settling them."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import model_validator

from ..data.project import keep_reading
from ..data.reading import Reading
from ..data.store.words import SHAPE_DICE, SSIM_THRESHOLD
from ..errors import InputError
from ..events import OnEvent, ShouldStop, message
from ..files import write_whole
from ..guarded import load_json
from .opening import fitting, open_data, opened_labels
from .options import (
    AS_WRITTEN,
    REAL,
    CommandLine,
    Data,
    HowRead,
    Options,
    ProjectDir,
    ShapeDice,
    SsimThreshold,
    SsimWindow,
)
from .outputs import Output, Read

if TYPE_CHECKING:
    from ..data import DataSet, Labels, Project
    from ..duplicates import RulePlan, StoredPairs


class Conflicts(Options):
    """List conflicts, the most harmful first, with who settled them and how.

    Takes the project's last duplicate search, or searches now. The JSON also tells
    how well annotations of one picture agree.

    Example: nerveseg conflicts train --csv conflicts.csv
    """

    data: Data
    csv: Annotated[Path | None, AS_WRITTEN, Output(), CommandLine("FILE")] = None
    """Write the whole record, a line a pair."""
    shape_dice: ShapeDice = SHAPE_DICE
    project: ProjectDir = None
    reading: HowRead = Reading()


def conflicts(
    options: Conflicts, on_event: OnEvent, should_stop: ShouldStop
) -> dict[str, Any]:
    """Return the record of all conflicts; see `training.duplicates.record`."""
    from ..duplicates import conflict_record
    from ..duplicates.record import record_csv, record_json
    from ..report.label_noise import label_noise

    dataset, found = open_data(on_event, *options.named)
    with opened_labels(on_event, dataset, found) as labels:
        stored = _known_pairs(dataset, found, labels, on_event, should_stop)
        record = conflict_record(
            dataset,
            labels,
            stored,
            shape_dice=options.shape_dice,
            on_event=on_event,
            should_stop=should_stop,
        )
        noise = label_noise(
            dataset, dataset, stored, on_event=on_event, should_stop=should_stop
        )
        value = record_json(record, _n_masks(dataset, labels))
    if options.csv is not None:
        write_whole(options.csv, record_csv(record))
    warnings = [*dict.fromkeys([*stored.warnings, *noise.warnings])]
    return {**value, "label_noise": noise.to_json(), "warnings": warnings}


def _known_pairs(
    dataset: DataSet,
    project: Project,
    labels: Labels,
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> StoredPairs:
    from ..duplicates import find_duplicates, stored_search

    stored = stored_search(dataset, project, on_event)
    if stored is None:
        text = "These frames have not been searched for duplicates; searching now."
        message(on_event, text)
        return find_duplicates(
            dataset,
            labels,
            project=None if project.fixed else project,
            on_event=on_event,
            should_stop=should_stop,
        ).stored
    message(on_event, f"Taking the stored search: {stored.settings_text}.")
    return stored


def _n_masks(dataset: DataSet, labels: Labels) -> int:
    edited = set() if labels.view is None else labels.view.edited()
    return sum(
        (name in edited or dataset.has_mask(name)) and name not in labels.excluded
        for name in dataset.ids
    )


class Resolve(Options):
    """Settle every group in which some frames are empty and others show a nerve.

    All frames change by one action, which --undo (or the window) takes back as one.

    Example: nerveseg resolve train --rule drop-empty-twin --dry-run
    """

    keeps_reading = True

    data: Data
    rule: str | None = None
    """drop-empty-twin: exclude the empty frames of groups with a nerve; propagate: give
    them the mask of the most similar nerve frame."""
    dry_run: bool = False
    """Say what would change, change nothing."""
    undo: Annotated[int | None, CommandLine("ACTION")] = None
    """Take this action back."""
    author: str | None = None
    """Whose name it carries; default: yours."""
    project: ProjectDir = None
    reading: HowRead = Reading()

    @model_validator(mode="after")
    def _one_of_two(self) -> Resolve:
        from ..duplicates.rules import check_rule

        if (self.rule is None) == (self.undo is None):
            raise InputError("Give either --rule or --undo ACTION.", "rule", "undo")
        if self.rule is not None:
            check_rule(self.rule)
        return self


def resolve(
    options: Resolve, on_event: OnEvent, should_stop: ShouldStop
) -> dict[str, Any]:
    """Change labels by a rule, or take a change back; return what was changed."""
    from ..duplicates.rules import plan_rule

    dataset, found = open_data(on_event, *options.named)
    if not options.dry_run:
        found.check_writable()
    if options.rule is None:
        return _undo(found, options.undo or 0, options.author)
    with opened_labels(on_event, dataset, found) as labels:
        stored = _known_pairs(dataset, found, labels, on_event, should_stop)
        plan = plan_rule(
            stored,
            labels,
            options.rule,
            excluded=labels.excluded,
            ambiguous=labels.ambiguous,
            not_duplicates=labels.not_duplicates,
            on_event=on_event,
            should_stop=should_stop,
        )
    warnings = tuple(dict.fromkeys([*stored.warnings, *plan.warnings]))
    plan = replace(plan, warnings=warnings)
    action = None if options.dry_run else _apply(found, plan, options.author)
    if action is not None:
        keep_reading(found, options.reading)
    return _plan_json(plan, action)


def _apply(project: Project, plan: RulePlan, author: str | None) -> int | None:
    from ..data.store import LabelStore
    from ..duplicates.rules import apply_rule

    if not plan.changes:
        return None
    with LabelStore.open(project.make().labels, author=author or _account()) as store:
        return apply_rule(store, plan)


def _account() -> str:
    """Return the name of who is logged in, or ``unknown``."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name
        return "unknown"


def _plan_json(plan: RulePlan, action: int | None) -> dict[str, Any]:
    return {
        "rule": plan.rule,
        "action": action,
        "changes": [
            {
                "frame": change.frame,
                "status": change.status,
                "area": None if change.mask is None else int(change.mask.sum()),
                "because": change.because,
                "group": list(change.group),
            }
            for change in plan.changes
        ],
        "warnings": list(plan.warnings),
    }


def _undo(project: Project, action: int, author: str | None) -> dict[str, Any]:
    from ..data.store import LabelStore

    if not project.labels.exists():
        raise InputError(
            f"{project.root} has no label store, so there is no action {action} to "
            "undo; name the project folder by --project."
        )
    with LabelStore.open(project.labels, author=author or _account()) as store:
        return {"undone": action, **vars(store.undo(action))}


class Leaks(Options):
    """Find near-duplicates across subjects, across a split, and between two folders.

    Example: nerveseg leaks train test --json leaks.json
    """

    data: Data
    other: Annotated[
        Path | None, REAL, Read.DATA, CommandLine("[OTHER]", argument=True)
    ] = None
    """A second folder, e.g. the test set."""
    splits: Annotated[Path | None, REAL, Read.FILE, CommandLine("FILE")] = None
    """A run's splits.json: what crosses it?"""
    threshold: SsimThreshold = SSIM_THRESHOLD
    window: SsimWindow = "uniform7"
    project: ProjectDir = None
    reading: HowRead = Reading()


def leaks(options: Leaks, on_event: OnEvent, should_stop: ShouldStop) -> dict[str, Any]:
    """Return a report of each kind of crossing; see `training.report.leakage`."""
    from ..duplicates.search import search_pairs
    from ..report.leakage import folder_leaks, split_leaks, subject_leaks

    parts = None if options.splits is None else _read_splits(options.splits)
    dataset, found = open_data(on_event, *options.named)
    other = options.other
    second = None if other is None else _second(dataset, other, on_event)
    stored = search_pairs(
        dataset,
        threshold=options.threshold,
        scope="all",
        window=options.window,
        project=found,
        on_event=on_event,
        should_stop=should_stop,
    )
    reports = [subject_leaks(dataset, stored)]
    if parts is not None:
        reports.append(split_leaks(stored, parts))
    if second is not None:
        between = folder_leaks(
            dataset,
            second,
            threshold=options.threshold,
            window=options.window,
            project=found,
            on_event=on_event,
            should_stop=should_stop,
        )
        reports.append(between)
    return {report.across: report.to_json() for report in reports}


def _second(dataset: DataSet, other: Path, on_event: OnEvent) -> DataSet:
    """Open a second folder so that equal pictures in both have equal greys."""
    from ..data import open_dataset

    dataset.settle_grey_range()
    # Subjects and masks are the first folder's own, but not how masks are named.
    alike = replace(
        dataset.reading,
        masks_csv=None,
        subject_by=None,
        nerve_label=None,
        invert_masks=None,
    )
    return open_dataset(other, fitting(on_event, other, alike))


def _read_splits(path: Path) -> Mapping[str, list[str]]:
    sentence = f"{path} is no splits.json of a run; name the one in the run's folder."
    try:
        there = load_json(path, dict)
    except (OSError, ValueError) as error:
        raise InputError(sentence) from error
    names = ("train", "validation", "test")
    parts = {name: there[name] for name in names if name in there}
    if len(parts) < 2 or not all(isinstance(part, list) for part in parts.values()):
        raise InputError(sentence)
    return parts
