"""What a session tells those who listen."""

from __future__ import annotations

from psygnal import Signal


class SessionNews:
    """The signals of a session, all emitted in the window's thread.

    Attributes
    ----------
    selected_changed(frame or None)
        Another frame is on screen.
    frames_changed(frames)
        Mask, status or verdict of frames.
    scores_changed(frames)
        Their Dice is known anew.
    scan_changed()
        Sizes, areas and problems of all frames.
    duplicates_changed()
        Groups, conflicts or their state.
    predictions_changed(frames)
        What a model said of them.
    rule_changed()
        How masks are cut: predicted masks of all frames, and their Dice.
    pending_changed(n)
        So many writes are not yet on disk.
    message(level, text)
        A sentence for the user; level is info, warning or error.
    """

    selected_changed = Signal(object)
    frames_changed = Signal(tuple)
    scores_changed = Signal(tuple)
    scan_changed = Signal()
    duplicates_changed = Signal()
    predictions_changed = Signal(tuple)
    rule_changed = Signal()
    pending_changed = Signal(int)
    message = Signal(str, str)
