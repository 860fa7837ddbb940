"""What a run was, in a paragraph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .run_files import RunFiles

#: Subjects that a sentence names before it ends in dots.
_NAMED = 16

_STOPS = {
    "asked": "it was stopped as asked",
    "early": "it ended as the score no longer rose",
    "minutes": "its time was used up",
}


def what_was_run(run: RunFiles, people: Mapping[str, Sequence[str]]) -> str:
    """Say what was trained on what, how long, and what is kept.

    Parameters
    ----------
    run
        The run.
    people
        The subjects of ``train``, ``validation`` and ``test``, where they are known.
    """
    sentences = [_network(run)]
    sentences.append(_folds(run) if run.is_crossval else _frames(run, people))
    sentences.append(_course(run))
    return " ".join(sentence for sentence in sentences if sentence)


def _network(run: RunFiles) -> str:
    config, where = run.config, run.source.get("data")
    height, width = config["size"]
    recipe, network = config["recipe"], config["network"]
    shown = recipe if recipe == network else f"{recipe} (network {network})"
    begin = "from its ImageNet weights" if config.get("pretrained") else "from scratch"
    begin = f"from {config['init_from']}" if config.get("init_from") else begin
    labels = run.fingerprint.get("labels")
    of = {None: "", "source": ", under the masks that came with them"}.get(
        labels, f", under the labels of snapshot {labels}"
    )
    kind = "A cross-validation" if run.is_crossval else "A training"
    data = f" on the frames of {where}" if where else ""
    return (
        f"{kind} of the recipe {shown}, {begin}, at {height} x {width} pixels "
        f"(height x width){data}{of}."
    )


def _frames(run: RunFiles, people: Mapping[str, Sequence[str]]) -> str:
    if not run.splits:
        return "How its frames were split was not written down."
    left_out = set().union(*map(set, run.excluded.values())) if run.excluded else set()
    counts = {
        name: len([one for one in run.splits.get(name, ()) if one not in left_out])
        for name in ("train", "validation", "test")
    }
    parts = [
        f"{counts['train']:,} frames{_of(people.get('train'))} were learned from",
        f"{counts['validation']:,}{_of(people.get('validation'))} validated: they "
        "chose the epoch that is kept and the decision rule",
    ]
    if counts["test"]:
        subjects = _of(people.get("test"))
        parts.append(f"{counts['test']:,}{subjects} were left alone for the end")
    return "; ".join(parts) + "."


def _folds(run: RunFiles) -> str:
    folds, test = run.splits["folds"], run.splits.get("test", ())
    tested = f"; {len(test):,} test frames are in no fold" if test else ""
    return (
        f"{len(run.held_out):,} frames in {len(folds)} folds: each fold's network "
        f"learned from the others and predicted its own{tested}."
    )


def _course(run: RunFiles) -> str:
    if run.running:
        return "It is still at work: this report shows how far it is."
    result = run.result
    if not result:
        end = f": {run.end}" if run.end else " and left no word, as if it was killed."
        return f"It did not come to its end{end}"
    took = f"It took {_time(result['seconds'])}{_where(run)}"
    if run.is_crossval or not run.epochs:
        return f"{took}. {result['text']}"
    why = f", as {_STOPS[result['stopped']]}" if result["stopped"] else ""
    epochs = f"{result['epochs']} of {run.config['epochs']} epochs"
    kept = f"; epoch {result['best_epoch']} is kept" if result["best_epoch"] else ""
    return f"{took}: {epochs}{why}{kept}."


def _where(run: RunFiles) -> str:
    machine = run.environment
    if not machine:
        return ""
    threads = machine.get("threads")
    on = machine.get("gpu") or f"{threads} thread{'s' * (threads != 1)} of a processor"
    return f" on {on}, in {'bfloat16' if machine.get('bfloat16') else 'float32'}"


def unfinished(run: RunFiles) -> str:
    """Say what a run that is not at its end has not done; empty if it is."""
    if run.result.get("stopped", "asked") != "asked":
        return ""
    if run.is_crossval:
        k = len(run.splits["folds"])
        done = sum("best_epoch" in fold.result for fold in run.folds)
        return (
            f"This cross-validation is not finished: {done} of {k} folds are trained, "
            "and there is no score of all, no ensemble and no common rule yet."
        )
    tests = ", and its test frames are not scored" * bool(run.splits.get("test"))
    return (
        f"This training is not finished: {len(run.epochs)} of {run.config['epochs']} "
        f"epochs are done{tests}."
    )


def rule_words(run: RunFiles, people: Mapping[str, Sequence[str]]) -> str:
    """Say on what the decision rule was tuned."""
    if run.is_crossval:
        return (
            "Tuned for the competition Dice on the out-of-fold predictions of all "
            "folds together; the score of every fold under the rule of the others, "
            "above, is of frames that no rule was tuned on."
        )
    n = len(run.held_out)
    return (
        f"Tuned for the competition Dice on the {n:,} validation frames"
        f"{_of(people.get('validation'))}, the same that chose the epoch: their own "
        "score flatters it."
    )


def rule_rows(rule: Mapping[str, Any]) -> list[list[str]]:
    """Return a decision rule as rows of name, value and meaning."""
    share = rule.get("min_area_share", 0.0)
    rows = [
        ["threshold", _shown(rule.get("threshold")), "a pixel from here on is nerve"],
        [
            "presence threshold",
            _shown(rule.get("presence_threshold")),
            "a frame below it has no nerve",
        ],
        [
            "least area",
            f"{100 * share:.2f} %",
            "of the frame; a smaller mask is emptied",
        ],
    ]
    names = {
        "averaging": ("averaging", "of what predictions are the mean"),
        "largest_component": ("largest component", "only this part of a mask is kept"),
        "fill_holes": ("fill holes", "what a mask encloses belongs to it"),
    }
    return rows + [
        [name, _shown(rule[key]), words]
        for key, (name, words) in names.items()
        if key in rule
    ]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _of(subjects: Sequence[str] | None) -> str:
    if not subjects:
        return ""
    named = ", ".join(subjects[:_NAMED]) + (", …" if len(subjects) > _NAMED else "")
    kind = "subject" if len(subjects) == 1 else f"{len(subjects)} subjects"
    return f" of {kind} ({named})" if len(subjects) > 1 else f" of {kind} {named}"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
