"""Frames of every kind of stack, against what tifffile makes of the same file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from tests.engine.data_folders import FRAME, SHAPE
from training.data import BadFile
from training.data.images import read_image, strict_grey
from training.data.masks import read_mask
from training.data.raw import image_shape, read_raw
from training.data.tiff_pages import n_frames

KINDS: dict[str, dict[str, Any]] = {
    "shaped": {},
    "truncated": {"truncate": True},
    "imagej": {"imagej": True},
    "imagej-one-page": {"imagej": True, "truncate": True},
    "ome": {"ome": True},
}
AXES = {
    "imagej": ["TYX", "ZYX", "CYX", "TZYX", "TCYX", "ZCYX", "TZCYX", "TYXS", "TZYXS"],
    "ome": ["TYX", "ZTYX", "TZYX", "CYX", "TCYX", "CTYX", "CZTYX", "TYXS", "TCYXS"],
    "other": ["TYX", "QYX", "IYX", "TZYX", "ZTYX", "ZQTYX", "CYX", "TCYX", "CZTYX"],
}
AXES["other"] += ["TYXS", "ZTCYXS", "CTYXS"]


def stack(seed: int, shape: tuple[int, ...], dtype: Any = np.uint8) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape).astype(dtype)


def frames_of(path: Path) -> list[np.ndarray]:
    """Return the frames by tifffile's series, in the file's order, channels last."""
    with tifffile.TiffFile(path) as file:
        series = file.series[0]
        values, axes = series.asarray(), series.axes
    frames = [axis for axis in axes if axis not in "YXCS"]
    order = [*frames, "Y", "X", *(axis for axis in axes if axis in "CS")]
    values = values.transpose([axes.index(axis) for axis in order])
    n = int(np.prod(values.shape[: len(frames)], dtype=int))
    size = values.shape[len(frames) : len(frames) + 2]
    values = values.reshape(n, *size, -1)
    return [frame if frame.shape[2] > 1 else frame[..., 0] for frame in values]


def check(path: Path) -> int:
    """Compare every frame with tifffile's, and return how many there are."""
    expected = frames_of(path)
    assert n_frames(path) == len(expected)
    for page, frame in enumerate(expected):
        assert np.array_equal(read_raw(path, page).pixels, frame), page
        assert image_shape(path, page) == frame.shape[:2]
    with pytest.raises(BadFile, match=f"has no page {len(expected)}, its pages are 0"):
        read_raw(path, len(expected))
    return len(expected)


@pytest.mark.parametrize("seed", range(24))
@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_those_of_tifffile(tmp_path: Path, kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    choices = AXES[kind.split("-", maxsplit=1)[0] if kind[0] in "io" else "other"]
    axes = choices[seed % len(choices)]
    sizes = {"Y": 8, "X": 11, "S": 3}
    shape = tuple(sizes.get(axis, int(rng.integers(1, 5))) for axis in axes)
    dtypes = [np.uint8] if "S" in axes else [np.uint8, np.uint16, np.float32]
    options = dict(KINDS[kind])
    options["photometric"] = "rgb" if "S" in axes else "minisblack"
    options["rowsperstrip"] = int(rng.choice([3, 8]))
    if "truncate" not in options and rng.integers(2):
        options["compression"] = "zlib"
    if "imagej" not in options:
        options["bigtiff"] = bool(rng.integers(2))
        options["byteorder"] = str(rng.choice(["<", ">"]))
    path = tmp_path / ("a.ome.tif" if kind == "ome" else "a.tif")
    values = stack(seed, shape, dtypes[seed % len(dtypes)])
    tifffile.imwrite(path, values, metadata={"axes": axes}, **options)
    channels = np.prod([n for axis, n in zip(axes, shape, strict=True) if axis in "CS"])
    assert check(path) == values.size // (88 * channels)


@pytest.mark.parametrize("axes", ["TYX", "ZYX"])
def test_frames_that_tifffile_stored_as_planes_of_rgb(
    tmp_path: Path, axes: str
) -> None:
    path, values = tmp_path / "a.tif", stack(0, (3, 8, 11))
    options: dict[str, Any] = {"photometric": "rgb", "planarconfig": "separate"}
    tifffile.imwrite(path, values, metadata={"axes": axes}, **options)
    assert check(path) == 3
    path = tmp_path / "b.tif"
    values = stack(0, (5, 3, 8, 11))
    tifffile.imwrite(path, values, metadata={"axes": "TZYX"}, **options)
    assert check(path) == 15
    path = tmp_path / "c.tif"
    tifffile.imwrite(path, values, metadata={"axes": "TCYX"}, truncate=True, **options)
    assert check(path) == 5


@pytest.mark.parametrize("n", [3, 4])
def test_three_or_four_grey_frames_in_colour_planes(tmp_path: Path, n: int) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, stack(0, (n, 8, 11)), photometric="rgb", planarconfig="separate"
    )
    assert n_frames(path) == 1
    assert read_raw(path).maybe_frames
    words = (
        f"it may be {n} grey frames stored as colour planes: "
        "save them with photometric 'minisblack'."
    )
    with pytest.raises(BadFile) as caught:
        strict_grey(read_image(path), path)
    assert caught.value.kind == "colour"
    assert str(caught.value).endswith(f"pass --luminance, or convert it; {words}")
    with pytest.raises(BadFile) as caught:
        read_mask(path)
    assert str(caught.value).endswith(f"convert it; {words}")


