"""What earlier trainings left in the project folder."""

from __future__ import annotations

from pathlib import Path

BEST = "best.safetensors"


def newest_checkpoint(runs: Path) -> Path | None:
    """Return the best checkpoint of the newest run that has one."""
    found = sorted(runs.glob(f"*/{BEST}"), key=lambda file: file.stat().st_mtime)
    return found[-1] if found else None
