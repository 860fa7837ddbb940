"""What lies in a project folder: labels, duplicates, the scan, cached frames."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz.damage import (
    any_of,
    damage_bytes,
    damage_json,
    damage_sqlite,
    damage_zip,
)
from tests.fuzz.kinds import Command, Kind, digest, register
from tests.fuzz.tables import FRAMES, SHAPE, write_data
from tests.toys import disc
from training.data import (
    FrameCache,
    Project,
    open_dataset,
    open_labels,
    recall_scan,
    scan,
)
from training.data.project import chosen_reading, keep_reading
from training.data.reading import CHOICES, Reading
from training.data.store import LabelStore, MaskChange, VerdictRecord
from training.duplicates import find_duplicates
from training.duplicates.stored import load_duplicates

_WHERE = "{case}/data --project {case}/project"


def _make(case: Path) -> None:
    """Write frames and a project in which everything has been done."""
    project = Project(case / "project").make()
    data = open_dataset(write_data(case))
    scan(data, project)
    FrameCache(data, project).fill()
    find_duplicates(data, data, project=project, scope="all", threshold=0.001)
    keep_reading(project, Reading(invert_masks=False, subject_by="number"))
    with LabelStore.open(project.labels, author="anna") as store:
        for n, frame in enumerate(FRAMES):
            mask = disc(SHAPE, (20, 20), 5 + n)
            store.act("paint", masks={frame: MaskChange(mask, "painted")}, note="é")
        store.act("status", statuses={"1_1": "approved", "2_1": "excluded"})
        store.take_snapshot("good")
        store.act("verdict", verdict=VerdictRecord(("1_1", "1_2"), "keep", kept="1_1"))
        painted = MaskChange(disc(SHAPE, (20, 20), 2), "painted")
        store.undo(store.act("paint", masks={"2_1": painted}))


def _read_labels(case: Path, _victim: Path) -> Any:
    data, project = open_dataset(case / "data"), Project(case / "project")
    with LabelStore.open(project.labels) as store:
        history = [(a.kind, a.frames, a.author, a.reason) for a in store.history()]
        snapshots = [(one.id, one.note) for one in store.snapshots()]
        verdicts = [(v.group, v.verdict, v.kept) for v in store.verdicts()]
    with open_labels(data, project) as labels:
        masks = {name: digest(labels.mask(name)) for name in data.ids}
        statuses = {name: labels.status(name) for name in data.ids}
    return digest([masks, statuses, history, snapshots, verdicts])


def _read_duplicates(_case: Path, victim: Path) -> Any:
    found = load_duplicates(victim)
    return digest(vars(found))


def _read_scan(case: Path, _victim: Path) -> Any:
    data, project = open_dataset(case / "data"), Project(case / "project")
    recall_scan(data, project)  # which nobody believes before `scan` has proved it
    return scan(data, project).digest


def _read_frames(case: Path, _victim: Path) -> Any:
    data = open_dataset(case / "data")
    cache = FrameCache(data, Project(case / "project"))
    return {name: digest(cache.frame(name)) for name in data.ids}


def _read_reading(case: Path, _victim: Path) -> Any:
    return chosen_reading(Project(case / "project"), None).to_json()


def _true_reading(_case: Path, victim: Path) -> Iterator[Any]:
    found = json.loads(victim.read_bytes())
    yield {k: v for k, v in found.items() if k in CHOICES and v is not None}


def _true_duplicates(_case: Path, victim: Path) -> Iterator[Any]:
    with np.load(victim) as archive:
        found = {name: archive[name] for name in archive.files}
    about = json.loads(str(found.pop("about")))
    del about["format"]
    values = {name: found[name].tolist() for name in ("ids", "hashes")}
    numbers = {name: found[name].astype(np.int64) for name in ("i", "j")}
    ssim = {"ssim": found["ssim"].astype(np.float64)}
    yield digest({**values, **numbers, **ssim, **about})


_COMMANDS = (
    Command(f"export {_WHERE} --out {{out}}", same=True),
    Command(f"conflicts {_WHERE}"),
    Command(f"scan {_WHERE}"),
    Command(f"resolve {_WHERE} --rule drop-empty-twin --dry-run"),
    Command(f"stats {_WHERE}"),
    Command("doctor --project {case}/project"),
)

register(
    Kind(
        "labels",
        _make,
        "project/labels.sqlite",
        any_of(damage_sqlite, damage_bytes),
        _read_labels,
        commands=_COMMANDS,
        may_change=("project/labels.sqlite-",),
    ),
    Kind(
        "duplicates",
        _make,
        "project/duplicates.npz",
        any_of(damage_zip, damage_bytes),
        _read_duplicates,
        _true_duplicates,
        commands=_COMMANDS,
    ),
    Kind(
        "scan",
        _make,
        "project/frames/scan.json",
        any_of(damage_json, damage_json, damage_bytes),
        _read_scan,
        commands=_COMMANDS,
        may_change=("project/",),
    ),
    Kind(
        "frames",
        _make,
        "project/frames/*.safetensors",
        damage_bytes,
        _read_frames,
        commands=_COMMANDS,
        may_change=("project/",),
    ),
    Kind(
        "reading",
        _make,
        "project/reading.json",
        any_of(damage_json, damage_json, damage_bytes),
        _read_reading,
        _true_reading,
        commands=_COMMANDS,
        may_say="^--",  # a choice, as if it had been given now
    ),
)
