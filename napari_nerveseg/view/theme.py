"""napari's theme as colours for our own painting and for Qt style sheets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Palette:
    """The colours of one napari theme, as ``#rrggbb``."""

    background: str
    foreground: str
    primary: str
    secondary: str
    text: str
    highlight: str

    @property
    def alarm(self) -> str:
        """A red that can be read on the background (napari's own is too dark)."""
        dark = int(self.background[1:3], 16) < 128
        return "#FF8A80" if dark else "#B3121F"


def palette(theme: str) -> Palette:
    """Return the colours of the napari theme called ``theme``."""
    from napari.utils.theme import get_theme

    colours: Any = get_theme(theme)
    return Palette(
        **{
            name: getattr(colours, name).as_hex("long")[:7]
            for name in Palette.__dataclass_fields__
        }
    )


def style_sheet(colours: Palette) -> str:
    """Return the style of our dock: rows, quiet text, status line, empty state.

    Without ``alternate-background-color`` every other row of a table is white in
    the dark theme.
    """
    return f"""
    QTableView, QListView, QPlainTextEdit {{
        alternate-background-color: {colours.foreground};
        background-color: {colours.background};
        selection-background-color: {colours.highlight};
        border: 1px solid {colours.foreground};
        gridline-color: {colours.foreground};
    }}
    QListView::item {{ padding: 4px; }}
    QLabel[role="heading"] {{ font-weight: bold; }}
    QLabel[level="error"] {{ color: {colours.alarm}; }}
    QFrame#tour {{
        background-color: {colours.foreground};
        border-radius: 6px;
    }}
    QFrame#empty_state {{
        border: 2px dashed {colours.secondary};
        border-radius: 8px;
    }}
    QPushButton:focus, QToolButton:focus, QTableView:focus, QListView:focus,
    QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QKeySequenceEdit:focus,
    QCheckBox:focus, QSlider:focus, QScrollArea:focus, QPlainTextEdit:focus {{
        border: 1px solid {colours.text};
    }}
    QTabBar:focus {{ border-bottom: 2px solid {colours.text}; }}
    QToolButton[checkable="true"] {{
        background-color: {colours.foreground};
        border: 1px solid {colours.foreground};
        border-radius: 3px;
        padding: 3px 5px;
    }}
    QToolButton[checkable="true"]:hover {{ border-color: {colours.secondary}; }}
    QToolButton[checkable="true"]:checked {{
        background-color: {colours.secondary};
        border-color: {colours.text};
    }}
    QToolButton[checkable="true"]:focus {{
        border: 2px solid {colours.text};
        padding: 2px 4px;
    }}
    QPushButton:disabled {{ color: {colours.secondary}; }}
    """
