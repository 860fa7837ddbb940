"""How commands end: interrupted, by a fault, into a closed pipe, without a screen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.engine.command_line import listing, run, write_subjects
from training.cli import console
from training.cli.display import run_window
from training.commands import COMMANDS
from training.errors import Failure, InputError
from training.events import Event


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Five subjects of four frames, with one conflict."""
    return write_subjects(tmp_path / "train")


def raiser(error: BaseException):
    """Return a function that takes anything and raises ``error``."""

    def stand_in(*_args: object, **_more: object) -> None:
        raise error

    return stand_in


def test_interrupted_is_130_and_says_so(
    monkeypatch: pytest.MonkeyPatch, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(COMMANDS["scan"], "run", raiser(KeyboardInterrupt()))
    assert run("scan", data) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "Stopped."


def test_a_fault_of_ours_is_1(
    monkeypatch: pytest.MonkeyPatch, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(COMMANDS["scan"], "run", raiser(ZeroDivisionError("oops")))
    assert run("scan", data) == 1
    errors = capsys.readouterr().err
    assert "please report it" in errors
    assert "Traceback" in errors


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Failure("In epoch 2 the loss is no longer a number: …"), "In epoch 2 the"),
        (RuntimeError("CUDA out of memory. Tried …"), "There was not enough memory"),
        (OSError(28, "No space left on device", "/x"), "The disk is full (/x)"),
        (OSError(5, "Input/output error"), "The machine refused: "),
    ],
)
def test_a_failure_of_the_machine_is_1_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    text: str,
) -> None:
    monkeypatch.setattr("training.learn.train", raiser(error))
    assert run("train", data, "--project", tmp_path / "p") == 1
    last = capsys.readouterr().err.splitlines()
    assert last[-1].startswith(text)
    assert not any("Traceback" in line for line in last)


def test_a_diverged_training_is_such_a_failure() -> None:
    from training.learn.fit.gradient import Diverged

    assert issubclass(Diverged, Failure)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end differently there")
