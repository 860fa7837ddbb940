"""A training from start to end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data import DataSet
from ..errors import Cancelled, InputError
from ..events import OnEvent, ShouldStop
from .config import TrainConfig
from .dealing import nerve_frames
from .splits import Split, split_subjects

if TYPE_CHECKING:
    from .held import TrainingLabels


def train(
    dataset: DataSet,
    labels: TrainingLabels,
    config: TrainConfig,
    out: Path,
    *,
    groups: Iterable[Sequence[str]] = (),
    split: Split | None = None,
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
        frame can be used. Nothing is written then.
    RuntimeError
        If the loss is no longer a number; the last good checkpoint is kept.
    """
    started = time.monotonic()
    if error := config.validation_error():
        raise InputError(error)
    split = split or _split(dataset, labels, config, groups, on_event, should_stop)
    from ..networks.device import pick_device, processor_threads
    from .context import Context
    from .run_folder import RunFolder
    from .session import Session

    device = pick_device(config.device)
    folder = RunFolder(out, dataset)
    with folder.recording(), processor_threads(config.threads):
        tell, stop = folder.listener(on_event), folder.stopper(should_stop)
        context = Context(config, folder, device, started, tell, stop)
        result = Session(context, dataset, labels, split).run()
        folder.log({"event": "result", "value": result})
    return result


def _split(
    dataset: DataSet,
    labels: TrainingLabels,
    config: TrainConfig,
    groups: Iterable[Sequence[str]],
    on_event: OnEvent | None,
    should_stop: ShouldStop | None,
) -> Split:
    """Deal out the frames; where nobody says who validates, by which show a nerve."""
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
