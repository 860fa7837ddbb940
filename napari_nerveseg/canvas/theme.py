"""napari's theme as colours for our own painting and for Qt style sheets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: Around the picture in every theme: a lit frame in a dark room, as radiologists read.
SURROUND = "#0B0B0D"


@dataclass(frozen=True)
class Palette:
    """The colours of one napari theme, as ``#rrggbb``."""

    background: str
    foreground: str
    primary: str
    secondary: str
    text: str
    highlight: str
    current: str

    @property
    def alarm(self) -> str:
        """A red that can be read on the background (napari's own is too dark)."""
        dark = int(self.background[1:3], 16) < 128
        return "#FF8A80" if dark else "#B3121F"

    @property
    def faint(self) -> str:
        """The text's colour for what cannot be used now, and can be read all the same.

        napari's own is a third of the text over the background, 2 to 1.
        """
        return mixed(self.text, self.background, 0.6)


def mixed(over: str, under: str, share: float) -> str:
    """Return ``share`` of one colour over another, all as ``#rrggbb``."""
    pairs = ((over[n : n + 2], under[n : n + 2]) for n in (1, 3, 5))
    parts = (share * int(a, 16) + (1 - share) * int(b, 16) for a, b in pairs)
    return "#" + "".join(f"{round(part):02x}" for part in parts)


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
    """Return the style of our dock and its dialogs, over that of napari."""
    return "".join(part(colours) for part in (_rows, _words, _focus, _buttons))


def tool_bar_style(colours: Palette) -> str:
    """Return the style of the bar of tools, which stands outside of the dock."""
    return f"""
    QToolBar {{ border: none; padding: 4px 2px; spacing: 4px; }}
    QToolButton {{ padding: 4px; border: 1px solid transparent; border-radius: 4px; }}
    QToolButton:hover {{ background-color: {colours.foreground}; }}
    QToolButton:checked {{ background-color: {colours.highlight}; }}
    QToolButton:focus {{ border: 1px solid {colours.text}; }}
    QToolButton::menu-indicator {{ image: none; }}
    """


def _rows(colours: Palette) -> str:
    """Return the style of tables and lists.

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
    """


def _words(colours: Palette) -> str:
    """Return the style of words and of what frames them.

    Without an indent of 0 words stand 5 pixels to the right of the buttons and fields
    that they are about.
    """
    return f"""
    QLabel {{ qproperty-indent: 0; }}
    QLabel[role="heading"] {{ font-weight: bold; }}
    QLabel[level="error"] {{ color: {colours.alarm}; }}
    QFrame#tour, QFrame#second_look {{
        background-color: {colours.foreground};
        border-radius: 6px;
    }}
    QFrame#empty_state {{
        border: 2px dashed {colours.secondary};
        border-radius: 8px;
    }}
    QMessageBox QLabel#qt_msgbox_informativelabel {{ min-width: 340px; }}
    QInputDialog {{ min-width: 340px; }}
    """


def _focus(colours: Palette) -> str:
    """Return the style of what has the focus, so that the keys are seen to go there."""
    return f"""
    QCheckBox {{ border: 1px solid transparent; padding: 1px 3px; }}
    QPushButton[role="main"]:enabled {{ background-color: {colours.current}; }}
    QPushButton:focus, QToolButton:focus, QTableView:focus, QListView:focus,
    QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QKeySequenceEdit:focus,
    QCheckBox:focus, QSlider:focus, QScrollArea:focus, QPlainTextEdit:focus {{
        border: 1px solid {colours.text};
    }}
    QTabBar::tab {{ padding: 4px 2px; margin: 0px; min-width: 0px; }}
    QTabBar:focus {{ border-bottom: 2px solid {colours.text}; }}
    """


def _buttons(colours: Palette) -> str:
    """Return the style of buttons that stay pressed, of menus, and of the disabled."""
    return f"""
    QToolButton[checkable="true"], QToolButton#saved_filters {{
        background-color: {colours.foreground};
        border: 1px solid {colours.primary};
        border-radius: 3px;
        padding: 3px 5px;
    }}
    QToolButton[checkable="true"]:hover, QToolButton#saved_filters:hover {{
        border-color: {colours.secondary};
    }}
    QToolButton[checkable="true"]:checked {{
        background-color: {colours.secondary};
        border-color: {colours.text};
    }}
    QToolButton[checkable="true"]:focus, QToolButton#saved_filters:focus {{
        border: 2px solid {colours.text};
        padding: 2px 4px;
    }}
    QPushButton:disabled, QToolButton:disabled, QComboBox:disabled,
    QCheckBox:disabled, QLineEdit:disabled, QPlainTextEdit:disabled {{
        color: {colours.faint};
    }}
    QDialogButtonBox QPushButton {{ padding: 4px 12px; }}
    """
