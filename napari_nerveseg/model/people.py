"""Who sits before the window."""

from __future__ import annotations

import getpass


def account() -> str:
    """Return the name of the user's account, or ``unknown``."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
