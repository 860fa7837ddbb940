"""``train``, ``stop``, ``pause``, ``unpause`` and ``augment-preview``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from ..data.reading import Reading
from ..errors import InputError
from ..events import OnEvent, ShouldStop
from ..files import real_path, write_whole
from ..learn.folder.naming import named_over, naming, stored, stored_naming
from .learning import learning_data
from .opening import open_data
from .options import (
    AS_WRITTEN,
    REAL,
    CommandLine,
    Data,
    HowRead,
    Options,
    ProjectDir,
    RunFolder,
    Settings,
    Snapshot,
)
from .outputs import Output, Read


class Train(Options):
    """Train a network; validation subjects serve early stop and the decision rule.

    Examples: nerveseg train train --epochs 20 --test-subjects 25-32;
    nerveseg train --resume train.nerveseg/runs/20260101-120000
    """

    keeps_reading = True
    ends_well = trains = True

    data: Annotated[
        Path | None, REAL, Read.DATA, CommandLine("DATA", argument=True)
    ] = None
    """Folder of frames with masks; --resume knows its own."""
    out: Annotated[Path | None, AS_WRITTEN, CommandLine("RUN")] = None
    """Run folder; default: in PROJECT."""
    snapshot: Snapshot = None
    project: ProjectDir = None
    reading: HowRead = Reading()
    dry_run: bool = False
    """Say what it would take, from a few steps; write nothing."""
    resume: Annotated[Path | None, REAL, Read.RUN, CommandLine("RUN")] = None
    """Go on with this run, with its settings."""
    ignore_fingerprint: bool = False
    """Resume though frames or labels have changed."""
    config: Settings = Field(default_factory=dict)

    @model_validator(mode="after")
    def _make_sense(self) -> Train:
        if self.resume is None:
            if self.data is None:
                text = "Name a data folder to train on, or a run by --resume."
                raise InputError(text, "data")
            if self.ignore_fingerprint:
                text = "--ignore-fingerprint says something of --resume only."
                raise InputError(text, "ignore_fingerprint")
            return self
        for name in ("out", "snapshot", "dry_run"):
            if getattr(self, name) not in (None, False):
                raise InputError(
                    "--resume goes on in its own folder with its own labels: leave out "
                    f"--{name.replace('_', '-')}.",
                    name,
                )
        return self


def train(options: Train, on_event: OnEvent, should_stop: ShouldStop) -> dict[str, Any]:
    """Train on the project's labels into a run folder, or go on with a run.

    With ``dry_run`` predict a training's time and memory instead; see
    `training.learn.run.dry_run`.
    """
    from ..learn import TrainConfig
    from ..learn import train as train_network
    from ..learn.run.dry_run import dry_run

    if options.resume is not None:
        return _go_on(options, options.resume, on_event, should_stop)
    settings = TrainConfig.from_json(options.config)
    named = naming(*options.named)
    with learning_data(
        on_event, should_stop, named, options.snapshot, keeps=not options.dry_run
    ) as at_hand:
        if options.dry_run:
            return dry_run(
                at_hand.dataset,
                at_hand.labels,
                settings,
                groups=at_hand.groups(),
                on_event=on_event,
                should_stop=should_stop,
            )
        result = train_network(
            at_hand.dataset,
            at_hand.labels,
            settings,
            at_hand.run_folder(
                options.out, datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
            ),
            groups=at_hand.groups(),
            source=at_hand.source,
            on_event=on_event,
            should_stop=should_stop,
        )
        return at_hand.with_context(result)


def _go_on(
    options: Train, folder: Path, on_event: OnEvent, should_stop: ShouldStop
) -> dict[str, Any]:
    """Go on with the training in a run folder, with the data and labels that it had.

    Other data are for a folder that was moved; the labels are those of the run's
    snapshot, or with ``ignore_fingerprint`` today's.
    """
    from ..learn import train as train_network
    from ..learn.folder.shapes import FINGERPRINT
    from ..learn.run.resume import resumed_config

    settings = resumed_config(folder, options.config)
    given = naming(*options.named)
    named = named_over(given, stored_naming(folder))
    if "data" not in named:
        raise InputError(
            f"{folder} does not say where its data lie: name the data folder as well."
        )
    snapshot = stored(folder, "fingerprint.json", FINGERPRINT).get("labels")
    if options.ignore_fingerprint:
        snapshot = None
    with learning_data(on_event, should_stop, named, snapshot) as at_hand:
        result = train_network(
            at_hand.dataset,
            at_hand.labels,
            settings,
            at_hand.run_folder(folder, folder.name),
            resume=True,
            ignore_fingerprint=options.ignore_fingerprint,
            source=at_hand.source,
            on_event=on_event,
            should_stop=should_stop,
        )
        return at_hand.with_context(result)


class Stop(Options):
    """Ask a running training to stop; its best checkpoint is kept.

    Example: nerveseg stop train.nerveseg/runs/20260101-120000
    """

    has_json = False

    run: RunFolder


class Pause(Options):
    """Have a running training wait; it keeps its memory, and its time stands still.

    Example: nerveseg pause train.nerveseg/runs/20260101-120000
    """

    has_json = False

    run: RunFolder


class Unpause(Options):
    """Let a training go on that waits.

    Example: nerveseg unpause train.nerveseg/runs/20260101-120000
    """

    has_json = False

    run: RunFolder


def ask_run(
    options: Stop | Pause | Unpause, _on_event: OnEvent, _should_stop: ShouldStop
) -> dict[str, Any]:
    """Ask a training that runs to stop, to wait, or to go on."""
    from ..learn.folder.running import request_pause, request_resume, request_stop

    ask = {Stop: request_stop, Pause: request_pause, Unpause: request_resume}
    ask[type(options)](options.run)
    return {"run": options.run}


class AugmentPreview(Options):
    """Draw frames with their masks as a training with the same flags sees them.

    Example: nerveseg augment-preview train --out grid.png --rotation 20 --shadow 0.6
    """

    has_json = False

    data: Data
    out: Annotated[Path, AS_WRITTEN, Output(".png"), CommandLine("PNG")]
    """The picture to write."""
    frames: int = 4
    """Rows: so many frames."""
    variants: int = 5
    """Columns beside the frame as it is: so many epochs."""
    project: ProjectDir = None
    reading: HowRead = Reading()
    config: Settings = Field(default_factory=dict)


def augment_preview(
    options: AugmentPreview, on_event: OnEvent, _should_stop: ShouldStop
) -> dict[str, Any]:
    """Write the picture ``out`` of frames as a training would see them.

    Of the settings the augmentation, the size and the seed count.
    """
    import imagecodecs

    from ..data.labels import open_labels
    from ..learn import TrainConfig
    from ..learn.augment.preview import preview_grid
    from ..learn.settings.augmentation import Augmentation

    settings = TrainConfig.from_json(options.config)
    dataset, where = open_data(on_event, *options.named)
    with open_labels(dataset, where) as labels:
        picture = preview_grid(
            dataset,
            labels,
            settings.augmentation if settings.augment else Augmentation.off(),
            size=settings.size,
            frames=options.frames,
            variants=options.variants,
            seed=settings.seed,
            on_event=on_event,
        )
    write_whole(real_path(options.out), bytes(imagecodecs.png_encode(picture)))
    return {
        "out": real_path(options.out),
        "height": picture.shape[0],
        "width": picture.shape[1],
        "strengths": settings.augmentation.to_json(),
    }
