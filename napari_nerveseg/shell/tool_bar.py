"""A slim bar beside the picture: the tools to draw with, in place of napari's panels.

napari's own panels take 300 pixels on the left, most of which says nothing about a
frame. They are folded away, and one key brings them back.
"""

from __future__ import annotations

import contextlib
from functools import partial
from typing import Any

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QMenu, QShortcut, QToolBar, QToolButton, QWidget

from ..canvas import compat
from ..canvas.kinds import TRUTH
from ..canvas.memory import panels_shown, remember_panels
from ..canvas.theme import SURROUND, Palette, tool_bar_style
from ..window.context import ReviewContext
from ..window.keys import (
    LARGER,
    SMALLER,
    TOOLS_TO_DRAW,
    Tool,
    drop,
    native,
    shortcut,
    with_key,
)

#: napari's icons, by a tool's mode.
_ICONS = {"pan_zoom": "pan_arrows"}
#: Side of an icon, in pixels.
_SIDE = 22
#: Brushes to choose from, in pixels across; the keys give all others.
_SIZES = (1, 3, 5, 8, 12, 20, 30, 50, 80)


class ToolBar(QToolBar):
    """Tools, the size of the brush, fit, and napari's panels: one click or key each.

    A tool is for the ground truth of the frame in view, whatever layer is selected and
    wherever the focus is; on a layer that is not ours a key does what napari does.

    Parameters
    ----------
    window
        napari's main window.
    """

    def __init__(self, context: ReviewContext, window: Any) -> None:
        super().__init__("Drawing tools")
        self.setObjectName("drawing_tools")
        self.setMovable(False)
        self.setIconSize(QSize(_SIDE, _SIDE))
        self._context = context
        self._window: Any = window
        self._layer: Any = None
        self._buttons = {tool.mode: self._tool(tool) for tool in TOOLS_TO_DRAW}
        self.brush = self._brush()
        self.addSeparator()
        self.fit = self._button("fit_view", "Fit the picture into the window")
        self.fit.clicked.connect(lambda _checked=False: context.viewer.reset_view())
        self.panels = self._button(
            "napari_panels",
            with_key("Show or hide napari's layer controls and list", "show_panels"),
        )
        self.panels.setCheckable(True)
        self.panels.toggled.connect(self._on_panels)
        window.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self)
        self._keys = self._shortcuts(window)
        self._docks = compat.side_panels(context.viewer)
        self._before = [not dock.isHidden() for dock in self._docks]
        compat.set_surround(context.viewer, SURROUND)
        self.panels.setChecked(panels_shown())
        self._show_panels(self.panels.isChecked())
        context.viewer.layers.selection.events.active.connect(self._on_active)
        context.layers_changed.connect(self._on_active)
        context.theme_changed.connect(self._on_theme)
        self._on_theme(context.theme_palette())
        self._on_active()

    def close_tools(self) -> None:
        """Give napari its window back as it was; twice is fine."""
        active = self._context.viewer.layers.selection.events.active
        with contextlib.suppress(ValueError):  # napari's word for: it was not connected
            active.disconnect(self._on_active)
        self._follow(None)
        drop(self._keys)
        compat.set_surround(self._context.viewer, None)
        with contextlib.suppress(RuntimeError):  # the window has deleted them already
            for dock, shown in zip(self._docks, self._before, strict=True):
                dock.setVisible(shown)
            if self._window is not None:
                self._window.removeToolBar(self)
            self.deleteLater()
        # napari's viewer must not live on because of us.
        self._keys, self._docks, self._before, self._window = [], (), [], None

    def take(self, tool: Tool) -> None:
        """Draw with a tool on the ground truth in view, or let napari have its key."""
        layer = self._context.viewer.layers.selection.active
        truth = self._truth()
        if truth is not None and (layer is None or self._context.owns(layer)):
            truth.visible = True
            self._context.viewer.layers.selection.active = truth
        self._press(tool.keys[0])

    # Inside -----------------------------------------------------------------------

    def _truth(self) -> Any | None:
        """Return the layer to draw on: of a pair, that of the side in work."""
        context = self._context
        if context.bridge is None or context.pair is None:
            return None
        if not context.pair.shown:
            return context.bridge.layers.layer(TRUTH)
        frame = context.pair.active_frame()
        return context.pair.sides[context.pair.frames.index(frame)].layer(TRUTH)

    def _press(self, key: str) -> None:
        if not self._context.drawing():
            self._context.focus_canvas()
            compat.press_key(self._context.viewer, key)
        self._on_active()

    def _on_active(self, _event: Any = None) -> None:
        self._follow(self._context.viewer.layers.selection.active)
        self._on_layer()

    def _follow(self, layer: Any) -> None:
        """Listen to the layer that is drawn on, and to no other."""
        if layer is not None and not hasattr(layer, "brush_size"):
            layer = None
        for one, change in ((self._layer, "disconnect"), (layer, "connect")):
            if one is not None and self._layer is not layer:
                getattr(one.events.mode, change)(self._on_layer)
                getattr(one.events.brush_size, change)(self._on_layer)
        self._layer = layer

    def _on_layer(self, _event: Any = None) -> None:
        """Show the tool and the size of the layer that is drawn on."""
        usable = self._layer is not None or self._truth() is not None
        mode = "pan_zoom" if self._layer is None else str(self._layer.mode)
        for name, made in self._buttons.items():
            made.setEnabled(usable)
            made.setChecked(usable and name == mode)
        self.brush.setEnabled(self._layer is not None)
        size = 0 if self._layer is None else int(self._layer.brush_size)
        self.brush.setText(f"{size or '–'}")

    def _on_size(self, size: int) -> None:
        if self._layer is not None:
            self._layer.brush_size = size

    def _on_panels(self, shown: bool) -> None:
        remember_panels(shown)
        self._show_panels(shown)

    def _show_panels(self, shown: bool) -> None:
        for dock in self._docks:
            dock.setVisible(shown)

    def _on_theme(self, colours: Palette) -> None:
        for mode, made in self._buttons.items():
            made.setIcon(compat.icon(_ICONS.get(mode, mode), colours.text))
        self.setStyleSheet(tool_bar_style(colours))
        self.fit.setIcon(compat.icon("home", colours.text))
        self.panels.setIcon(compat.icon("visibility", colours.text))

    # Building ---------------------------------------------------------------------

    def _tool(self, tool: Tool) -> QToolButton:
        keys = ", ".join(map(native, tool.keys))
        made = self._button(f"tool_{tool.mode}", f"{tool.text}  ({keys})")
        made.setCheckable(True)
        made.clicked.connect(lambda _checked=False: self.take(tool))
        return made

    def _button(self, name: str, tip: str) -> QToolButton:
        made = QToolButton()
        made.setObjectName(name)
        made.setToolTip(tip)
        made.setAccessibleName(tip.partition("  (")[0])
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.addWidget(made)
        return made

    def _brush(self) -> QToolButton:
        """Return a button that says the size of the brush and offers others."""
        made = self._button(
            "brush_size", f"Size of the brush in pixels  ({SMALLER}, {LARGER})"
        )
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(made)
        for size in _SIZES:
            menu.addAction(f"{size} px", partial(self._on_size, size))
        made.setMenu(menu)
        return made

    def _shortcuts(self, window: QWidget) -> list[QShortcut]:
        """Let napari's drawing keys work wherever the focus is, typing apart."""
        handlers = {
            **{
                key: partial(self.take, tool)
                for tool in TOOLS_TO_DRAW
                for key in tool.keys
            },
            **{key: partial(self._press, key) for key in (SMALLER, LARGER)},
        }
        return [
            shortcut(window, key, handler, repeats=key in (SMALLER, LARGER))
            for key, handler in handlers.items()
        ]