def test_colour_that_says_so_is_no_stack(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    planes: dict[str, Any] = {"photometric": "rgb", "planarconfig": "separate"}
    tifffile.imwrite(path, stack(0, (3, 8, 11)), metadata={"axes": "CYX"}, **planes)
    assert not read_raw(path).maybe_frames
    assert check(path) == 1
    path = tmp_path / "b.tif"
    tifffile.imwrite(path, stack(0, (8, 11, 3)), photometric="rgb")
    assert not read_raw(path).maybe_frames


def test_a_plain_chain_whatever_it_is_called(tmp_path: Path) -> None:
    for name, description in {
        "a": None,
        "b": "five frames\nimages=7",
        "c": "{}",
    }.items():
        path = tmp_path / f"{name}.tif"
        values = stack(1, (5, 8, 11))
        tifffile.imwrite(
            path,
            values,
            photometric="minisblack",
            metadata=None,
            description=description,
        )
        assert n_frames(path) == 5
        assert np.array_equal(read_raw(path, 4).pixels, values[4])


def test_frames_that_were_written_one_by_one(tmp_path: Path) -> None:
    path, values = tmp_path / "a.tif", stack(1, (5, 8, 11))
    with tifffile.TiffWriter(path) as file:
        for frame in values:
            file.write(frame, contiguous=False)
    assert n_frames(path) == 5
    assert np.array_equal(read_raw(path, 3).pixels, values[3])


def test_smaller_copies_and_transparency_are_no_frames(tmp_path: Path) -> None:
    path, values = tmp_path / "a.tif", stack(1, (2, 32, 48))
    with tifffile.TiffWriter(path) as file:
        file.write(values[0, ::4, ::4], subfiletype=1, metadata=None)
        file.write(values[0], subifds=1, metadata=None)
        file.write(values[0, ::2, ::2], subfiletype=1, metadata=None)
        file.write(values[1], metadata=None)
        file.write(values[1] > 9, subfiletype=4, metadata=None)
    assert n_frames(path) == 2
    assert [image_shape(path, page) for page in (None, 0, 1)] == [(32, 48)] * 3
    assert np.array_equal(read_raw(path).pixels, values[0])
    assert np.array_equal(read_raw(path, 1).pixels, values[1])
    path = tmp_path / "only.tif"
    tifffile.imwrite(path, values[0], subfiletype=1)
    assert n_frames(path) == 1


def test_levels_of_a_pyramid_in_ome(tmp_path: Path) -> None:
    path, values = tmp_path / "a.ome.tif", stack(1, (4, 64, 80))
    with tifffile.TiffWriter(path, ome=True) as file:
        options: dict[str, Any] = {"photometric": "minisblack", "tile": (16, 16)}
        file.write(values, subifds=1, metadata={"axes": "TYX"}, **options)
        file.write(values[:, ::2, ::2], subfiletype=1, **options)
    assert check(path) == 4


def ome_xml(*data: str, frames: int = 4) -> bytes:
    return (
        '<?xml version="1.0"?><OME xmlns='
        '"http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:1"><Image '
        'ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZTC" Type="uint8" '
        f'SizeX="11" SizeY="8" SizeC="1" SizeZ="1" SizeT="{frames}">'
        f"{''.join(data)}</Pixels></Image></OME>"
    ).encode()


def test_an_ome_file_of_a_set_has_its_own_frames_only(tmp_path: Path) -> None:
    data = [
        f'<TiffData FirstT="{2 * k}" PlaneCount="2">'
        f'<UUID FileName="{k}.ome.tif">urn:uuid:{k + 1}</UUID></TiffData>'
        for k in range(2)
    ]
    values = stack(1, (4, 8, 11))
    for k in range(2):
        tifffile.imwrite(
            tmp_path / f"{k}.ome.tif",
            values[2 * k : 2 * k + 2],
            photometric="minisblack",
            metadata=None,
            description=ome_xml(*data),
        )
    for page in range(4):
        path = tmp_path / f"{page // 2}.ome.tif"
        assert n_frames(path) == 2
        assert np.array_equal(read_raw(path, page % 2).pixels, values[page])


def test_an_ome_frame_that_is_not_there(tmp_path: Path) -> None:
    path, values = tmp_path / "a.ome.tif", stack(1, (3, 8, 11))
    xml = ome_xml('<TiffData IFD="0" PlaneCount="4"/>')
    tifffile.imwrite(
        path, values, photometric="minisblack", metadata=None, description=xml
    )
    assert n_frames(path) == 4
    assert np.array_equal(read_raw(path, 2).pixels, values[2])
    with pytest.raises(BadFile, match="is not there"):
        read_raw(path, 3)


def imagej(*lines: str) -> str:
    return "\n".join(["ImageJ=1.53t", *lines, ""])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("images=6",), 6),
        (("images=6", "slices=6"), 6),
        (("images=6", "channels=2", "frames=3", "hyperstack=true"), 3),
        (("images=6", "channels=2", "slices=3", "order=zct"), 3),
        (("images=6", "channels=6"), 1),
        (("images=nonsense", "frames=6"), 6),
        (("images=0",), 1),
        (("min=0.0",), 1),
    ],
)
def test_what_imagej_says_of_one_directory(
    tmp_path: Path, lines: tuple[str, ...], expected: int
) -> None:
    path, values = tmp_path / "a.tif", stack(2, (6, *SHAPE))
    tifffile.imwrite(path, values[0], metadata=None, description=imagej(*lines))
    with path.open("ab") as file:
        file.write(values[1:].tobytes())
    with tifffile.TiffFile(path) as whole:  # the planes follow on the first one
        start = whole.pages.first.dataoffsets[0]
    assert start + values.nbytes == path.stat().st_size
    assert n_frames(path) == expected
    last = read_raw(path, expected - 1).pixels.reshape(*SHAPE, -1)[..., -1]
    assert np.array_equal(
        last, values[5 if expected > 1 or "channels=6" in lines else 0]
    )


