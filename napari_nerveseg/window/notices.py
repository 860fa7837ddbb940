"""Words to the person: napari's notifications for what must not be missed."""

from __future__ import annotations


def show(level: str, text: str) -> None:
    """Pop up a warning or an error; information stays on the status line.

    Parameters
    ----------
    level
        ``info``, ``warning`` or ``error``.
    text
        One sentence.
    """
    from napari.utils.notifications import show_error, show_warning

    if level == "error":
        show_error(text)
    elif level == "warning":
        show_warning(text)