def test_a_reader_that_has_enough_is_no_mistake(data: Path, tmp_path: Path) -> None:
    words = ["-m", "training", "scan", str(data), "--project", str(tmp_path / "p")]
    with subprocess.Popen(
        [sys.executable, "-P", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        errors = process.stderr.read().decode()
    assert process.returncode == 0
    assert "Broken" not in errors


def test_no_command_at_all_gives_the_help_as_it_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run() == 2
    printed = capsys.readouterr()
    assert printed.err == "Name a command, for example: nerveseg scan DATA.\n"
    assert len(printed.out.splitlines()) > 10
    assert run("--help") == 0
    assert capsys.readouterr().out == printed.out


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can be without one")
@pytest.mark.parametrize(
    ("screen", "text"),
    [(None, "There is no display"), (":4077", "The display :4077 does not answer")],
)
def test_review_without_a_display_says_what_to_do(
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    screen: str | None,
    text: str,
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    if screen:
        monkeypatch.setenv("DISPLAY", screen)
    assert run("review", data) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(text)
    assert "xvfb-run -a" in line


@pytest.mark.parametrize(
    ("code", "error", "text"),
    [
        (-signal.SIGABRT, InputError, "The window could not be opened"),
        (-signal.SIGTERM, Failure, "ended by the signal SIGTERM; every edit"),
    ],
)
def test_a_window_that_dies_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, code: int, error: type[Exception], text: str
) -> None:
    monkeypatch.setattr(
        subprocess, "run", lambda *_a, **_m: SimpleNamespace(returncode=code)
    )
    with pytest.raises(error, match=text):
        run_window(["review", "x"])


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder nobody may write")
def test_json_that_cannot_be_written_is_said_before_the_work(
    monkeypatch: pytest.MonkeyPatch, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(COMMANDS["scan"], "run", raiser(AssertionError("worked")))
    assert run("scan", data, "--json", "/proc/scan.json") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("--json /proc/scan.json cannot be written")


def test_a_project_that_cannot_be_written_is_said_before_the_search(
    monkeypatch: pytest.MonkeyPatch,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").touch()
    search = "training.duplicates.find_duplicates"
    monkeypatch.setattr(search, raiser(AssertionError("worked")))
    assert run("duplicates", data, "--project", tmp_path / "file" / "p") == 2
    *_, line = capsys.readouterr().err.splitlines()
    assert line.endswith("pass --project with a folder you may write.")


@pytest.mark.parametrize("there", [False, True], ids=["new project", "old project"])
def test_duplicates_of_one_frame_leaves_nothing_behind(
    data: Path, tmp_path: Path, there: bool
) -> None:
    for path in data.iterdir():
        if not path.name.startswith("1_1"):
            path.unlink()
    project = tmp_path / "new" / "p"
    if there:
        (project / "frames").mkdir(parents=True)
        (project / "frames" / "note").touch()
    before = listing(tmp_path)
    assert run("duplicates", data, "--project", project) == 2
    assert listing(tmp_path) == before


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


def test_a_log_tells_what_lasts_and_each_epoch_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    monkeypatch.setattr(console, "time", clock)
    reporter = console.Reporter("  ")

    def stage(name: str, seconds: float) -> None:
        for done in (0, 1, 2, 3, 4, 4):
            event: Event = {"event": "progress", "stage": name, "rate": 1.0}
            reporter(event | {"done": done, "total": 4, "seconds_left": 7.0})
            clock.now += seconds / 4

    stage("Hashing", 0.1)
    stage("Decoding", 3)
    stage("Comparing", 24)
    for epoch in (1, 2):
        reporter({"event": "epoch", "epoch": epoch, "epochs": 2, "val_dice": 0.5})
        if epoch == 1:
            stage("Epoch 2 of 2", 5)
    reporter({"event": "message", "level": "info", "text": "Done."})
    reporter({"event": "message", "level": "info", "text": "Done."})
    assert capsys.readouterr().err.splitlines() == [
        "  Decoding: 4/4",
        "  Comparing: 2/4, 0:07 left",
        "  Comparing: 4/4",
        "  epoch 1/2, validation Dice 0.5000",
        "  epoch 2/2, validation Dice 0.5000",
        "  Done.",
    ]


def test_doctor_names_what_is_missing_and_its_remedy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ["numpy>=1", "no-such-thing>=2", "scipy>=1000", "x; extra == 'test'"]
    monkeypatch.setattr("importlib.metadata.requires", lambda _name: wanted)
    assert run("doctor", "--json", "-") == 1
    found = {f["name"]: f for f in json.loads(capsys.readouterr().out)["findings"]}
    assert found["numpy"]["good"]
    assert "x" not in found
    missing, old = found["no-such-thing"], found["scipy"]
    assert (missing["good"], missing["state"]) == (False, "not installed")
    assert missing["remedy"] == "pip install 'no-such-thing>=2'"
    assert old["state"].endswith("but >=1000 is needed")
    assert old["remedy"] == "pip install 'scipy>=1000'"


def test_doctor_survives_a_torch_that_cannot_be_loaded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "torch.py").write_text("raise OSError('libc10.so: no such file')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert run("doctor", "--json", "-") == 1
    found = {f["name"]: f for f in json.loads(capsys.readouterr().out)["findings"]}
    torch = found["torch on this machine"]
    assert torch["state"] == "cannot be loaded: libc10.so: no such file"
    assert torch["remedy"] == "pip install --force-reinstall torch"


@pytest.mark.skipif(sys.platform != "linux", reason="looks for Linux's libraries")
def test_doctor_looks_for_all_that_the_set_up_installs() -> None:
    from training.cli.doctor import LIBRARIES

    root = Path(__file__).parents[2]
    script = (root / "scripts" / "system-packages.sh").read_text()
    assert [name for name in LIBRARIES.values() if name not in script] == []


def test_a_training_that_is_over_cannot_be_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.json").touch()
    assert run("stop", folder) == 2
    assert "is not running" in capsys.readouterr().err
    assert not (folder / "stop").exists()
    (folder / "pid").write_text(f"{os.getpid()}\n")
    assert run("stop", folder) == 0
    assert (folder / "stop").exists()
