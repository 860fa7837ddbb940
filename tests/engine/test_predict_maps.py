"""Maps from strangers: nothing runs, nothing explodes, every damage is one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest

from training.errors import InputError
from training.predict.maps import MapsReader, MapsWriter

SHAPE = (12, 16)
MAPS = [np.full(SHAPE, n, np.uint8) for n in (0, 7, 255)]
FRAMES = ["a", "b", "c"]


@pytest.fixture
def group(tmp_path: Path) -> Path:
    path = tmp_path / "probabilities.zarr"
    writer = MapsWriter(path, len(MAPS))
    for index, levels in enumerate(MAPS):
        writer.prepare(index, SHAPE)
        writer.add(index, levels)
    writer.finish(FRAMES, {"presence": [0.1, 0.2, 0.3]})
    return path


def change(path: Path, **values: Any) -> None:
    found = json.loads(path.read_text())
    path.write_text(json.dumps(found | values))


def refusal(group: Path, frame: str = "b") -> str:
    with pytest.raises(InputError) as caught:
        MapsReader(group).map(frame)
    return str(caught.value)


def test_what_was_written_comes_back_also_through_zarr(group: Path) -> None:
    import zarr

    reader = MapsReader(group)
    array: Any = zarr.open_group(group, mode="r")["12x16"]
    for index, frame in enumerate(FRAMES):
        levels = reader.map(frame)
        assert levels is not None
        assert np.array_equal(levels, MAPS[index])
        assert np.array_equal(levels, array[index])
    assert reader.map("d") is None
    assert reader.of_frame("presence", "c") == 0.3


ARRAYS: dict[str, dict[str, Any]] = {
    "format 2": {"zarr_format": 2},
    "objects": {"data_type": "object"},
    "a codec that runs code": {
        "codecs": [{"name": "numcodecs.pickle"}, {"name": "zstd"}]
    },
    "another codec": {"codecs": [{"name": "bytes"}, {"name": "gzip"}]},
    "no codecs": {"codecs": 5},
    "another shape": {"shape": [3, 65_535, 65_537]},
    "other chunks": {
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [3, 12, 16]}}
    },
    "transformers": {"storage_transformers": [{"name": "sharding"}]},
    "other keys": {"chunk_key_encoding": {"name": "v2"}},
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_that_is_not_as_we_write_it_is_refused(group: Path, name: str) -> None:
    change(group / "12x16" / "zarr.json", **ARRAYS[name])
    assert refusal(group) == (
        f"{group / '12x16'} holds no maps that can be used (it is not packed as "
        "nerveseg packs maps): predict again."
    )
    writer = MapsWriter(group, len(MAPS), goes_on=True)
    with pytest.raises(InputError, match="it is not packed as nerveseg packs maps"):
        writer.prepare(0, SHAPE)


def test_a_group_of_format_2_with_a_pickle_codec_runs_nothing(tmp_path: Path) -> None:
    path, ran = tmp_path / "probabilities.zarr", tmp_path / "ran"
    (path / "12x16").mkdir(parents=True)
    (path / ".zgroup").write_text('{"zarr_format": 2}')
    attributes = {"frames": ["a"], "shapes": [list(SHAPE)]}
    (path / ".zattrs").write_text(json.dumps(attributes))
    array = {
        "zarr_format": 2,
        "shape": [1, *SHAPE],
        "chunks": [1, *SHAPE],
        "dtype": "|O",
        "filters": [{"id": "pickle", "protocol": 5}],
        "compressor": None,
        "order": "C",
        "fill_value": None,
    }
    (path / "12x16" / ".zarray").write_text(json.dumps(array))
    code = f"cposix\nsystem\n(S'touch {ran}'\ntR."
    (path / "12x16" / "0.0.0").write_bytes(code.encode())
    assert "it cannot be read" in refusal(path, "a")
    assert not ran.exists()


def test_arrays_described_by_the_group_are_refused(group: Path) -> None:
    change(group / "zarr.json", consolidated_metadata={"kind": "inline"})
    assert "it is no plain Zarr group of format 3" in refusal(group)
    with pytest.raises(InputError, match="it is no plain Zarr group"):
        MapsWriter(group, len(MAPS), goes_on=True)


def test_a_chunk_is_never_unpacked_to_more_than_its_map(group: Path) -> None:
    chunk = group / "12x16" / "c" / "1" / "0" / "0"
    chunk.write_bytes(imagecodecs.zstd_encode(bytes(200_000_000)))
    assert chunk.stat().st_size < 100_000
    assert refusal(group) == (
        f"{chunk} holds no maps that can be used (the map of frame b cannot be "
        "unpacked): predict again."
    )
    chunk.write_bytes(imagecodecs.zstd_encode(bytes(5)))
    assert "the map of frame b has another size" in refusal(group)
    chunk.write_bytes(b"nothing packed")
    assert "the map of frame b cannot be unpacked" in refusal(group)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "not JSON": lambda path: path.write_bytes(b"{"),
    "not text": lambda path: path.write_bytes(b"\xff\xfe\0"),
    "a list": lambda path: path.write_text("[]"),
    "deep": lambda path: path.write_text("[" * 100_000),
    "no attributes": lambda path: change(path, attributes=3),
    "no frames": lambda path: change(path, attributes={"shapes": []}),
    "other lengths": lambda path: change(
        path, attributes={"frames": ["a"], "shapes": []}
    ),
    "sizes of text": lambda path: change(
        path, attributes={"frames": ["b"], "shapes": [["a", 3]]}
    ),
    "a size of 4 GB": lambda path: change(
        path, attributes={"frames": ["b"], "shapes": [[65_535, 65_537]]}
    ),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_group_is_one_sentence(group: Path, name: str) -> None:
    DAMAGES[name](group / "zarr.json")
    assert refusal(group).endswith("): predict again.")
