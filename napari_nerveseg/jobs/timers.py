"""Timers that ring once."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject, QTimer


def single_shot(owner: QObject, milliseconds: int, call: Any) -> QTimer:
    """Return a timer of ``owner`` that calls once when it was started and has run."""
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(call)
    return timer
