"""``augment-preview``: what augmentation makes of the frames."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..data.reading import Reading
from ..events import never
from .console import out, reporting
from .flags import with_settings
from .options import Data, ProjectDir
from .outputs import Output


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("augment-preview")(augment_preview)


@with_settings
def augment_preview(
    data: Data,
    picture: Annotated[
        Path,
        typer.Option("--out", metavar="PNG", help="The picture to write."),
        Output(".png"),
    ],
    frames: Annotated[int, typer.Option(help="Rows: so many frames.")] = 4,
    variants: Annotated[
        int, typer.Option(help="Columns beside the frame as it is: so many epochs.")
    ] = 5,
    project: ProjectDir = None,
    *,
    settings: dict[str, Any],
    reading: Reading,
) -> None:
    """Draw frames with their masks as a training with the same flags sees them.

    Example: nerveseg augment-preview train --out grid.png --rotation 20 --shadow 0.6
    """
    from ..worker.preview import augment_preview as preview

    with reporting() as reporter:
        result = preview(
            reporter,
            never,
            data=data,
            out=picture,
            config=settings,
            frames=frames,
            variants=variants,
            project=project,
            reading=reading,
        )
    out(f"{result['out']}: {result['width']} x {result['height']} pixels (wide x high)")
