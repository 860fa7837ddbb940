"""CSV files that come back as they were written, and that spreadsheets open safely.

A name may hold whatever a file's name can. In tables that people open in a spreadsheet
text that would be taken for a formula gets an apostrophe in front, which reading takes
away again; numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..guarded import read_text

#: Characters that end a line, or part cells, for one program or another.
_SPECIAL = re.compile("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029;\t]")

#: How text begins that some spreadsheet takes for a formula, or that has been escaped.
_FORMULA = re.compile(r"'*(?:\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")

_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


def rows_text(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as CSV text, with quotes only where a row needs them.

    A program that is not ours may take blanks at the ends of a cell away and other
    characters than line feeds for the end of a line: such rows are quoted too.
    """
    buffer = io.StringIO(newline="")
    plain = csv.writer(buffer, lineterminator="\n")
    quoting = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        texts = [cell for cell in row if isinstance(cell, str)]
        special = any(t != t.strip() or _SPECIAL.search(t) for t in texts)
        (quoting if special else plain).writerow(row)
    return buffer.getvalue()


def table_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return a table for spreadsheets, its header first, as `read_table` reads it.

    Parameters
    ----------
    columns
        Their names; other keys of a row are passed over.
    rows
        Values by column; what is None or lacks is an empty cell.
    """
    cells = ([_escaped(row.get(name)) for name in columns] for row in rows)
    return rows_text([list(columns), *cells])


def read_table(path: Path) -> list[dict[str, str]]:
    """Read what `table_text` gave.

    Returns
    -------
    list of dict
        Text by column, one dict a row. As in `csv.DictReader`, a short row has None in
        the place of what lacks, and a long one the rest under None.

    Raises
    ------
    OSError, ValueError, csv.Error
        If it cannot be read, see `training.guarded.read_text`.
    """
    file = io.StringIO(read_text(path), newline="")
    return [
        {k: _plain(v) if isinstance(v, str) else v for k, v in row.items()}
        for row in csv.DictReader(file, strict=True)
    ]


def _is_formula(text: str) -> bool:
    return bool(_FORMULA.match(text)) and not _NUMBER.fullmatch(text)


def _escaped(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and _is_formula(cell) else cell


def _plain(cell: str) -> str:
    """Return a cell as it was before `_escaped`."""
    return cell[1:] if cell[:1] == "'" and _is_formula(cell[1:]) else cell
