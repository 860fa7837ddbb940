"""``report``: one HTML file about a run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from ..data import DataSet, check_out
from ..data.reading import Reading
from ..errors import InputError
from ..events import OnEvent, ShouldStop
from ..files import real_path, write_whole
from ..learn.folder.naming import named_over, naming, naming_in
from .opening import open_data
from .options import (
    AS_WRITTEN,
    REAL,
    CommandLine,
    Device,
    HowRead,
    Options,
    ProjectDir,
)
from .outputs import Output, Read

if TYPE_CHECKING:
    from ..report.run_files import RunFiles
    from ..report.run_report import AtHand

#: A run's report, in its folder.
REPORT = "report.html"


class Report(Options):
    """Write one HTML file about a run: scores, curves, worst frames, provenance.

    Example: nerveseg report train.nerveseg/runs/20260101-120000
    """

    run: Annotated[Path, REAL, Read.RUN, CommandLine("RUN", argument=True)]
    """Folder of train or crossval, or a fold."""
    data: Annotated[
        Path | None, REAL, Read.DATA, CommandLine("DATA", argument=True)
    ] = None
    """Its frames; default: as it was started."""
    out: Annotated[Path | None, AS_WRITTEN, Output(".html"), CommandLine("FILE")] = None
    """Default: report.html in RUN."""
    worst: Annotated[int, Field(ge=0)] = 12
    """How many of the worst frames."""
    device: Device = "auto"
    project: ProjectDir = None
    reading: HowRead = Reading()


def report(
    options: Report, on_event: OnEvent, should_stop: ShouldStop
) -> dict[str, Any]:
    """Write a run's report; see `training.report.run_report`.

    The data are those that the run was started with, unless others are named. What
    needs them is left out where they are gone, and ``warnings`` says so.
    """
    from ..report.run_files import read_run
    from ..report.run_report import run_report

    files = read_run(options.run)
    path = files.path / REPORT if options.out is None else real_path(options.out)
    given = naming(*options.named)
    with _data_of(files, given, on_event) as at_hand:
        if at_hand.dataset is not None:
            check_out(path.parent, at_hand.dataset)
        places = {name: given[name] for name in given if name != "reading"}
        html, found = run_report(
            replace(files, source={**files.source, **places}),
            at_hand,
            worst=options.worst,
            device=options.device,
            on_event=on_event,
            should_stop=should_stop,
        )
    _write(path, html)
    return {
        "run": str(files.path),
        "path": str(path),
        "panels": [panel.to_json() for panel in found.panels],
        "warnings": found.missing,
    }


@contextlib.contextmanager
def _data_of(
    files: RunFiles, given: Mapping[str, Any], on_event: OnEvent
) -> Iterator[AtHand]:
    """Open the data of a run; if nobody named them, say of missing ones that they are.

    Raises
    ------
    InputError
        If data that were named cannot be opened, or are to be read otherwise than the
        run read them.
    """
    from ..report.run_report import AtHand

    with contextlib.ExitStack() as stack:
        try:
            named = named_over(given, naming_in(files.source))
            found = _open(files, named, on_event, stack)
            if "reading" in given and found.dataset is not None:
                _check_reading(files, found.dataset)
        except InputError as error:
            if given:
                raise
            found = AtHand(trouble=f"The frames are not at hand: {error}")
        yield found


def _check_reading(files: RunFiles, dataset: DataSet) -> None:
    """Refuse choices of reading by which the run's frames would look changed."""
    from ..learn.run.reading import check_reading

    known = files.fingerprint.get("subjects", dataset.ids)
    check_reading(files.path, files.fingerprint, dataset, known)


def _open(
    files: RunFiles,
    named: Mapping[str, Any],
    on_event: OnEvent,
    stack: contextlib.ExitStack,
) -> AtHand:
    from ..data.labels import open_labels
    from ..report.run_report import AtHand

    if "data" not in named:
        raise InputError(
            f"{files.path} does not say where they lie; name the data folder as well."
        )
    dataset, project = open_data(on_event, **named)
    snapshot = files.fingerprint.get("labels")
    labels = stack.enter_context(open_labels(dataset, project, snapshot=snapshot))
    return AtHand(dataset, labels, project)


def _write(path: Path, html: str) -> None:
    try:
        write_whole(path, html)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror}): name another file by --out."
        ) from error
