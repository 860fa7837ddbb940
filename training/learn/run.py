"""A training from start to end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..data import DataSet
from ..errors import Cancelled, InputError
from ..events import OnEvent, ShouldStop, message
from ..ranks import Ranks, joined
from .config import TrainConfig
from .dealing import nerve_frames
from .resume import check_resumable, stored_split
from .splits import Split, split_subjects

if TYPE_CHECKING:
    from .context import Context
    from .held import TrainingLabels
    from .run_folder import RunFolder
    from .state import Saved


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
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> dict[str, Any]:
    """Train a network and keep the best.

    Training frames are learned from with ``labels``' masks, excluded and ambiguous
    ones left out. Validation and test frames are scored against the source's masks,
    whatever the labels say; only where the source has none, against the labels'. Test
    frames are read when all else is done.

    Parameters
    ----------
    dataset
        The frames, of any sizes.
    labels, config
        The masks to learn from, and every setting.
    out
        The run folder; see ``docs/training.md`` for what lies in it.
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
    on_event
        Gets progress, messages and an ``epoch`` event each epoch, which are also
        appended to ``events.jsonl``.
    should_stop
        Asked between steps; a file ``stop`` in the run folder does the same.

    Returns
    -------
    dict
        ``run``, ``checkpoint`` and ``last`` (paths; the first None if no epoch was
        finished), ``epochs`` done, ``best_epoch``, ``best_dice``, ``stopped``
        (``asked``, ``early``, ``minutes`` or None), ``text`` (one sentence),
        ``validation`` and ``test`` (scores, or None), ``rule``, ``counts``,
        ``warnings``, ``images_per_second`` and ``seconds``.

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
    if error := config.validation_error():
        raise InputError(error)
    longer = check_resumable(out, config) if resume else None
    _check_begin(config)
    from ..networks.device import pick_device, processor_threads
    from .context import Context
    from .gate import Gate
    from .repeatable import repeatable
    from .session import Session

    device = pick_device(config.device)
    with joined() as ranks:
        device = ranks.device(device)
        stop = should_stop if ranks.size == 1 else None
        heard = on_event if ranks.first else None
        split = split or (stored_split(out, dataset) if resume else None)
        split = split or configured_split(dataset, labels, config, groups, heard, stop)
        folder = _folder(ranks, ranks.spread(out), dataset, resume)
        with (
            folder.recording(),
            ranks.telling(),
            processor_threads(config.threads),
            repeatable(config.deterministic),
        ):
            tell = folder.listener(heard)
            gate = Gate(folder.path if ranks.first else None, tell, should_stop)
            context = Context(
                config, folder, device, gate.now(), tell, gate, gate.now, ranks, source
            )
            saved = _saved(context, longer) if resume else None
            session = Session(
                context, dataset, labels, split, saved, ignore_fingerprint
            )
            result = session.run()
            folder.write("result.json", result)
            folder.log({"event": "result", "value": result})
    return result


def _check_begin(config: TrainConfig) -> None:
    """Refuse, before any frame is read, what this machine does not have."""
    if config.tensorboard:
        from .board import check_board

        check_board()


def _folder(ranks: Ranks, out: Path, dataset: DataSet, resume: bool) -> RunFolder:
    from .run_folder import Onlooker, RunFolder

    if ranks.first:
        return RunFolder(out, dataset, resume=resume)
    return Onlooker(out, resume=resume)


def _saved(context: Context, longer: str | None) -> Saved | None:
    """Return the state to go on from, the same on every rank, and say which it is."""
    from .state import load_last

    folder, saved = context.folder, None
    if context.ranks.first and folder.last.exists():
        saved = load_last(folder.last)
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
        from .truth import Truth

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
