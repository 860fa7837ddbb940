"""A user's own ``training.py`` gives one clear sentence, and is never run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from napari_nerveseg import _engine

ROOT = Path(_engine.__file__).parents[1]


def _python(*arguments: str, path: list[Path]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
    return subprocess.run(
        [sys.executable, "-P", *arguments],
        env=environment,
        input="",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """A folder with a ``training.py`` that leaves a mark when it is run."""
    mark = tmp_path / "was-run"
    (tmp_path / "training.py").write_text(f"open({str(mark)!r}, 'w')\n")
    return tmp_path


def _sentence(stranger: Path) -> str:
    return (
        f"Another 'training' at {stranger / 'training.py'} hides the engine of"
        " napari-nerveseg; rename it or remove its folder from PYTHONPATH."
    )


def test_nerveseg_names_the_wrong_file(stranger: Path) -> None:
    done = _python("-m", "napari_nerveseg._command", "scan", path=[stranger, ROOT])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == _sentence(stranger) + "\n"
    assert not (stranger / "was-run").exists()


def test_worker_says_it_as_its_last_event(stranger: Path) -> None:
    done = _python("-m", "napari_nerveseg._command", "worker", path=[stranger, ROOT])
    assert done.returncode == 2
    assert json.loads(done.stdout) == {
        "event": "error",
        "kind": "input",
        "text": _sentence(stranger),
        "detail": None,
    }
    assert not (stranger / "was-run").exists()


def test_window_gets_the_sentence_from_the_session(stranger: Path) -> None:
    code = (
        "import sys\n"
        "try:\n"
        "    from napari_nerveseg.review.session import ReviewSession\n"
        "    ReviewSession.open('x')\n"
        "except ImportError as error:\n"
        "    sys.stdout.write(str(error))\n"
    )
    done = _python("-c", code, path=[stranger, ROOT])
    assert done.stdout == _sentence(stranger)


def test_a_package_called_training_is_named_by_its_init(tmp_path: Path) -> None:
    (tmp_path / "training").mkdir()
    wrong = tmp_path / "training" / "__init__.py"
    wrong.touch()
    done = _python("-m", "napari_nerveseg._command", "doctor", path=[tmp_path, ROOT])
    assert done.stderr.startswith(f"Another 'training' at {wrong} hides the engine")


def test_a_module_of_that_name_loaded_before_is_noticed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stranger = type(sys)("training")
    stranger.__file__ = str(tmp_path / "training.py")
    monkeypatch.setitem(sys.modules, "training", stranger)
    with pytest.raises(_engine.EngineClash, match=r"training\.py hides the engine"):
        _engine.check()


def test_ours_passes_and_every_name_of_the_door_is_there() -> None:
    _engine.check()
    for name in _engine._HOMES:
        assert getattr(_engine, name) is not None
    with pytest.raises(AttributeError):
        _ = _engine.no_such_name


def test_no_name_of_the_door_loads_a_heavy_library() -> None:
    code = (
        "import sys\n"
        "from napari_nerveseg import _engine\n"
        "for name in _engine._HOMES:\n"
        "    getattr(_engine, name)\n"
        "heavy = {'torch', 'monai', 'numba', 'sklearn', 'zarr', 'skimage'}\n"
        "sys.stdout.write(' '.join(sorted(heavy & set(sys.modules))))\n"
    )
    assert _python("-c", code, path=[ROOT]).stdout == ""


def test_worker_argument_reaches_the_worker() -> None:
    done = _python("-m", "napari_nerveseg._command", "worker", path=[ROOT])
    assert json.loads(done.stdout)["kind"] == "cancelled"
    assert done.returncode == 130
