"""What each command prints of its result, for people; ``--json`` has all of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..commands.predicting import Predict
from ..commands.resolving import Resolve
from ..commands.training import Train
from ..data.problems import Problem, in_brief
from ..data.understood import page
from ..errors import InputError
from ..report.panel import panels
from ..report.panel_text import panel_lines
from .console import INTERRUPTED, SHOWN, clock, out

Result = dict[str, Any]

#: Trials, and frames of a group, that are printed.
TRIALS, NAMED = 10, 4


def _stopped(_options: Any, result: Result) -> int:
    return INTERRUPTED if result.get("stopped") == "asked" else 0


def _warnings(_options: Any, result: Result) -> list[str]:
    return list(result.get("warnings", ()))


@dataclass(frozen=True)
class Show:
    """How the end of a command is told; each part gets the options and the result.

    Attributes
    ----------
    show
        Prints the result.
    code
        Returns the exit code.
    warnings
        Returns the warnings to print; those that were told before are left out.
    """

    show: Callable[[Any, Result], None]
    code: Callable[[Any, Result], int] = _stopped
    warnings: Callable[[Any, Result], list[str]] = _warnings


def print_panels(result: Result, margin: str = "") -> None:
    """Print every score of a result, with what each one means.

    Parameters
    ----------
    result
        See `training.report.panel.panels`.
    margin
        What each line begins with.
    """
    found = panels(result)
    for panel in found:
        if len(found) > 1:
            out(f"{margin}{panel.title}:")
        for line in panel_lines(panel):
            out(f"{margin}{'  ' * (len(found) > 1)}{line}")


def _more(n: int, where: str = "--json") -> None:
    """Say it if more than `SHOWN` lines are not printed."""
    if n > SHOWN:
        out(f"  … and {n - SHOWN:,} more; {where} lists them all.")


def _scan(_options: Any, result: Result) -> None:
    share = result["share_nerve"]
    with_nerve = "" if share is None else f" ({share:.1%} of the masks)"
    sizes = ", ".join(
        f"{size['width']} wide x {size['height']} high ({size['n_frames']:,})"
        for size in result["sizes"]
    )
    out(f"frames        {result['n_frames']:,}")
    out(f"subjects      {result['n_subjects']:,}")
    out(f"with nerve    {result['n_nerve']:,}{with_nerve}")
    out(f"empty masks   {result['n_empty']:,}")
    out(f"missing masks {result['n_missing_mask']:,}")
    out(f"bad masks     {result['n_bad_mask']:,}")
    out(f"sizes         {sizes}")
    out(f"problems      {len(result['problems']):,}")
    out("How the folder is read:")
    for title, text in page(result):
        out(f"  {title:13} {text}")


def _scan_warnings(options: Any, result: Result) -> list[str]:
    """Return the problems in brief; no readable frame at all is a mistake."""
    if not result["n_readable"]:
        raise InputError(
            f"{options.data}: none of its {result['n_frames']:,} frames can be read;"
            f" the first problem: {result['warnings'][0]}"
        )
    return in_brief([Problem(**one) for one in result["problems"]])


def _scan_code(options: Any, result: Result) -> int:
    return 2 if options.strict and result["problems"] else 0


def _duplicates(_options: Any, result: Result) -> None:
    disagreeing = [group for group in result["groups"] if group["conflict"]]
    out(
        f"{len(result['pairs']):,} pairs above SSIM {result['threshold']:g} among"
        f" {result['n_frames']:,} frames, in {len(result['groups']):,} groups;"
        f" {len(disagreeing):,} groups with masks that disagree."
    )
    pairs = [pair for pair in result["pairs"] if pair["conflict"]]
    for pair in pairs[:SHOWN]:
        out(
            f"  {pair['a']}  {pair['b']}  SSIM {pair['ssim']:.4f}"
            f"  {pair['conflict']}  Dice {pair['dice']:.2f}"
        )
    _more(len(pairs))


def _stats(_options: Any, result: Result) -> None:
    share = result["share_nerve"]
    shown = "" if share is None else f" ({100 * share:.1f} % of those with a mask)"
    out(
        f"{result['n_frames']:,} frames of {result['n_subjects']:,} subjects:"
        f" {result['n_nerve']:,} with a nerve{shown}, {result['n_empty']:,} empty,"
        f" {result['n_without_mask']:,} without a mask."
    )
    if result["area"] is not None:
        area = result["area"]
        out(
            f"Area of a nerve: median {area['median']:,.0f} px,"
            f" from {area['min']:,.0f} to {area['max']:,.0f}."
        )
    for sentence in result["area_words"]:
        out(sentence)
    if result["html"] is not None:
        out(f"Charts: {result['html']}")


def _conflicts(_options: Any, result: Result) -> None:
    out(
        f"{result['n_open']:,} conflicts are open, {result['n_resolved']:,} resolved;"
        f" the open ones cost a perfect model {result['harm']:.1f} frames of"
        f" {result['n_masks']:,}, {result['competition_dice_lost'] or 0:.4f} of the"
        " competition's Dice."
    )
    noise = result["label_noise"]
    if noise["agreement"] is not None:
        out(
            f"Two annotations of one picture agree with Dice {noise['agreement']:.3f}"
            f" ({noise['n_pairs']:,} pairs, masks as in the data folder); a perfect"
            f" model could score {noise['ceiling']:.3f} at most on such frames."
        )
    opened = [row for row in result["conflicts"] if row["state"] == "open"]
    for row in opened[:SHOWN]:
        names = " ".join(row["frames"][:NAMED])
        more = len(row["frames"]) - NAMED
        names += f" … and {more} more" if more > 0 else ""
        out(f"  {names}  {row['kind']}  harm {row['harm']:.2f}")
    _more(len(opened), "--csv")


def _resolve(options: Resolve, result: Result) -> None:
    if options.rule is None:
        out(f"Action {options.undo} is undone over {len(result['undone']):,} frames.")
        for frame in result["left"]:
            out(f"  {frame} was changed since and is left as it is.")
        return
    changes = result["changes"]
    would = "would change" if options.dry_run else "changed"
    groups = {tuple(change["group"]) for change in changes}
    out(
        f"The rule {result['rule']} {would} {len(changes):,} frames in"
        f" {len(groups):,} groups."
    )
    for change in changes[:SHOWN]:
        what = (
            f"mask of {change['because']}, {change['area']:,} pixels"
            if change["status"] is None
            else f"{change['status']}, because {change['because']} shows a nerve"
        )
        out(f"  {change['frame']}  {what}")
    _more(len(changes))
    if (action := result["action"]) is not None:
        out(f"This is action {action}; --undo {action} takes it back.")


def _leaks(_options: Any, result: Result) -> None:
    for across, report in result.items():
        out(
            f"{report['n_pairs']:,} pairs above SSIM {report['threshold']:g} cross"
            f" {across}, {report['n_frames_concerned']:,} of"
            f" {report['n_frames']:,} frames."
        )
        for leak in report["pairs"][:SHOWN]:
            a, b = (f"{leak[side]} ({leak[f'{side}_in']})" for side in ("a", "b"))
            out(f"  {a}  {b}  SSIM {leak['ssim']:.4f}")
        _more(len(report["pairs"]))


def _leaks_warnings(_options: Any, result: Result) -> list[str]:
    return [text for report in result.values() for text in report["warnings"]]


def _augment_preview(_options: Any, result: Result) -> None:
    out(f"{result['out']}: {result['width']} x {result['height']} pixels (wide x high)")


def _train(options: Train, result: Result) -> None:
    if options.dry_run:
        _estimate(result)
        return
    print_panels(result)
    if result.get("checkpoint"):
        out(f"checkpoint: {result['checkpoint']}")


def _estimate(result: Result) -> None:
    frames, seconds, memory = (result[k] for k in ("frames", "seconds", "memory_gb"))
    arithmetic = "bfloat16" if result["bfloat16"] else "float32"
    gpu = f", {memory['gpu']:.2f} GB on the GPU" if memory["gpu"] is not None else ""
    rows = (
        ("network", f"{result['network']}, {result['parameters']:,} weights"),
        ("device", f"{result['device']}, {result['threads']} threads, {arithmetic}"),
        ("frames", ", ".join(f"{n:,} {part}" for part, n in frames.items())),
        ("speed", f"{result['images_per_second']:.1f} frames a second"),
        ("reading", clock(seconds["reading"])),
        ("an epoch", clock(seconds["epoch"] + seconds["validation"])),
        ("scoring", clock(seconds["scoring"])),
        ("in all", f"{clock(seconds['total'])} for {result['epochs']} epochs"),
        ("memory", f"{memory['process']:.2f} GB{gpu}"),
    )
    for name, value in rows:
        out(f"{name:10} {value}")
    out(result["text"])


def _crossval(_options: Any, result: Result) -> None:
    if result["stopped"]:
        return
    for one in result["folds"]:
        scores = one["nested"]
        dice, blank = (
            "undefined" if value is None else f"{value:.4f}"
            for value in (scores["competition_dice"], scores["blank_baseline"])
        )
        out(
            f"fold {one['fold']}: competition Dice {dice} (blank {blank}),"
            f" {scores['n_frames']:,} frames"
        )
    print_panels(result)
    out(f"ensemble: {result['ensemble']}")


def _tune(_options: Any, result: Result) -> None:
    whole = [one for one in result["trials"] if one["score"] is not None]
    for one in sorted(whole, key=lambda one: -one["score"])[:TRIALS]:
        values = ", ".join(f"{k} {_value(v)}" for k, v in one["values"].items())
        out(f"trial {one['trial']:>3}  Dice {one['score']:.4f}  {values}")
    for name, share in result["importance"].items():
        out(f"{name:26} {100 * share:3.0f} % of what mattered")
    out(f"table and plot: {result['page']}")
    if result["config"]:
        out(f"best settings: {result['config']}")


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "-".join(map(str, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _predict(_options: Predict, result: Result) -> None:
    out(
        f"{result['n_predicted']:,} of {result['n_frames']:,} frames predicted"
        f" into {result['out']}"
    )
    if n := result["n_before"]:
        out(f"{n:,} {'frame was' if n == 1 else 'frames were'} done before.")
    if result["rle"]:
        out(f"Submission, read back and equal to the masks: {result['rle']}")


def _phantom(options: Any, result: Result) -> None:
    out(
        f"{result['n_frames']:,} frames and {result['n_conflicts']:,} planted"
        f" conflicts in {options.out}"
    )


def _export(_options: Any, result: Result) -> None:
    out(f"{result['n_masks']:,} masks written to {result['out']} and read back.")


#: By the command's name.
SHOW: Mapping[str, Show] = {
    "scan": Show(_scan, _scan_code, _scan_warnings),
    "duplicates": Show(_duplicates),
    "stats": Show(_stats),
    "conflicts": Show(_conflicts),
    "resolve": Show(_resolve),
    "leaks": Show(_leaks, warnings=_leaks_warnings),
    "augment_preview": Show(_augment_preview),
    "train": Show(_train),
    "stop": Show(lambda options, _: out(f"{options.run} was asked to stop.")),
    "pause": Show(
        lambda options, _: out(
            f"{options.run} was asked to wait; 'nerveseg unpause' lets it go on."
        )
    ),
    "unpause": Show(lambda options, _: out(f"{options.run} goes on.")),
    "crossval": Show(_crossval),
    "tune": Show(_tune),
    "predict": Show(_predict),
    "evaluate": Show(lambda _, result: print_panels(result)),
    "report": Show(lambda _, result: out(f"Report: {result['path']}")),
    "phantom": Show(_phantom),
    "export": Show(_export),
}
