"""Masks to files and back again, to see that they arrived."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..data import rle
from ..data.dataset import DataSet, FrameEntry
from ..data.masks import read_mask
from ..data.store.packing import PackedMask
from ..data.store.records import Mask
from ..events import Progress
from ..files import check_name, write_whole


class PackedMasks(Mapping[str, Mask]):
    """FrameId to mask, unpacked when asked for.

    Attributes
    ----------
    packed
        FrameId to packed mask; add to it.
    """

    def __init__(self) -> None:
        self.packed: dict[str, PackedMask] = {}

    def __getitem__(self, frame: str) -> Mask:
        return self.packed[frame].mask()

    def __iter__(self) -> Iterator[str]:
        return iter(self.packed)

    def __len__(self) -> int:
        return len(self.packed)


def mask_names(
    dataset: DataSet, entries: Mapping[str, FrameEntry], suffix: str
) -> dict[str, str]:
    """Return the file names of masks by frame: the source's, with our suffix.

    A page of a stack, a run-length mask and a mask that the source lacks are named
    as the layout names masks, after the FrameId; so are all where the source has one
    name in several folders.
    """
    names = {f: _source_name(dataset, one, suffix) for f, one in entries.items()}
    if len(set(names.values())) == len(names):
        return names
    return {frame: _own_name(dataset, one, suffix) for frame, one in entries.items()}


def _source_name(dataset: DataSet, entry: FrameEntry, suffix: str) -> str:
    path = entry.mask_path
    own_file = path is not None and dataset.run_length(entry.id) is None
    if path is not None and own_file and entry.mask_page is None:
        return f"{path.stem}.{suffix}"
    return _own_name(dataset, entry, suffix)


def _own_name(dataset: DataSet, entry: FrameEntry, suffix: str) -> str:
    if dataset.layout == "images-masks":
        return f"{entry.id}.{suffix}"
    return f"{entry.id}_mask.{suffix}"


def write_files(
    folder: Path, masks: PackedMasks, names: Mapping[str, str], progress: Progress
) -> None:
    """Write one file a mask, in the format its name says, and read all back.

    Raises
    ------
    InputError
        If a name is too long; nothing is written then.
    RuntimeError
        If what was read back is not what was written.
    """
    for name in names.values():
        check_name(folder / name)
    for frame in progress.over(masks):
        path = folder / names[frame]
        encode = _tif if path.suffix == ".tif" else _png
        write_whole(path, encode(masks[frame]))
    for frame in progress.over(masks):
        _compare(frame, read_mask(folder / names[frame]), masks[frame])


def write_rle(path: Path, masks: PackedMasks, progress: Progress) -> None:
    """Write one file of run lengths and read it back; raises as `write_files`."""
    rle.write_csv(path, masks)
    progress.step(len(masks))
    written = rle.read_csv(path)
    if written.keys() != masks.keys():
        raise RuntimeError(
            "The names of frames came back from the disk changed; nothing was exported."
        )
    for frame in progress.over(masks):
        shape = masks.packed[frame].shape
        _compare(frame, rle.decode(written[frame], shape), masks[frame])


def _compare(frame: str, found: Mask, meant: Mask) -> None:
    if found.shape != meant.shape or (found != meant).any():
        raise RuntimeError(
            f"The mask of frame {frame} came back from the disk changed; "
            "nothing was exported."
        )


def _tif(mask: Mask) -> bytes:
    import tifffile

    buffer = io.BytesIO()
    pixels = mask.view("uint8") * 255
    tifffile.imwrite(buffer, pixels, compression="lzw", metadata=None)
    return buffer.getvalue()


def _png(mask: Mask) -> bytes:
    from ..predict.output import encode_png

    return encode_png(mask)
