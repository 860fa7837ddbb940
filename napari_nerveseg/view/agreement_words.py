"""The agreement of two readers in words."""

from __future__ import annotations

from html import escape

from ..model.readings import Agreement, Compared


def agreement_html(agreement: Agreement) -> str:
    """Return the table of the agreement."""
    differ = len(agreement.disagreements)
    rows = (
        ("Groups that both decided", f"{len(agreement.rows):,}"),
        ("of these, they differ on", f"{differ:,}"),
        ("Cohen's kappa of what they found", _number(agreement.kappa)),
        ("Mean Dice of their masks", _number(agreement.dice)),
        (f"Decided by {agreement.first} only", f"{agreement.only_first:,}"),
        (f"Decided by {agreement.second} only", f"{agreement.only_second:,}"),
    )
    lines = "".join(
        f"<tr><td>{escape(words)}&nbsp;&nbsp;</td><td><b>{escape(value)}</b></td></tr>"
        for words, value in rows
    )
    return f"<table cellpadding='2'>{lines}</table>"


def compared_words(row: Compared) -> str:
    """Return one group on which two readers differ, in one line."""
    sign = "✓" if row.adjudicated else "●"
    frames = ", ".join(row.group[:3]) + (" …" if len(row.group) > 3 else "")
    dice = "" if row.dice is None else f" · Dice {row.dice:.2f}"
    return f"{sign} {frames}:  {row.first}  against  {row.second}{dice}"


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"
