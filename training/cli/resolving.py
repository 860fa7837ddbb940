"""``conflicts``, ``resolve``, ``leaks``: what duplicates cost, and settling them."""

from __future__ import annotations

import getpass
import json as json_module
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..data.reading import Reading
from ..errors import InputError
from .console import Reporter, out, reporting, say, tell_warnings, write_result
from .options import Data, Json, ProjectDir, Window, open_data, tell
from .outputs import Output
from .reading import Read

if TYPE_CHECKING:
    from ..data import DataSet, Labels, Project
    from ..duplicates import ConflictRecord, RulePlan, StoredPairs
    from ..report.leakage import LeakReport

#: How many conflicts, changes or leaks are printed; files hold all of them.
SHOWN = 20
#: How many frames of a group are named.
NAMED = 4

ShapeDice = Annotated[
    float, typer.Option(help="Nerves of one group below this Dice disagree.")
]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(conflicts)
    app.command()(resolve)
    app.command()(leaks)


def conflicts(
    data: Data,
    csv: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the whole record, a line a pair."),
        Output(),
    ] = None,
    shape_dice: ShapeDice = 0.70,
    project: ProjectDir = None,
    json: Json = None,
    *,
    reading: Reading,
) -> None:
    """List conflicts, the most harmful first, with who settled them and how.

    Takes the project's last duplicate search, or searches now. The JSON also tells
    how well annotations of one picture agree.

    Example: nerveseg conflicts train --csv conflicts.csv
    """
    from ..duplicates import conflict_record
    from ..duplicates.record import record_csv, record_json
    from ..files import write_whole
    from ..report.label_noise import label_noise
    from ..worker.opening import opened_labels

    dataset, found = open_data(data, project, reading)
    with reporting() as reporter, opened_labels(reporter, dataset, found) as labels:
        stored = _known_pairs(dataset, found, labels, reporter)
        record = conflict_record(
            dataset, labels, stored, shape_dice=shape_dice, on_event=reporter
        )
        noise = label_noise(dataset, dataset, stored, on_event=reporter)
        value = record_json(record, _n_masks(dataset, labels))
    value["label_noise"] = noise.to_json()
    told = [*reporter.warnings, *_tell(stored.warnings, noise.warnings)]
    value["warnings"] = list(dict.fromkeys(told))
    if str(json) != "-":
        _print_conflicts(record, value)
    if csv is not None:
        write_whole(csv, record_csv(record))
    write_result(value, json)


def _tell(*warnings: Iterable[str]) -> list[str]:
    """Print warnings, each once, and return them."""
    found = list(dict.fromkeys(chain.from_iterable(warnings)))
    tell_warnings(found)
    return found


def _known_pairs(
    dataset: DataSet, project: Project, labels: Labels, reporter: Reporter
) -> StoredPairs:
    from ..duplicates import find_duplicates, stored_search

    stored = stored_search(dataset, project, reporter)
    if stored is None:
        say("These frames have not been searched for duplicates; searching now.")
        where = None if project.fixed else project
        report = find_duplicates(dataset, labels, project=where, on_event=reporter)
        return report.stored
    say(f"Taking the stored search: {stored.settings_text}.")
    return stored


def _n_masks(dataset: DataSet, labels: Labels) -> int:
    edited = set() if labels.view is None else labels.view.edited()
    return sum(
        (name in edited or dataset.has_mask(name)) and name not in labels.excluded
        for name in dataset.ids
    )


def _print_conflicts(record: tuple[ConflictRecord, ...], value: dict[str, Any]) -> None:
    out(
        f"{value['n_open']:,} conflicts are open, {value['n_resolved']:,} resolved; the"
        f" open ones cost a perfect model {value['harm']:.1f} frames of"
        f" {value['n_masks']:,}, {value['competition_dice_lost'] or 0:.4f} of the"
        " competition's Dice."
    )
    noise = value["label_noise"]
    if noise["agreement"] is not None:
        out(
            f"Two annotations of one picture agree with Dice {noise['agreement']:.3f}"
            f" ({noise['n_pairs']:,} pairs, masks as in the data folder); a perfect"
            f" model could score {noise['ceiling']:.3f} at most on such frames."
        )
    opened = [row for row in record if row.state == "open"]
    for row in opened[:SHOWN]:
        names = " ".join(row.frames[:NAMED])
        more = len(row.frames) - NAMED
        names += f" … and {more} more" if more > 0 else ""
        out(f"  {names}  {row.kind}  harm {row.harm:.2f}")
    if len(opened) > SHOWN:
        out(f"  … and {len(opened) - SHOWN:,} more; --csv lists them all.")


