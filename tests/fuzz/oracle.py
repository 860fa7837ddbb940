"""What may come of a damaged input, and what is a fault."""

from __future__ import annotations

import contextlib
import faulthandler
import hashlib
import os
import re
import subprocess
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fuzz.kinds import Kind
from training.errors import Failure, InputError, is_memory
from training.leftovers import meant_name

#: Bytes that reading an input may take.
GIGABYTE = 1 << 30

#: Seconds that a process of its own may take to begin.
_BEGINS = 50.0

#: Files that hold the time at which they were written.
_DATED = ("snapshot.json",)

_STATUS = Path("/proc/self/status")  # elsewhere than on Linux memory is not measured


class Fault(Exception):
    """What must not be; its text says what."""


@dataclass(frozen=True)
class Input:
    """A case in a place, one of its files damaged, and how it is read."""

    kind: Kind
    place: Path
    name: str
    way: str
    words: str

    @property
    def case(self) -> Path:
        """The folder that the program reads."""
        return self.place / "case"

    @property
    def victim(self) -> Path:
        """The file that is damaged."""
        return self.case / self.name

    @property
    def out(self) -> Path:
        """Where a command writes."""
        return self.place / "out"

    def command(self) -> list[str]:
        """Return the words of the command line."""
        folders = {
            "case": self.case,
            "victim": self.victim,
            "project": self.place / "project",
            "out": self.out,
        }
        return [word.format(**folders) for word in self.words.split()]


def read(found: Input) -> Any:
    """Return what the program reads, or the error with which it refuses."""
    try:
        return found.kind.read(found.case, found.victim)
    except (InputError, Failure) as error:
        return error
    except Exception as error:
        memory = "more than a gigabyte\n" if is_memory(error) else ""
        raise Fault(memory + traceback.format_exc(limit=-6)) from None


def by_command(found: Input) -> Any:
    """Return what a command says, or the error with which it refuses."""
    words = found.command()
    code, out, err = _run(words, found.way)
    said = out + err
    told = err.splitlines() or [line for line in out.splitlines() if "DAMAGED" in line]
    last = told[-1] if told else ""
    failed = code == 1 and found.kind.may_say and re.search(found.kind.may_say, last)
    if (code not in (0, 2) and not failed) or "Traceback" in said:
        raise Fault(f"exit {code} of nerveseg {' '.join(words)}\n{said[-2000:]}")
    if code == 0:
        return said
    if any(found.place.glob("out*")):
        raise Fault(f"refused, and something is in out\n{said[-1000:]}")
    return Failure(last) if failed else InputError(last)


def written(good: Input) -> dict[str, str]:
    """Return what a command writes for the good case."""
    _run(good.command(), "command")
    return _contents(good.out, _DATED)


def judge(found: Input, end: Any, expected: Any) -> str:
    """Return ``refused`` or ``equal``, or raise a `Fault`.

    Parameters
    ----------
    found
        The input.
    end
        From `read` or `by_command`.
    expected
        What `read` or `written` gave for the good case.
    """
    if isinstance(end, Exception):
        _check_sentence(str(end), found)
        return "refused"
    if found.way == "function":
        if end != expected and not _true(found, end):
            raise Fault(f"silently unequal: {str(end)[:300]}")
    else:
        commands = found.kind.commands
        command = next(one for one in commands if one.words == found.words)
        if command.same and not _names(end, found):
            _check_same(_contents(found.out, _DATED), expected)
    _log()  # other decoders may be noisy
    return "equal"


def _true(found: Input, value: Any) -> bool:
    """Say whether another decoder reads the same; one that refuses does not."""
    if found.kind.truth is not None:
        with contextlib.suppress(Exception):
            truths = found.kind.truth(found.case, found.victim)
            return any(value == other for other in truths)
    return False


def _check_same(found: dict[str, str], expected: dict[str, str]) -> None:
    both = {*found, *expected}
    names = sorted(name for name in both if found.get(name) != expected.get(name))
    if names:
        raise Fault(f"exit 0, and other files without a word: {', '.join(names[:5])}")


def _check_sentence(text: str, found: Input) -> None:
    if "not enough memory" in text:
        raise Fault(f"more than a gigabyte\n{text}")
    if len(text.splitlines()) != 1 or len(text) > 1000 or not _names(text, found):
        raise Fault(f"not one sentence that names the file: {text[:1000]!r}")


def _names(text: str, found: Input) -> bool:
    """Say whether a text names the damaged file, or what its kind may name instead."""
    also = found.kind.may_say
    names = (str(found.case), found.victim.name, found.victim.stem)
    return any(name in text for name in names) or bool(also and re.search(also, text))


@contextlib.contextmanager
def watched(found: Input, seconds: float) -> Iterator[None]:
    """Measure time and memory of a block, and see what it left behind."""
    theirs, begins = found.kind.may_change, 0.0
    if found.way != "function":
        theirs += ("project/",)  # which commands write to
    if found.way == "process":
        begins = _BEGINS
    before = _contents(found.case, theirs)
    _log()
    resident = _status("VmRSS")
    faulthandler.dump_traceback_later(seconds + begins, exit=True)
    try:
        with _limited_memory():
            yield
    finally:
        faulthandler.cancel_dump_traceback_later()
    more = _status("VmHWM") - resident
    if more > GIGABYTE:
        raise Fault(f"took {more >> 20} MB")
    if said := "".join(_log()):
        raise Fault(f"printed by itself: {said[-2000:]}")
    if _contents(found.case, theirs) != before:
        raise Fault("changed a source file")
    for path in found.place.rglob("*"):
        if meant_name(path.name) != path.name or path.suffix == ".partial":
            raise Fault(f"left half-written: {path.relative_to(found.place)}")


@contextlib.contextmanager
def _limited_memory() -> Iterator[None]:
    """Let allocations fail before the machine is full; begin the measure anew."""
    if not _STATUS.exists():
        yield
        return
    import resource

    Path("/proc/self/clear_refs").write_text("5")
    before = resource.getrlimit(resource.RLIMIT_AS)
    most = _status("VmSize") + GIGABYTE + GIGABYTE // 2
    resource.setrlimit(resource.RLIMIT_AS, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _status(key: str) -> int:
    if not _STATUS.exists():
        return 0
    lines = _STATUS.read_text().splitlines()
    return next(1024 * int(one.split()[1]) for one in lines if one.startswith(key))


def _contents(folder: Path, but: tuple[str, ...] = ()) -> dict[str, str]:
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith(but):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _run(words: list[str], way: str) -> tuple[int, str, str]:
    """Return the exit code of a command, and what it printed."""
    if way == "process":
        done = subprocess.run(
            [sys.executable, "-P", "-m", "training", *words],
            capture_output=True,
            check=False,
        )
        texts = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
        return done.returncode, *texts
    from training.cli import main as nerveseg

    _log()
    code = nerveseg(words)
    return code, *_log()


def _log() -> tuple[str, str]:
    """Return what was printed since the last call."""
    sys.stdout.flush()
    sys.stderr.flush()
    texts = []
    for number in (1, 2):
        os.lseek(number, 0, os.SEEK_SET)
        texts.append(os.read(number, 1 << 20).decode(errors="replace"))
        os.ftruncate(number, 0)
    return texts[0], texts[1]
