"""Looks at all files of the open folder in a worker, and shows what has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from qtpy.QtCore import QObject

from ..jobs.timers import single_shot
from ..review.counting import counted

if TYPE_CHECKING:
    from ..jobs.job import Job
    from ..review.session import ReviewSession
    from .context import ReviewContext

#: Milliseconds after which to see anew whether a stroke has ended.
STROKE = 200

_UNPROVED = (
    " What has changed cannot be shown: see that the project folder can be written,"
    " and open the folder again."
)


class _Seen(NamedTuple):
    """What a worker saw, in which session, and what to say if all is well."""

    session: ReviewSession
    summary: dict[str, Any]
    well: str
    repeated: bool


class FolderScanner(QObject):
    """One look at a time; the last one counts, and never in the middle of a stroke.

    Parameters
    ----------
    context
        Whose folder.
    new_job
        Makes a job of a kind on it; None if there is no folder or one runs.
    """

    def __init__(
        self, context: ReviewContext, new_job: Callable[[str], Job | None]
    ) -> None:
        super().__init__(context)
        self._context, self._new_job = context, new_job
        self._seen: _Seen | None = None
        self._next: str | None = None
        self._timer = single_shot(self, STROKE, self._take)

    def look(self, well: str = "", *, repeated: bool = False) -> None:
        """Look at every file, once more if a look is under way.

        Parameters
        ----------
        well
            What to say if nothing is wrong; by default what was seen.
        repeated
            Whether this is because the look before could not be taken over.
        """
        session, job = self._context.session, self._new_job("scan")
        if session is None:
            return
        if job is None:
            self._next = well
            return
        self._next = self._seen = None
        job.finished.connect(
            lambda summary: self._end(_Seen(session, summary, well, repeated))
        )
        job.start()

    def _end(self, seen: _Seen) -> None:
        if seen.session is not self._context.session:
            return
        if self._next is not None:
            self.look(self._next)
            return
        self._seen = seen
        self._take()

    def _take(self) -> None:
        """Take over what was seen, as soon as other pixels would end no stroke."""
        seen, context = self._seen, self._context
        if seen is None or seen.session is not context.session:
            return
        if context.in_stroke():
            self._timer.start()
            return
        self._seen = None
        before = seen.session.scan
        proved = seen.session.reload_scan(seen.summary["digest"])
        if not proved and not seen.repeated:
            # Somebody may have written to the project or the folder meanwhile.
            self.look(seen.well, repeated=True)
            return
        news = before is None or before is not seen.session.scan
        known = {each.text for each in before.problems} if before is not None else set()
        fresh = [text for text in seen.summary["warnings"] if text not in known]
        if seen.well and proved and not fresh:
            context.said.emit("info", seen.well)
        else:
            words = scan_words(seen.summary, fresh, news=news, proved=proved)
            context.said.emit(*words)


def scan_words(
    summary: dict[str, Any], fresh: Sequence[str], *, news: bool, proved: bool
) -> tuple[str, str]:
    """Return level and sentence for the end of a look.

    Parameters
    ----------
    summary
        What the worker says.
    fresh
        Those of its problems that were not known; one is named before all others.
    news
        Whether something else is known now.
    proved
        Whether what is known now is what the worker saw.
    """
    n, problems = summary["n_frames"], summary["warnings"]
    words = f"{counted(n, 'frame')} looked through, "
    if proved and not news:
        return "progress", f"{words}nothing has changed{_as_before(problems)}"
    found = counted(len(problems), "problem")
    words += f"{found}. {[*fresh, *problems][0]}" if problems else "no problem found."
    if not proved:
        words += _UNPROVED
    return "warning" if problems or not proved else "progress", words


def _as_before(problems: Sequence[str]) -> str:
    """Return how the sentence ends that says there is no news: known problems last."""
    if not problems:
        return "."
    one = "" if len(problems) == 1 else ", such as"
    return f"; {counted(len(problems), 'problem')} as before{one}: {problems[0]}"
