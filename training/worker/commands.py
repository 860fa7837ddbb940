"""What a worker can do, by name; each setting is a key of the command's JSON.

The command line calls the same functions, so that both do the same. Every function
returns what its ``result`` event carries; ``warnings`` in it are sentences for the
user.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ..errors import InputError
from ..events import OnEvent, ShouldStop, message
from ..files import write_whole
from .crossval import crossval, fold
from .estimate import estimate
from .learning import learning_data
from .making import phantom
from .naming import naming
from .opening import (
    CountedMasks,
    How,
    Where,
    keep,
    open_data,
    opened_labels,
    real,
    with_greys,
    writing_to,
)
from .predicting import predict
from .preview import augment_preview
from .reporting import report
from .resuming import resume
from .score_context import with_context
from .tuning import tune

#: Whose masks `evaluate` takes for the truth.
TRUTHS = ("source", "current")


def scan(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    data: Where,
    project: Where | None = None,
    reading: How = None,
) -> dict[str, Any]:
    """Open every file of a data set; return the summary and the problems.

    ``digest`` is the same as long as every file is what it was.
    """
    from ..data.scan import scan as scan_dataset

    dataset, where = open_data(on_event, data, project, reading, tells=False)
    found = scan_dataset(dataset, where, on_event, should_stop)
    summary = found.to_json()
    if summary["n_readable"]:
        keep(on_event, where, with_greys(dataset, reading))
    return {
        **summary,
        "digest": found.digest,
        "warnings": [one.text for one in found.problems],
    }


def stats(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    data: Where,
    html: Where | None = None,
    project: Where | None = None,
    reading: How = None,
) -> dict[str, Any]:
    """Count a data set under its current labels; see `training.report.stats`.

    ``html`` is a file to draw charts into.
    """
    from ..data.scan import scan as scan_dataset
    from ..report.stats import statistics
    from ..report.stats_page import stats_page

    dataset, where = open_data(on_event, data, project, reading)
    with opened_labels(on_event, dataset, where) as labels:
        found = statistics(
            dataset,
            labels,
            scan_dataset(dataset, where, on_event, should_stop),
            where,
            on_event=on_event,
            should_stop=should_stop,
        )
    path = None if html is None else real(html)
    if path is not None:
        write_whole(path, stats_page(found, f"Statistics of {dataset.root}"))
    return {
        **found.to_json(),
        "html": path,
        "warnings": list(found.left_out.values()),
    }


def duplicates(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    data: Where,
    project: Where | None = None,
    reading: How = None,
    threshold: float = 0.99,
    scope: str = "subject",
    shape_dice: float = 0.70,
    window: str = "uniform7",
    roi: str | None = None,
    device: str = "cpu",
) -> dict[str, Any]:
    """Search duplicates, keep all pairs in the project, return the report.

    ``roi`` is TOP,BOTTOM,LEFT,RIGHT in pixels: only this part is compared.
    Pairs that a reviewer parted are not reported, and a frame that one excluded is
    in no conflict; the pairs that are kept know nothing of verdicts.
    """
    from ..duplicates import find_duplicates
    from ..duplicates.frames import parse_roi

    part = None if roi is None else parse_roi(roi)
    dataset, where = open_data(on_event, data, project, reading)
    with writing_to(where), opened_labels(on_event, dataset, where) as labels:
        report = find_duplicates(
            dataset,
            CountedMasks(labels),
            threshold=threshold,
            scope=scope,
            shape_dice=shape_dice,
            window=window,
            roi=part,
            device=device,
            project=where,
            not_duplicates=labels.not_duplicates,
            on_event=on_event,
            should_stop=should_stop,
        )
        keep(on_event, where, reading)
    return {**report.to_json(), "path": where.duplicates}


def train(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    data: Where,
    config: Mapping[str, Any],
    out: Where | None = None,
    project: Where | None = None,
    reading: How = None,
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Train a network on the project's labels into the run folder ``out``."""
    from ..learn import TrainConfig
    from ..learn import train as train_network

    settings = TrainConfig.from_json(dict(config))
    named = naming(data, project, reading)
    with learning_data(on_event, should_stop, named, snapshot, keeps=True) as at_hand:
        result = train_network(
            at_hand.dataset,
            at_hand.labels,
            settings,
            at_hand.run_folder(out, datetime.now(UTC).strftime("%Y%m%d-%H%M%S")),
            groups=at_hand.groups(),
            source=at_hand.source,
            on_event=on_event,
            should_stop=should_stop,
        )
        return at_hand.with_context(result)


def evaluate(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    predictions: Where,
    data: Where,
    labels: str = "source",
    project: Where | None = None,
    reading: How = None,
) -> dict[str, Any]:
    """Score predictions; see `training.report.evaluate`.

    ``labels`` and ``snapshot`` in the result say against which masks, and
    ``label_noise`` how well these agree with themselves.
    """
    from ..report.evaluate import evaluate as evaluate_masks

    if labels not in TRUTHS:
        raise InputError(f"--labels {labels}: take 'source' or 'current'.")
    dataset, where = open_data(on_event, data, project, reading)
    if labels == "current" and not where.labels.exists():
        text = f"{where.root} holds no labels: the current masks are the source's."
        message(on_event, text, "warning")
    source_only = labels == "source"
    with opened_labels(on_event, dataset, where, source_only=source_only) as truth:
        scores = evaluate_masks(
            real(predictions),
            dataset,
            truth,
            on_event=on_event,
            should_stop=should_stop,
        )
        result = {**scores.to_json(), "labels": labels, "snapshot": truth.snapshot_id}
    return with_context(result, dataset, where, on_event, should_stop)


def export(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    data: Where,
    out: Where,
    project: Where | None = None,
    reading: How = None,
    format: str = "tif",
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Write the current masks; see `training.report.export`."""
    from ..report.export import export as export_masks

    dataset, where = open_data(on_event, data, project, reading)
    with opened_labels(on_event, dataset, where, snapshot) as labels:
        return export_masks(
            dataset,
            labels,
            real(out),
            format,
            on_event=on_event,
            should_stop=should_stop,
        )


COMMANDS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "scan": scan,
    "stats": stats,
    "augment_preview": augment_preview,
    "duplicates": duplicates,
    "train": train,
    "estimate": estimate,
    "resume": resume,
    "crossval": crossval,
    "fold": fold,
    "tune": tune,
    "phantom": phantom,
    "predict": predict,
    "evaluate": evaluate,
    "report": report,
    "export": export,
}
