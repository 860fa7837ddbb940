"""The first-run tour: what each tab is for, tried on synthetic frames."""

from __future__ import annotations

from dataclasses import dataclass

from ..window.keys import key_of


@dataclass(frozen=True)
class Stop:
    """One stop of the tour.

    Attributes
    ----------
    tab
        The title of the tab that it shows.
    title
        What one does there, in two or three words.
    words
        What to try; ``{next_frame}`` stands for the key of that command.
    """

    tab: str
    title: str
    words: str

    def text(self) -> str:
        """Return the words with the keys as they are now."""
        return self.words.format_map(_Keys())


STOPS = (
    Stop(
        "Frames",
        "Step and judge",
        "These frames are drawn by the program, and some of their masks are wrong. "
        "{next_frame} and {previous_frame} step; {approve} approves, {flag} flags. The "
        "strip is the whole set: click in it.",
    ),
    Stop(
        "Conflicts",
        "Settle conflicts",
        "Press Search: frames that look alike but are labelled differently stand side "
        "by side, the worst first. {blink} blinks between them, {verdict_keep_a} keeps "
        "the mask of A for all, {undo_verdict} takes it back.",
    ),
    Stop(
        "Data",
        "See the whole set",
        "Press Count: how many frames show a nerve, how large, where, how bright. A "
        "click on a bar lists its frames.",
    ),
    Stop(
        "Look",
        "See better",
        "{next_view} shows the frame in the next contrast; the data stay as they are. "
        "With predictions, the sliders move the rule, and the score follows.",
    ),
    Stop(
        "Mend",
        "Mend a mask",
        "{edit} takes the brush. {grow} grows the mask, {smooth} smooths it, {undo} "
        "undoes. Every act is stored at once, and any version can be restored.",
    ),
    Stop(
        "Train",
        "Train a network",
        "Set 2 minutes and start. It goes on in a process of its own: judge frames "
        "meanwhile. Its best checkpoint is then ready in the next tab.",
    ),
    Stop(
        "Predict",
        "Predict",
        "{predict} predicts the image that is active, yours too if you open or drop "
        "one; {predict_frames} predicts the folder, and the table shows the Dice.",
    ),
)


class _Keys(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return key_of(name)