def test_one_page_with_the_description_of_its_stack(tmp_path: Path) -> None:
    for number, compression in enumerate((None, "zlib")):
        path = tmp_path / f"{number}.tif"
        tifffile.imwrite(
            path,
            FRAME,
            metadata=None,
            compression=compression,
            description=imagej("images=5", "frames=5"),
        )
        assert n_frames(path) == 1
        assert np.array_equal(read_raw(path).pixels, FRAME)


def test_a_stack_that_is_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stack(0, (5, *SHAPE)), imagej=True, truncate=True)
    path.write_bytes(path.read_bytes()[: 300 + 3 * FRAME.size])
    for ask in (n_frames, read_raw, image_shape):
        with pytest.raises(BadFile) as caught:
            ask(path)
        assert str(caught.value) == (
            f"{path} cannot be read as an image (it is cut short: its header speaks of "
            "5 planes, and it holds 2): copy it again from its source."
        )


def test_a_stack_of_more_than_4_gb_is_not_read_for_one_frame(tmp_path: Path) -> None:
    path, n = tmp_path / "a.tif", 1100
    frame = np.zeros((2000, 2000), np.uint8)
    tifffile.imwrite(path, frame, metadata=None, description=imagej(f"images={n}"))
    start = path.stat().st_size - frame.nbytes
    with path.open("r+b") as file:
        file.truncate(start + n * frame.nbytes)  # a hole, which takes no room
        file.seek(start + (n - 1) * frame.nbytes)
        file.write(b"\7")
    assert path.stat().st_size > 1 << 32
    assert n_frames(path) == n
    assert read_raw(path, n - 1).pixels[0, :2].tolist() == [7, 0]
    assert read_raw(path, n - 2).pixels.max() == 0


def test_channels_of_another_size(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        description = imagej("images=2", "channels=2")
        file.write(FRAME, metadata=None, description=description)
        file.write(FRAME[:32], metadata=None)
    with pytest.raises(BadFile, match="have different sizes"):
        read_raw(path)


def test_a_volume_in_one_page(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path,
        stack(0, (5, 32, 32)),
        photometric="minisblack",
        volumetric=True,
        tile=(16, 16, 16),
    )
    for ask in (n_frames, read_raw, image_shape):
        with pytest.raises(BadFile) as caught:
            ask(path)
        assert str(caught.value) == (
            f"{path} holds a volume in one page: save its slices as pages."
        )


def test_a_chain_that_bites_its_tail(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stack(0, (2, 8, 11)), photometric="minisblack")
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        at = [page.offset for page in file.pages]
    end = at[1] + 2 + 12 * int.from_bytes(data[at[1] : at[1] + 2], "little")
    data[end : end + 4] = at[0].to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(BadFile, match="page 2 points back to an earlier one"):
        n_frames(path)
