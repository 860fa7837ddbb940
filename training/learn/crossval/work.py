"""What a cross-validation has to do, and where it lies."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...data import DataSet
from ...errors import InputError
from ...events import OnEvent, ShouldStop
from ...guarded import damaged, load_json
from ..folder.shapes import FINGERPRINT
from ..run.reading import check_reading
from ..run.resume import resumed_config
from ..settings.config import TrainConfig
from ..splits.folds import read_folds
from ..splits.split import Split
from ..text import command_line
from .fold import FoldFolder, run_fold, with_fold_number

if TYPE_CHECKING:
    from ..preloaded import TrainingLabels

Json = dict[str, Any]


def resume_command(data: str | Path, root: str | Path) -> str:
    """Return the command that goes on with a cross-validation.

    It need not say how the data were opened: the folder's ``source.json`` does.
    """
    return command_line("crossval", data, "--resume", root)


@dataclass(frozen=True)
class Work:
    """What a cross-validation has to do, and where.

    Attributes
    ----------
    dataset, labels, config
        Of `cross_validate`.
    root
        The folder that everything goes to.
    splits
        The folds.
    """

    dataset: DataSet
    labels: TrainingLabels
    config: TrainConfig
    root: Path
    splits: Sequence[Split]

    @property
    def resumed_by(self) -> str:
        """The command that goes on with it."""
        return resume_command(self.dataset.root, self.root)

    @property
    def folds(self) -> list[FoldFolder]:
        """Where the folds lie."""
        return [FoldFolder(self.root, n) for n in range(1, len(self.splits) + 1)]

    @property
    def warnings(self) -> list[str]:
        """What belongs beside every score."""
        return [*self.splits[0].warnings, *self.labels.warnings()]

    def unfinished(self) -> list[int]:
        """Return the numbers of the folds that are still to be done, from 1."""
        return [fold.number for fold in self.folds if not fold.finished]

    def run(self, number: int, on_event: OnEvent, should_stop: ShouldStop) -> None:
        """Train one fold and let it predict; `Cancelled` if asked to stop."""
        fold, split = self.folds[number - 1], self.splits[number - 1]
        tell = with_fold_number(on_event, number, len(self.splits))
        asked = (self.dataset, self.labels, self.config)
        run_fold(*asked, split, fold, self.resumed_by, tell, should_stop)
        trained = fold.result
        assert trained is not None
        score = trained["validation"]["competition_dice"]
        tell({"event": "fold", "competition_dice": score})

    def run_here(
        self, numbers: Sequence[int], on_event: OnEvent, should_stop: ShouldStop
    ) -> None:
        """Train folds one after the other, in this process."""
        for number in numbers:
            self.run(number, on_event, should_stop)

    def drop_held_out(self) -> None:
        """Delete the folds' own predictions, all of which ``oof`` has."""
        for fold in self.folds:
            shutil.rmtree(fold.held_out)

    def stopped(self) -> Json:
        """Return the result of a cross-validation that was asked to stop."""
        k = len(self.splits)
        done = k - len(self.unfinished())
        text = (
            f"Stopped as asked: {done} of {k} folds are done; go on with "
            f"'{self.resumed_by}'."
        )
        return {"stopped": "asked", "text": text, "warnings": self.warnings}


def read_work(dataset: DataSet, labels: TrainingLabels, root: Path) -> Work:
    """Read what a cross-validation was asked for.

    Parameters
    ----------
    dataset, labels
        The same as when it was begun.
    root
        Its folder.

    Raises
    ------
    InputError
        If the folder holds no cross-validation, or one of other frames or labels.
    """
    stored = _fingerprint(root)
    # Before the folds, whose frames would be others, too.
    check_reading(root, stored, dataset, stored.get("subjects", dataset.ids))
    splits = read_folds(root / "splits.json", dataset)
    then = str(stored["labels"])
    if then != labels.snapshot_id:
        raise InputError(
            f"{root} was begun with the labels {then}, and these are "
            f"{labels.snapshot_id}: go on with --snapshot {then}."
        )
    return Work(dataset, labels, resumed_config(root, {}), root, splits)


def labels_of(root: Path) -> str:
    """Return the snapshot id of the labels of a cross-validation.

    Raises
    ------
    InputError
        If the folder does not say.
    """
    return str(_fingerprint(root)["labels"])


def _fingerprint(root: Path) -> Json:
    file = root / "fingerprint.json"
    try:
        found: Json = load_json(file, {**FINGERPRINT, "labels": str})
    except (OSError, ValueError) as error:
        remedy = "put it back as it was, or start a new cross-validation"
        raise damaged(file, error, remedy) from error
    return found
