"""Every command, described once: its options, and what does it.

The command line, the worker's JSON and the window's jobs are made from `COMMANDS`. A
new command is an `Options` and a function in a module here, a line below, and a
function in `training.cli.show` that prints its result.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import folding, looking, making, predicting, reporting, resolving, training
from .options import Command, Options

__all__ = ["COMMANDS", "Command", "Options"]

#: By name, in the order of ``nerveseg --help``; there ``_`` is ``-``.
COMMANDS: Mapping[str, Command] = {
    "scan": Command(looking.Scan, looking.scan),
    "duplicates": Command(looking.Duplicates, looking.duplicates),
    "stats": Command(looking.Stats, looking.stats),
    "conflicts": Command(resolving.Conflicts, resolving.conflicts),
    "resolve": Command(resolving.Resolve, resolving.resolve),
    "leaks": Command(resolving.Leaks, resolving.leaks),
    "augment_preview": Command(training.AugmentPreview, training.augment_preview),
    "train": Command(training.Train, training.train),
    "stop": Command(training.Stop, training.ask_run),
    "pause": Command(training.Pause, training.ask_run),
    "unpause": Command(training.Unpause, training.ask_run),
    "crossval": Command(folding.Crossval, folding.crossval),
    "fold": Command(folding.Fold, folding.fold, worker_only=True),
    "tune": Command(folding.Tune, folding.tune),
    "predict": Command(predicting.Predict, predicting.predict),
    "evaluate": Command(predicting.Evaluate, predicting.evaluate),
    "report": Command(reporting.Report, reporting.report),
    "phantom": Command(making.Phantom, making.phantom),
    "export": Command(making.Export, making.export),
}
