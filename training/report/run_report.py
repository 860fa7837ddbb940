"""One HTML file about a run: what it was, what it scored, where it fails."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..data import DataSet, Project
from ..data.labels import Labels
from ..data.phantom import is_phantom
from ..errors import InputError
from ..events import OnEvent, ShouldStop
from ..guarded import fits
from ..learn.fit.epochs import USED_FOR
from ..learn.folder.run_folder import OUT_OF_FOLD
from ..learn.splits.truth import Truth
from ..metrics.scores import summarise, warnings_from_json
from ..networks.checkpoint import read_meta
from ..predict import Predictor, open_predictions
from .label_noise import project_noise
from .panel import panels
from .run_files import RunFiles
from .run_frames import Predict, look, stored
from .run_page import Findings, run_page
from .run_words import unfinished

#: How many of the worst frames are shown if nobody says.
WORST = 12


@dataclass(frozen=True)
class AtHand:
    """The data of a run, as they are now.

    Attributes
    ----------
    dataset, labels, project
        None if they cannot be opened.
    trouble
        Why not, in one sentence.
    """

    dataset: DataSet | None = None
    labels: Labels | None = None
    project: Project | None = None
    trouble: str = ""


def run_report(
    run: RunFiles,
    at_hand: AtHand,
    *,
    worst: int = WORST,
    device: str = "auto",
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> tuple[str, Findings]:
    """Write a report, with all that can be had.

    Parameters
    ----------
    run
        The run's files.
    at_hand
        Its data; what needs them is left out, and said to be, where they are missing.
    worst
        How many of the worst frames are shown.
    device
        What predicts the validation frames of a training.
    on_event, should_stop
        As everywhere.

    Returns
    -------
    str
        An HTML document that needs nothing else.
    Findings
        What is in it.

    Raises
    ------
    Cancelled
        If asked to stop.
    """
    found = Findings()
    predict = _predictions(run, found, device)
    found.missing += run.damaged
    if unfinished(run):
        found.missing.insert(0, unfinished(run))
    if at_hand.trouble:
        found.missing.append(at_hand.trouble)
    if at_hand.dataset is not None and at_hand.labels is not None:
        clean = bool(run.config.get("clean_validation"))
        truth = Truth(at_hand.dataset, at_hand.labels, clean)
        if predict is not None:
            found.looked = look(
                run,
                at_hand.dataset,
                truth,
                predict,
                worst=worst,
                on_event=on_event,
                should_stop=should_stop,
            )
        if at_hand.project is not None:
            found.noise = project_noise(
                at_hand.dataset, at_hand.project, on_event, should_stop
            )
        found.people = _subjects(run, at_hand.dataset)
        found.synthetic = is_phantom(at_hand.dataset.root)
    _score(run, found)
    return run_page(run, found), found


def _predictions(run: RunFiles, found: Findings, device: str) -> Predict | None:
    """Return what predicts the held-out frames, and note the kept decision rule."""
    try:
        if run.is_crossval:
            return _out_of_fold(run, found)
        meta = read_meta(run.path).to_json()
        found.rule = meta
        found.synthetic = bool(meta["provenance"].get("synthetic"))
        people = {
            part: meta["provenance"].get(f"{part}_subjects", [])
            for part in ("train", "validation", "test")
        }
        found.people = people if fits(people, {str: [str]}) else {}
        predictor = Predictor(run.path, device)
    except InputError as error:
        found.missing.append(f"No frames and no reliability are shown: {error}")
        return None
    return lambda _name, frame: predictor.probability(frame)


def _out_of_fold(run: RunFiles, found: Findings) -> Predict:
    found.rule = run.result.get("rule", {})
    if not found.rule:
        raise InputError("not all folds have predicted the frames that they held out.")
    return stored(open_predictions(run.path / OUT_OF_FOLD))


def _subjects(run: RunFiles, dataset: DataSet) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in ("train", "validation", "test"):
        known = (one for one in run.splits.get(part, ()) if one in dataset)
        subjects = dict.fromkeys(dataset.entry(one).subject for one in known)
        found[part] = [one for one in subjects if one is not None]
    return found


def _score(run: RunFiles, found: Findings) -> None:
    """Collect the panels: those of the result, or else of the frames looked at."""
    context = {"label_noise": found.noise, "synthetic": found.synthetic}
    found.panels = panels({**run.result, **context})
    looked = found.looked
    if looked is not None and looked.trouble:
        found.missing.append(looked.trouble)
    if looked is None or not looked.scores:
        if not found.panels:
            found.missing.append(
                "There is no score: the run has not come to the point at which it "
                "scores what it kept."
            )
        return
    warnings = warnings_from_json(run.splits)
    now = summarise(looked.scores, warnings=warnings).to_json()
    part = run.result.get("pooled" if run.is_crossval else "validation")
    if not part:
        (own,) = panels({"validation": {**now, "used_for": USED_FOR}, **context})
        title = f"{own.title}, as far as the run came"
        found.panels.insert(0, replace(own, title=title))
    elif not looked.trouble and part["n_frames"] == now["n_frames"]:
        found.notes.append(_compared(part["competition_dice"], now["competition_dice"]))


def _compared(then: float, now: float) -> str:
    same = "the same" if abs(then - now) < 5e-5 else f"not {then:.4f} as then"
    return (
        f"Looked at again for this report, the held-out frames score {now:.4f}, {same}."
    )
