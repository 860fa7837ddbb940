"""What a network may cost to run, found out before any of it is built."""

from __future__ import annotations

from collections.abc import Sequence

#: Bytes that predicting one frame may take.
MOST_BYTES = 1 << 30

#: Bytes that a network of ours takes at its widest level for each value there, by the
#: most memory-hungry of them: skipped connections, the decoder and float32.
_EACH = 40


def frame_bytes(
    network: str, widths: Sequence[int], stem_stride: int, size: Sequence[int]
) -> int:
    """Estimate what predicting one frame takes, in bytes.

    Parameters
    ----------
    network
        As `training.networks.build_network` takes it.
    widths
        Channels level by level; those of ``flexible`` begin with the coarsest.
    stem_stride
        How many pixels of each side the finest level of ``unet`` takes as one.
    size
        Height and width in pixels.
    """
    levels = widths[::-1] if network == "flexible" else widths
    widest: float = max(n / 4**level for level, n in enumerate(levels))
    at_once = stem_stride**2 if network == "unet" else 1
    return int(_EACH * size[0] * size[1] * widest / at_once)


def too_much(
    network: str, widths: Sequence[int], stem_stride: int, size: Sequence[int]
) -> str | None:
    """Return why frames of a size would take too much, as half a sentence, or None."""
    n = frame_bytes(network, widths, stem_stride, size)
    if n <= MOST_BYTES:
        return None
    return (
        f"each frame would take about {n / 1e9:.1f} GB at {size[0]} x {size[1]} pixels "
        f"(height x width) with widths {', '.join(map(str, widths))}"
    )
