"""A training from start to end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ...data import DataSet
from ...errors import Cancelled
from ...events import OnEvent, ShouldStop, message
from ...ranks import Ranks, joined
from ..settings.config import TrainConfig
from ..splits.assignment import nerve_frames
from ..splits.split import Split, split_subjects
from .resume import check_resumable, stored_split

if TYPE_CHECKING:
    from ..fit.context import Context
    from ..folder.run_folder import RunFolder
    from ..folder.state import Saved
    from ..preloaded import TrainingLabels


def train(
    dataset: DataSet,
    labels: TrainingLabels,
    config: TrainConfig,
    out: Path,
    *,
    groups: Iterable[Sequence[str]] = (),
    split: Split | None = None,
    resume: bool = False,
    ignore_fingerprint: bool = False,
    source: Mapping[str, Any] = MappingProxyType({}),
    whole: str | None = None,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> dict[str, Any]:
    """Train a network and keep the best.

    Training frames are learned from with ``labels``' masks, excluded and ambiguous
    ones left out. Validation and test frames are scored against the source's masks;
    only where it has none, against the labels'. Test frames are read last.

    Parameters
    ----------
    dataset
        The frames, of any sizes.
    labels, config, out
        The masks to learn from, every setting, and the run folder.
    groups
        Duplicate groups, as frame ids; see `known_groups`.
    split
        Which frames serve what, such as a fold; None: as the configuration says.
    resume
        Go on with the training in ``out`` after its last whole epoch, with its split.
    ignore_fingerprint
        Do so though its frames or masks have changed.
    source
        How the data were opened, for ``source.json``.
    whole
        The command that goes on with what this training is a part of, such as a
        cross-validation, so that a failure can name it.
    on_event
        Gets progress, messages and an ``epoch`` event each epoch, which are also
        appended to ``events.jsonl``.
    should_stop
        Asked between steps; a file ``stop`` in the run folder does the same.

    Returns
    -------
    dict
        Paths (``run``, ``checkpoint``, ``last``), how it went (``epochs``, ``stopped``,
        ``text``, ``best_epoch``, ``best_dice``, ``rule``, ``seconds``,
        ``images_per_second``), ``validation`` and ``test`` (scores, or None),
        ``counts`` and ``warnings``; see ``docs/training.md``.

    Raises
    ------
    InputError
        If the configuration, the split, the device or the run folder is wrong, or no
        frame can be used; to resume, if ``out`` is finished, running or damaged, or
        its frames have changed. Nothing is written then.
    Failure
        If the loss is no longer a number, the disk is full, memory is short, the GPU
        fails or another rank ended; the last good checkpoint is kept.
    """
    started = time.monotonic()
    _check_begin(config, resume)
    longer = check_resumable(out, config) if resume else None
    work = _Work(dataset, labels, config, resume, source, whole, on_event, should_stop)
    with joined() as ranks:
        split = split or work.split(ranks, out, groups)
        with work.surroundings(ranks, out, started) as context:
            saved = _saved(context, longer) if resume else None
            result = work.run(context, split, saved, ignore_fingerprint)
    return result


def _check_begin(config: TrainConfig, resume: bool) -> None:
    """Refuse, before any frame is read, what is wrong or not there."""
    if error := config.validation_error():
        raise error
    if config.tensorboard:
        from ..fit.board import check_board

        check_board()
    if not resume:  # which brings its weights
        from ..fit.initial import check_beginning

        check_beginning(config)


@dataclass(frozen=True)
class _Work:
    """What a training was asked for; see `train`."""

    dataset: DataSet
    labels: TrainingLabels
    config: TrainConfig
    resume: bool
    source: Mapping[str, Any]
    whole: str | None
    on_event: OnEvent | None
    should_stop: ShouldStop | None

    def split(self, ranks: Ranks, out: Path, groups: Iterable[Sequence[str]]) -> Split:
        """Return the split of the run that goes on, or the configuration's."""
        split = stored_split(out, self.dataset) if self.resume else None
        if split is not None:
            return split
        heard = self.on_event if ranks.first else None
        stop = self.should_stop if ranks.size == 1 else None
        return configured_split(
            self.dataset, self.labels, self.config, groups, heard, stop
        )

    def run(
        self,
        context: Context,
        split: Split,
        saved: Saved | None,
        ignore_fingerprint: bool,
    ) -> dict[str, Any]:
        """Train, and write what came of it."""
        from .stages import Session

        data = (self.dataset, self.labels)
        result = Session(context, *data, split, saved, ignore_fingerprint).run()
        context.folder.write("result.json", result)
        context.folder.log({"event": "result", "value": result})
        return result

    @contextlib.contextmanager
    def surroundings(
        self, ranks: Ranks, out: Path, started: float
    ) -> Iterator[Context]:
        """Give what every stage needs, and note how the block ended."""
        from ...networks.device import fewer_threads, pick_device, processor_threads
        from ...networks.kept_memory import kept_memory
        from ..fit.context import Context
        from ..fit.repeatable import repeatable
        from ..folder.stop_and_pause import StopAndPause

        config, folder = self.config, self._folder(ranks, ranks.spread(out))
        with (
            folder.recording(),
            ranks.telling(),
            processor_threads(config.threads),
            repeatable(config.deterministic),
        ):
            device = ranks.device(pick_device(config.device))
            tell = folder.listener(self.on_event if ranks.first else None)
            if fewer := fewer_threads(config.threads):
                message(tell, fewer, "warning")
            gate = StopAndPause(
                folder.path if ranks.first else None, tell, self.should_stop
            )
            with kept_memory(device):
                yield Context(
                    config,
                    folder,
                    device,
                    started,
                    tell,
                    gate,
                    gate.now,
                    ranks,
                    self.source,
                    self.whole,
                )

    def _folder(self, ranks: Ranks, out: Path) -> RunFolder:
        from ..folder.run_folder import Onlooker, RunFolder

        if ranks.first:
            return RunFolder(out, self.dataset, resume=self.resume)
        return Onlooker(out, resume=self.resume)


def _saved(context: Context, longer: str | None) -> Saved | None:
    """Return the state to go on from, the same on every rank, and say which it is."""
    from ..fit.initial import network_bytes
    from ..folder.state import load_last

    folder, saved = context.folder, None
    if context.ranks.first and folder.last.exists():
        saved = load_last(folder.last, network_bytes(context.config))
    saved = context.ranks.spread(saved)
    epoch = saved.epoch if saved else 0
    context.on_event({"event": "continued", "epoch": epoch})
    message(
        context.on_event,
        f"Going on after epoch {epoch}."
        if saved
        else "No epoch was finished before: the training starts again from the first.",
    )
    if saved and longer:
        message(context.on_event, longer, "warning")
    return saved


def configured_split(
    dataset: DataSet,
    labels: TrainingLabels,
    config: TrainConfig,
    groups: Iterable[Sequence[str]],
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> Split:
    """Deal out the frames; where nobody says who validates, by which show a nerve.

    Parameters and errors are those of `train`.
    """
    is_nerve: dict[str, bool] = {}
    if not config.val_list:
        from ..splits.truth import Truth

        test = set(config.test_list)
        ids = [e.id for e in dataset.entries if e.subject not in test]
        mask_of = Truth(dataset, labels).mask
        with contextlib.suppress(Cancelled):  # what comes next ends it, and says so
            is_nerve = nerve_frames(ids, mask_of, on_event, should_stop)
    return split_subjects(
        dataset,
        groups,
        config.val_list,
        config.test_list,
        config.seed,
        is_nerve=is_nerve,
        split_by=config.split_by,
    )
