"""One HTML file that needs nothing else: no script, no network, light and dark."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #5b6570; --paper: #ffffff;
  --soft: #eef1f4; --rule: #d6dbe0; --c0: #0072b2; --c1: #d55e00; --c2: #009e73;
  --c3: #cc79a7; --c4: #b58900; --c5: #56b4e9; --c6: #7a5195; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --dim: #9aa4ae;
  --paper: #16191d; --soft: #22272d; --rule: #3a4149; --c0: #56b4e9; --c1: #e69f00;
  --c2: #2fc59b; --c3: #e39cc4; --c4: #f0e442; --c5: #8ecbff; --c6: #b79be0; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 1000px;
  background: var(--paper); margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
h3 { font-size: 1rem; margin-top: 1.6rem; }
p.note, .empty { color: var(--dim); }
.row { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }
.charts { display: grid; gap: 1.5rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); }
.beside { display: grid; grid-template-columns: minmax(0, auto) minmax(16rem, 1fr);
  gap: 1.5rem; align-items: center; }
@media (max-width: 760px) { .beside { display: block; } }
.wide { overflow-x: auto; margin: .9rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; text-align: right;
  border-bottom: 1px solid var(--rule); }
th { color: var(--dim); font-weight: 600; background: var(--soft); }
th:first-child, td:first-child { text-align: left; }
svg.chart { max-width: 100%; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--dim); }
svg .end { text-anchor: end; } svg .middle { text-anchor: middle; }
svg .label { fill: var(--ink); }
svg .grid { stroke: var(--rule); stroke-width: .6; }
svg .axis, svg .whisker { stroke: var(--ink); stroke-width: 1.2; }
svg .bar { fill-opacity: .8; }
svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
svg .area { fill-opacity: .18; stroke-width: 1.4; } svg .band { opacity: .18; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin-left: 62px; }
.key i { display: inline-block; width: .8em; height: .8em; margin-right: .4em; }
td, th { white-space: nowrap; }
td.words, th.words { text-align: left; white-space: normal; }
td.words { max-width: 38rem; overflow-wrap: anywhere; }
.warn { color: var(--c1); }
.badge { border: 1px solid currentColor; border-radius: .3rem; padding: 0 .4rem;
  font-size: .85em; font-weight: 600; margin-right: .5rem; white-space: nowrap; }
.tiles { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); }
figure { margin: 0; } figcaption { color: var(--dim); font-size: .85rem; }
figure svg { width: 100%; height: auto; display: block; }
.outline { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; }
.truth { stroke: #ffb000; } .said { stroke: #56b4e9; stroke-dasharray: 5 3; }
figure:hover .outline, figure:focus .outline { visibility: hidden; }
i.truth { background: #ffb000; } i.said { background: #56b4e9; }
details summary { cursor: pointer; color: var(--dim); }
"""

_COLOURS = "".join(
    f".line.c{k} {{ stroke: var(--c{k}); }} .area.c{k} {{ stroke: var(--c{k}); "
    f"fill: var(--c{k}); }} .bar.c{k}, .band.c{k} {{ fill: var(--c{k}); }} "
    f"i.c{k} {{ background: var(--c{k}); }}\n"
    for k in range(7)
)


def page(title: str, sections: Sequence[str]) -> str:
    """Return a whole HTML document.

    Parameters
    ----------
    title
        Of the document, as plain text.
    sections
        HTML, such as `section` gives it.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}{_COLOURS}</style></head>"
        f"<body><h1>{escape(title)}</h1>\n{''.join(sections)}</body></html>\n"
    )


def section(heading: str, *parts: str) -> str:
    """Return a heading, as plain text, with HTML below it."""
    return f"<section><h2>{escape(heading)}</h2>\n{''.join(parts)}</section>\n"


def paragraph(words: str, kind: str = "") -> str:
    """Return plain text as a paragraph; ``note`` is dimmed."""
    named = f' class="{kind}"' if kind else ""
    return f"<p{named}>{escape(words)}</p>\n"


def row(*parts: str) -> str:
    """Return HTML side by side where there is room."""
    cells = "".join(f"<div>{part}</div>" for part in parts)
    return f'<div class="row">{cells}</div>\n'


def charts(*drawn: str) -> str:
    """Return charts two by two, where there is room."""
    cells = "".join(f"<div>{one}</div>" for one in drawn)
    return f'<div class="charts">{cells}</div>\n'


def beside(chart: str, *words: str) -> str:
    """Return a chart with HTML to its right that takes the room that is left."""
    text = "".join(words)
    return f'<div class="beside"><div>{chart}</div><div>{text}</div></div>\n'


def folded(summary: str, *parts: str) -> str:
    """Return HTML that opens at a click on a line of plain text."""
    return f"<details><summary>{escape(summary)}</summary>{''.join(parts)}</details>\n"


def table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], words: Collection[int] = ()
) -> str:
    """Return a table of plain text; the first column is a name, the rest numbers.

    Parameters
    ----------
    headings, rows
        Plain text.
    words
        Columns that hold sentences.
    """

    def line(kind: str, cells: Sequence[str]) -> str:
        classes = [' class="words"' * (k in words) for k in range(len(cells))]
        return "".join(
            f"<{kind}{own}>{escape(cell)}</{kind}>"
            for own, cell in zip(classes, cells, strict=True)
        )

    body = "".join(f"<tr>{line('td', cells)}</tr>" for cells in rows)
    return (
        f'<div class="wide"><table><thead><tr>{line("th", headings)}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>\n"
    )