def resolve(
    data: Data,
    rule: Annotated[
        str | None,
        typer.Option(
            help="drop-empty-twin: exclude the empty frames of groups with a nerve;"
            " propagate: give them the mask of the most similar nerve frame."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, change nothing.")
    ] = False,
    undo: Annotated[
        int | None, typer.Option(metavar="ACTION", help="Take this action back.")
    ] = None,
    author: Annotated[
        str | None, typer.Option(help="Whose name it carries; default: yours.")
    ] = None,
    project: ProjectDir = None,
    json: Json = None,
    *,
    reading: Reading,
) -> None:
    """Settle every group in which some frames are empty and others show a nerve.

    All frames change by one action, which --undo (or the window) takes back as one.

    Example: nerveseg resolve train --rule drop-empty-twin --dry-run
    """
    from ..data.project import keep_reading
    from ..duplicates.rules import check_rule, plan_rule
    from ..worker.opening import opened_labels

    if (rule is None) == (undo is None):
        raise InputError("Give either --rule or --undo ACTION.")
    if rule is not None:
        check_rule(rule)
    dataset, found = open_data(data, project, reading)
    if not dry_run:
        found.check_writable()
    if rule is None:
        _undo(found, undo or 0, author, json)
        return
    with reporting() as reporter, opened_labels(reporter, dataset, found) as labels:
        stored = _known_pairs(dataset, found, labels, reporter)
        plan = plan_rule(
            stored,
            labels,
            rule,
            excluded=labels.excluded,
            ambiguous=labels.ambiguous,
            not_duplicates=labels.not_duplicates,
            on_event=reporter,
        )
    told = [*reporter.warnings, *_tell(stored.warnings, plan.warnings)]
    plan = replace(plan, warnings=tuple(dict.fromkeys(told)))
    action = None if dry_run else _apply(found, plan, author)
    if action is not None:
        keep_reading(found, reading)
    value = _plan_json(plan, action)
    if str(json) != "-":
        _print_plan(value, dry_run)
    write_result(value, json)


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


def _print_plan(value: dict[str, Any], dry_run: bool) -> None:
    changes = value["changes"]
    would = "would change" if dry_run else "changed"
    groups = {tuple(change["group"]) for change in changes}
    out(
        f"The rule {value['rule']} {would} {len(changes):,} frames in"
        f" {len(groups):,} groups."
    )
    for change in changes[:SHOWN]:
        what = (
            f"mask of {change['because']}, {change['area']:,} pixels"
            if change["status"] is None
            else f"{change['status']}, because {change['because']} shows a nerve"
        )
        out(f"  {change['frame']}  {what}")
    if len(changes) > SHOWN:
        out(f"  … and {len(changes) - SHOWN:,} more; --json lists them all.")
    if value["action"] is not None:
        out(
            f"This is action {value['action']}; --undo {value['action']} takes it back."
        )


def _undo(project: Project, action: int, author: str | None, json: Path | None) -> None:
    from ..data.store import LabelStore

    if not project.labels.exists():
        raise InputError(
            f"{project.root} has no label store, so there is no action {action} to "
            "undo; name the project folder by --project."
        )
    with LabelStore.open(project.labels, author=author or _account()) as store:
        done = store.undo(action)
    value = {"undone": action, **vars(done)}
    if str(json) != "-":
        out(f"Action {action} is undone over {len(done.undone):,} frames.")
        for frame in done.left:
            out(f"  {frame} was changed since and is left as it is.")
    write_result(value, json)


def leaks(
    data: Data,
    other: Annotated[
        Path | None,
        typer.Argument(metavar="[OTHER]", help="A second folder, e.g. the test set."),
        Read.DATA,
    ] = None,
    splits: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A run's splits.json: what crosses it?"),
        Read.FILE,
    ] = None,
    threshold: Annotated[
        float, typer.Option(help="Pairs above this SSIM are duplicates.")
    ] = 0.99,
    window: Window = "uniform7",
    project: ProjectDir = None,
    json: Json = None,
    *,
    reading: Reading,
) -> None:
    """Find near-duplicates across subjects, across a split, and between two folders.

    Example: nerveseg leaks train test --json leaks.json
    """
    from ..duplicates.search import search_pairs
    from ..report.leakage import folder_leaks, split_leaks, subject_leaks

    parts = None if splits is None else _read_splits(splits)
    dataset, found = open_data(data, project, reading)
    second = None if other is None else _second(dataset, other)
    reports: list[LeakReport] = []
    with reporting() as reporter:
        stored = search_pairs(
            dataset,
            threshold=threshold,
            scope="all",
            window=window,
            project=found,
            on_event=reporter,
        )
        reports.append(subject_leaks(dataset, stored))
        if parts is not None:
            reports.append(split_leaks(stored, parts))
        if second is not None:
            between = folder_leaks(
                dataset,
                second,
                threshold=threshold,
                window=window,
                project=found,
                on_event=reporter,
            )
            reports.append(between)
    _tell(*(report.warnings for report in reports))
    if str(json) != "-":
        for report in reports:
            _print_leaks(report)
    write_result({report.across: report.to_json() for report in reports}, json)


def _second(dataset: DataSet, other: Path) -> DataSet:
    """Open a second folder so that equal pictures in both have equal greys."""
    from ..data import open_dataset
    from ..worker.opening import fitting

    dataset.settle_grey_range()
    # Subjects and masks are the first folder's own, but not how masks are named.
    alike = replace(
        dataset.reading,
        masks_csv=None,
        subject_by=None,
        nerve_label=None,
        invert_masks=None,
    )
    return open_dataset(other, fitting(tell, other, alike))


def _read_splits(path: Path) -> Mapping[str, list[str]]:
    sentence = f"{path} is no splits.json of a run; name the one in the run's folder."
    try:
        content = json_module.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(sentence) from error
    names = ("train", "validation", "test")
    there = content if isinstance(content, dict) else {}
    parts = {name: there[name] for name in names if name in there}
    if len(parts) < 2 or not all(isinstance(part, list) for part in parts.values()):
        raise InputError(sentence)
    return parts


def _print_leaks(report: LeakReport) -> None:
    value = report.to_json()
    out(
        f"{value['n_pairs']:,} pairs above SSIM {report.threshold:g} cross"
        f" {report.across}, {value['n_frames_concerned']:,} of"
        f" {value['n_frames']:,} frames."
    )
    for leak in report.leaks[:SHOWN]:
        out(f"  {leak.a} ({leak.a_in})  {leak.b} ({leak.b_in})  SSIM {leak.ssim:.4f}")
    if len(report.leaks) > SHOWN:
        out(f"  … and {len(report.leaks) - SHOWN:,} more; --json lists them all.")
