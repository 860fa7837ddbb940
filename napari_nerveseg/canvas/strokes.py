"""Drawing on a mask layer: strokes out, our own undo in.

napari's own undo history stays with the layer when its data are swapped, and would
write one frame's pixels into another. So every finished stroke goes to the session,
the layer's history is emptied, and Ctrl+Z on the layer asks the session.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Handler = Callable[[], None]

#: Opacity of a polygon that is being drawn: it must not hide the nerve below it.
SEEN_THROUGH = 0.3


def take_brush(viewer: Any, layer: Any) -> None:
    """Put the brush in the hand, for drawing nerve on the mask layer ``layer``."""
    layer.visible = True
    viewer.layers.selection.active = layer
    layer.selected_label, layer.mode = 1, "paint"


def listen(
    layer: Any, on_stroke: Callable[[str], None], undo: Handler, redo: Handler
) -> None:
    """Send finished strokes and the undo keys of ``layer`` to these functions.

    Parameters
    ----------
    layer
        A napari ``Labels`` layer.
    on_stroke
        Called once per finished stroke with the tool's name: ``paint``, ``erase``,
        ``fill`` or ``polygon``.
    undo, redo
        Called for Ctrl+Z and Ctrl+Shift+Z. A key bound on the layer itself beats
        both the bindings of its class and those of the viewer.
    """

    def painted(event: Any) -> None:
        for atom in event.value:
            _write(atom, layer.data)
        forget_history(layer)
        on_stroke(_tool(layer))

    polygon = layer._overlays.get("polygon")
    if polygon is not None:
        polygon.opacity = SEEN_THROUGH
    layer.events.paint.connect(painted)
    layer.bind_key("Control-Z", lambda _layer: undo(), overwrite=True)
    layer.bind_key("Control-Shift-Z", lambda _layer: redo(), overwrite=True)


def forget_history(layer: Any) -> None:
    """Empty napari's undo history of ``layer``, so that it can touch no other frame."""
    layer._undo_history.clear()
    layer._redo_history.clear()


def drop_polygon(layer: Any) -> bool:
    """Forget a polygon that is not finished; say whether there was one.

    It would follow to the next frame, and be written there.
    """
    overlay = layer._overlays.get("polygon")
    begun = overlay is not None and bool(overlay.points)
    if begun:
        overlay.points = []
    return begun


def in_stroke(layer: Any) -> bool:
    """Tell whether the mouse button is still down in a stroke."""
    return bool(layer._block_history)


def finish_stroke(layer: Any) -> None:
    """End a stroke that is under way as if the button had been let go."""
    if in_stroke(layer):
        layer._block_history = False
        layer._commit_staged_history()


def _write(atom: Any, data: Any) -> None:
    """Write one piece of a stroke into ``data``.

    For the polygon and for scripts, napari tells of an edit before it writes it; for
    the brush after. Writing the same values twice does no harm.
    """
    if isinstance(atom, tuple) and len(atom) == 3:  # indices, values before, after
        data[atom[0]] = atom[2]
    elif atom.mask is None:
        data[atom.slice_key] = atom.new_value
    else:
        data[atom.slice_key][atom.mask] = atom.new_value


def _tool(layer: Any) -> str:
    tool = str(layer.mode)
    return tool if tool in ("erase", "fill", "polygon") else "paint"
