"""What the keys and buttons of mending do to the frame on screen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..review.actions import Action, CopyMask, Mend, Propagate
from ..review.mask_tools import FILL, GROW, LARGEST, SHRINK, SMOOTH
from ..window.context import ReviewContext

#: The tools by the names of their commands.
COMMAND_TOOLS = {
    "smooth": SMOOTH,
    "grow": GROW,
    "shrink": SHRINK,
    "fill_holes": FILL,
    "keep_largest": LARGEST,
}
#: Radius in pixels at first.
RADIUS = 3


class Mending:
    """Mends the current frame; each act is one version and one step of undo.

    Attributes
    ----------
    radius : int
        Of the tools that have one, in pixels.
    """

    def __init__(self, context: ReviewContext) -> None:
        self._context = context
        self.radius = RADIUS

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Return the functions by the names in `keys.COMMANDS`."""
        tools = {name: partial(self.use, tool) for name, tool in COMMAND_TOOLS.items()}
        return {
            **tools,
            "copy_previous": self.copy_previous,
            "copy_twin": self.copy_twin,
            "propagate": self.propagate,
        }

    def use(self, tool: str) -> None:
        """Go over the current frame's mask with a tool."""
        frame = self._frame()
        if frame is not None:
            radius = 0 if tool in (FILL, LARGEST) else self.radius
            self._do(Mend(frame, tool, radius), f"{tool}: frame {frame}")

    def copy_previous(self) -> None:
        """Give the current frame the mask of the one before it in the folder."""
        frame, session = self._frame(), self._context.session
        if frame is None or session is None:
            return
        ids = session.dataset.ids
        at = ids.index(frame)
        if at == 0:
            self._say("This is the first frame: there is none before it.")
        else:
            self._copy(frame, ids[at - 1])

    def copy_twin(self) -> None:
        """Give the current frame the mask of the other frame of its group."""
        frame, session = self._frame(), self._context.session
        if frame is None or session is None:
            return
        twins = [twin for twin in self._others(frame) if not session.row(twin).missing]
        if twins:
            self._copy(frame, self._twin(frame, twins))

    def propagate(self) -> None:
        """Give the current frame's mask to all others of its duplicate group."""
        frame = self._frame()
        others = () if frame is None else self._others(frame)
        if frame is not None and others:
            words = f"The mask of {frame} given to {', '.join(others)}"
            self._do(Propagate(frame, others), words)

    def _copy(self, frame: str, other: str) -> None:
        self._do(CopyMask(frame, other), f"The mask of {other} copied to {frame}")

    def _twin(self, frame: str, twins: list[str]) -> str:
        """Return the twin in view beside the frame, else the first that is nearest."""
        pair = self._context.pair
        shown = pair.frames if pair is not None and pair.shown else ()
        for twin in twins:
            if twin in shown:
                return twin
        ids = self._context.session.dataset.ids  # type: ignore[union-attr]
        here = ids.index(frame)
        return min(twins, key=lambda twin: abs(ids.index(twin) - here))

    def _others(self, frame: str) -> tuple[str, ...]:
        session = self._context.session
        group = () if session is None else session.group_of(frame)
        others = tuple(other for other in group if other != frame)
        if not others:
            self._say(
                f"Frame {frame} has no twin: search for near-duplicates in the tab"
                " Conflicts."
            )
        return others

    def _frame(self) -> str | None:
        """Return the frame to mend, if no stroke is under way."""
        return None if self._context.drawing() else self._context.current()

    def _do(self, action: Action, words: str) -> None:
        """Act, and say what came of it: nothing, too."""
        session = self._context.session
        if session is None:
            return
        before = session.store.last_action
        if self._context.do(action):
            changed = session.store.last_action != before
            self._say(f"{words}." if changed else "That changes nothing here.")

    def _say(self, text: str) -> None:
        self._context.said.emit("info", text)
