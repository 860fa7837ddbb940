"""The project's own rules: packaging, imports, lengths; `make checks` has the rest."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(
    path
    for top in ("training", "napari_nerveseg")
    for path in (ROOT / top).rglob("*.py")
)


def run(*command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command at the root; its output is what a failed assertion shows."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def test_wheel_holds_exactly_the_two_packages(tmp_path: Path) -> None:
    source = tmp_path / "source"
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard")
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    # fmt: off
    done = run(
        sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation",
        "--wheel-dir", tmp_path, source,
    )
    # fmt: on
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"training", "napari_nerveseg"}
    assert "napari_nerveseg/napari.yaml" in names
    templates = (ROOT / "training/report/templates").iterdir()
    assert {one.relative_to(ROOT).as_posix() for one in templates} <= set(names)
    packed = {name for name in names if name.endswith(".py")}
    assert packed == {path.relative_to(ROOT).as_posix() for path in SOURCES}


def test_torchvision_is_never_imported() -> None:
    # Every module of both packages, in one fresh process.
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in SOURCES
        if path.name != "__main__.py"
    ]
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "import torch, monai.networks.nets, monai.losses, monai.metrics\n"
        "assert 'torchvision' not in sys.modules"
    )
    done = run(sys.executable, "-P", "-c", code, QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0, done.stderr


def test_engine_imports_no_heavy_library_by_itself() -> None:
    code = (
        "import sys, training.data, training.duplicates, training.metrics,"
        " training.predict, training.learn, training.report, training.cli\n"
        "heavy = {'torch', 'monai', 'numba', 'sklearn', 'skimage', 'zarr', 'napari'}\n"
        "assert not heavy & set(sys.modules), sorted(heavy & set(sys.modules))"
    )
    done = run(sys.executable, "-P", "-c", code)
    assert done.returncode == 0, done.stderr


def test_files_and_functions_fit_in_a_glance() -> None:
    assert [long for path in SOURCES for long in too_long(path)] == []


def too_long(path: Path) -> Iterator[str]:
    """Yield what in a file is too long: more than 400 lines, or 60 of a function."""
    text = path.read_text(encoding="utf-8")
    if len(text.splitlines()) > 400:
        yield f"{path} has {len(text.splitlines())} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            # What a docstring tells of shapes and errors is not code to be taken in.
            has_docstring = ast.get_docstring(node) is not None
            code = node.body[1:] if has_docstring else node.body
            length = node.end_lineno - code[0].lineno + 1 if code else 0
            if length > 60:
                yield f"{path}: {node.name} has {length} lines"
