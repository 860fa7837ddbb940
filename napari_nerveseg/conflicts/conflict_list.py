"""Conflicts as a list for Qt, the worst first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..window.line_list import LineList
from ..window.progress_words import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._engine import Action, DuplicatePair, LabelStore, VerdictRecord
    from ..review.conflict_book import Conflict


_KIND_WORDS = {"empty-versus-nerve": "nerve or none", "shape": "shapes differ"}


class ConflictList(LineList):
    """The conflicts of one session; the resolved ones can be left out."""

    def set_conflicts(self, conflicts: Sequence[Conflict]) -> None:
        """Show these, the worst first."""
        self.set_items(sorted(conflicts, key=harm))

    def conflict(self, row: int) -> Conflict:
        """Return the conflict in ``row``."""
        found: Conflict = self.items[row]
        return found

    def row_of(self, frames: tuple[str, ...]) -> int:
        """Return the row of the group ``frames``, or -1."""
        for row, conflict in enumerate(self.items):
            if conflict.frames == frames:
                return row
        return -1

    def words(self, item: Conflict) -> str:
        """Return a conflict as one line."""
        return line(item)

    def tip(self, item: Conflict) -> str:
        """Name its frames, and give its measures."""
        return f"{', '.join(item.frames)}\n{facts(item)}"


def harm(conflict: Conflict) -> tuple[int, float, float]:
    """Return a sort key: open first, then what costs most, then the most alike."""
    cost = conflict.harm if conflict.harm is not None else _likely_harm(conflict)
    return 0 if conflict.state == "open" else 1, -cost, -(conflict.ssim or 0.0)


def _likely_harm(conflict: Conflict) -> float:
    """Return what a pair of this kind costs, until the group has been weighed."""
    if conflict.kind == "empty-versus-nerve":
        return 1.0
    return 0.0 if conflict.dice is None else 1.0 - conflict.dice


def line(conflict: Conflict) -> str:
    """Return a conflict as one line: who disagrees, in what, how much, what then."""
    sign = "●" if conflict.state == "open" else "✓"
    more = f" +{len(conflict.frames) - 2}" if len(conflict.frames) > 2 else ""
    words = [_KIND_WORDS.get(conflict.kind or "", ""), *_measures(conflict)]
    if conflict.verdict is not None:
        words.append(conflict.verdict.verdict.replace("-", " "))
    said = " · ".join(word for word in words if word)
    return f"{sign} {' ≠ '.join(worst_pair(conflict))}{more}   {said}"


def counts(waiting: int, resolved: int, seconds: float | None) -> str:
    """Return how many conflicts wait, and how long they take at this pace."""
    said = f"{waiting:,} to decide, {resolved:,} resolved."
    if seconds is None:
        return said
    return (
        f"{said} {seconds:.0f} s a verdict, about {duration(waiting * seconds)} left."
    )


def facts(conflict: Conflict, settled: Settled | None = None) -> str:
    """Return the measures of a conflict, and what settled it: how, who, when, why."""
    words = [numbers(conflict), group_words(conflict)]
    if settled is not None:
        words.append(settled_words(settled, conflict.state))
    return "\n".join(word for word in words if word)


def settled_words(settled: Settled, state: str) -> str:
    """Return one sentence on the newest decision; an open group may have one too."""
    when = settled.time[:16].replace("T", " ")
    reason = f" ({settled.reason})" if settled.reason else ""
    verb = "Settled" if state == "resolved" else "Decided, but open again"
    return f"{verb}: {settled.how}{reason}, by {settled.author}, {when} UTC"


def group_words(conflict: Conflict) -> str:
    """Return what holds for the whole group: how alike at least, and what it costs."""
    words = []
    if len(conflict.frames) > 2 and conflict.bound is not None:
        words.append(f"all {len(conflict.frames)} at SSIM {conflict.bound:.3f} or more")
    if conflict.state == "open" and conflict.harm is not None:
        words.append(f"costs a perfect model {conflict.harm:.2f} frames of Dice")
    said = " · ".join(words)
    return said[:1].upper() + said[1:]


def numbers(conflict: Conflict) -> str:
    """Return SSIM and Dice of the pair that disagrees most in words."""
    words = _measures(conflict)
    return " · ".join(words) + " of the masks" if len(words) > 1 else "".join(words)


def _measures(conflict: Conflict) -> list[str]:
    """Return SSIM and Dice of the pair that disagrees most, as far as known."""
    pair = _worst(conflict)
    measures = (
        ("SSIM", "{:.3f}", pair and pair.ssim),
        ("Dice", "{:.2f}", pair and pair.dice),
    )
    return [
        f"{name} {form.format(value)}"
        for name, form, value in measures
        if value is not None
    ]


def worst_pair(conflict: Conflict) -> tuple[str, str]:
    """Return the two frames that disagree most, in frame order."""
    worst = _worst(conflict)
    if worst is None or worst.dice is None:
        return conflict.frames[0], conflict.frames[1]
    return worst.a, worst.b


def _worst(conflict: Conflict) -> DuplicatePair | None:
    """Return the pair with the lowest Dice; one that waits to be judged comes last."""
    return min(
        conflict.pairs,
        key=lambda pair: 2.0 if pair.dice is None else pair.dice,
        default=None,
    )


@dataclass(frozen=True)
class Settled:
    """What brought a group to where it is.

    Attributes
    ----------
    how
        A verdict with the frame it kept, ``rule drop-empty-twin``, or ``edit, paint``.
    author, time
        Who did it, and when (UTC, ISO 8601).
    reason
        What was given as the reason; may be empty.
    """

    how: str
    author: str
    time: str
    reason: str


def settled_by(store: LabelStore, conflict: Conflict) -> Settled | None:
    """Return what decided a group last; None if nobody has.

    A verdict or rule counts before any edit, and of these two the newer one; an edit
    counts only where the group is resolved.
    """
    verdict, frames = conflict.verdict, conflict.frames
    touching = {a.id: a for frame in frames for a in store.history(frame)}
    actions = [touching[key] for key in sorted(touching) if touching[key].in_effect]
    rule = next((a for a in reversed(actions) if a.kind == "rule"), None)
    if verdict is not None and (rule is None or rule.id < (verdict.action or 0)):
        return _of_verdict(verdict)
    if rule is not None:
        return Settled(f"rule {rule.note}", rule.author, rule.time, "")
    edits = [action for action in actions if action.undoes is None]
    resolved = conflict.state == "resolved"
    return _of_edit(edits[-1]) if edits and resolved else None


def _of_verdict(verdict: VerdictRecord) -> Settled:
    how = f"{verdict.verdict} {verdict.kept or ''}".strip()
    return Settled(how, verdict.author, verdict.time, verdict.reason)


def _of_edit(action: Action) -> Settled:
    return Settled(f"edit, {action.kind}", action.author, action.time, action.note)
