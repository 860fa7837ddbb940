"""One process that reads damaged inputs, one after another, and tells how each ended.

    python -m tests.fuzz.child LOG [MODULE]

Jobs come by standard input and answers go to standard output, as JSON lines; whatever
else is printed goes to LOG.out and LOG.err, with the traceback of a crash or of ten
seconds. All inputs lie in one place, as files of a project name their own.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import shutil
import sys
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz.kinds import KINDS, Kind, register_all
from tests.fuzz.oracle import Fault, Input, by_command, judge, read, watched, written

#: What may stand in the place of a file.
_OTHERS = ("folder", "loop", *(["pipe"] if hasattr(os, "mkfifo") else []))


def main() -> None:
    """Do the jobs that come by standard input."""
    jobs, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    for number, end in ((1, "out"), (2, "err")):
        how = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
        os.dup2(os.open(f"{sys.argv[1]}.{end}", how), number)
    faulthandler.enable()
    register_all()
    for module in sys.argv[2:]:
        importlib.import_module(module)
    for line in jobs:
        answers.write(json.dumps(examine(**json.loads(line))) + "\n")
        answers.flush()


def examine(
    kind: str,
    root: str,
    seconds: float,
    *,
    seed: str = "",
    way: str = "",
    kept: str = "",
) -> dict[str, Any]:
    """Read one damaged input, and judge how that ended.

    Parameters
    ----------
    kind
        One of `KINDS`.
    root
        Gets the input as ``place``, with ``case`` and ``input.json``, and ``good``.
    seconds
        After which this process ends itself.
    seed, way
        Of the damage, and how it is read: ``function``, ``command`` or ``process``.
    kept
        Instead of these a folder with ``case`` and ``input.json``.
    """
    one, place = KINDS[kind], Path(root) / "place"
    good = _good(one, Path(root))
    if kept:
        note = json.loads((Path(kept) / "input.json").read_text())
    else:
        note = _drawn(one, good, seed, way)
        note["case"] = str(place / "case")
    expected = _expected(kind, Path(root), note["victim"], note["words"], note["way"])
    _put(Path(kept) / "case" if kept else good, place)
    found = Input(one, place, note["victim"], note["way"], note["words"])
    if not kept:
        (place / "input.json").write_text(json.dumps(note))
        data = found.victim.read_bytes()
        found.victim.write_bytes(one.damage_of(found.victim)(Random(seed), data))
    _replace(found.victim, note["as"])
    try:
        with watched(found, seconds):
            end = read(found) if note["way"] == "function" else by_command(found)
        return {"end": judge(found, end, expected)}
    except Fault as fault:
        return {"end": "fault", "what": str(fault)}


def _good(kind: Kind, root: Path) -> Path:
    """Return the good case, made once, where the inputs will lie."""
    good, case = root / "good" / kind.name, root / "place" / "case"
    if not good.exists():
        shutil.rmtree(case.parent, ignore_errors=True)
        case.mkdir(parents=True)
        kind.make(case)
        good.parent.mkdir(exist_ok=True)
        case.rename(good)
    return good


def _drawn(kind: Kind, good: Path, seed: str, way: str) -> dict[str, Any]:
    rng = Random(f"{seed} which")
    return {
        "kind": kind.name,
        "seed": seed,
        "victim": rng.choice(kind.files(good)).relative_to(good).as_posix(),
        "as": rng.choice(_OTHERS) if rng.random() < 0.02 else "",
        "way": way,
        "words": rng.choice(kind.commands).words if kind.commands else "",
    }


@cache
def _expected(kind: str, root: Path, victim: str, words: str, way: str) -> Any:
    """Return what the good case gives, or what a command writes for it.

    That imports what is needed, too, before anything is measured.
    """
    good = Input(KINDS[kind], root / "place", victim, way, words)
    _put(root / "good" / kind, good.place)
    value = good.kind.read(good.case, good.victim)
    if way != "function":
        _put(root / "good" / kind, good.place)
        value = written(good)
    return value


def _put(case: Path, place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(case, place / "case", symlinks=True)


def _replace(victim: Path, other: str) -> None:
    """Put something that is no file in a file's place."""
    if not other:
        return
    if victim.is_dir() and not victim.is_symlink():
        victim.rmdir()
    victim.unlink(missing_ok=True)
    if other == "folder":
        victim.mkdir()
    elif other == "pipe":
        os.mkfifo(victim)
    else:
        victim.symlink_to(victim.name)


if __name__ == "__main__":
    main()
