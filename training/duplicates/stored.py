"""The outcome of a search on disk: ``duplicates.npz`` in the project folder."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..files import whole_file
from .frames import Roi
from .groups import Indices, Values

_FORMAT = "napari-nerveseg duplicates 1"
_LIBRARIES = ("numpy", "scipy", "scikit-image", "numba")

#: What reading something else can raise; an array alone has no ``files``.
_TROUBLES = (
    AttributeError,
    EOFError,
    KeyError,
    OSError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


def _library_versions() -> dict[str, str]:
    """Return the versions of the libraries that a search depends on."""
    return {name: version(name) for name in _LIBRARIES}


@dataclass(frozen=True)
class StoredPairs:
    """The similar pairs of a data set, without any judgement of its masks.

    Attributes
    ----------
    ids
        The frames searched, in natural order.
    hashes
        The SHA-256 of each frame's size and pixels.
    i, j, ssim
        As in `training.duplicates.SimilarPairs`, indices into ``ids``.
    complete, n_compared
        As there.
    threshold, window, scope, roi
        The settings of the search; ``roi`` is None if whole frames were compared.
    seconds
        How long it took.
    warnings
        One sentence for each frame left out, and the like.
    versions
        Of the libraries that computed it.
    """

    ids: tuple[str, ...]
    hashes: tuple[str, ...]
    i: Indices
    j: Indices
    ssim: Values
    complete: bool
    n_compared: int
    threshold: float
    window: str
    scope: str
    seconds: float
    warnings: tuple[str, ...] = ()
    roi: Roi | None = None
    versions: Mapping[str, str] = field(default_factory=_library_versions)

    @property
    def settings_text(self) -> str:
        """The settings of the search in words."""
        part = "" if self.roi is None else f", roi {','.join(map(str, self.roi))}"
        return (
            f"SSIM above {self.threshold:g}, window {self.window}, scope "
            f"{self.scope}{part}"
        )

    def fits(self, hashes: Mapping[str, str]) -> bool:
        """Whether ``hashes`` (frame id to SHA-256) are those of the frames searched."""
        return dict(zip(self.ids, self.hashes, strict=True)) == dict(hashes)

    def save(self, path: Path) -> None:
        """Write everything to ``path``, whole or not at all."""
        about = {
            "format": _FORMAT,
            "complete": self.complete,
            "n_compared": self.n_compared,
            "threshold": self.threshold,
            "window": self.window,
            "scope": self.scope,
            "roi": self.roi,
            "seconds": self.seconds,
            "warnings": list(self.warnings),
            "versions": dict(self.versions),
        }
        with whole_file(path) as temporary:
            np.savez_compressed(
                temporary,
                about=np.array(json.dumps(about)),
                ids=np.array(self.ids, dtype=str),
                hashes=np.array(self.hashes, dtype=str),
                i=self.i,
                j=self.j,
                ssim=self.ssim,
            )


def load_duplicates(path: Path) -> StoredPairs:
    """Read what `StoredPairs.save` wrote; nothing in the file is ever executed.

    Raises
    ------
    InputError
        If there is no such file or it holds something else.
    """
    try:
        # opened here, because NumPy leaves the file of a broken archive open
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            return _parse({name: content[name] for name in content.files})
    except FileNotFoundError as error:
        raise InputError(
            f"There is no duplicate search at {path}; run one first."
        ) from error
    except _TROUBLES as error:
        raise InputError(
            f"{path} is not a stored duplicate search; delete it and search again."
        ) from error


def _parse(content: Mapping[str, np.ndarray]) -> StoredPairs:
    about = json.loads(str(content["about"]))
    if about.pop("format") != _FORMAT:
        raise ValueError("another format")
    about["warnings"] = tuple(about["warnings"])
    if about.get("roi") is not None:  # a file of an earlier version has none
        about["roi"] = tuple(about["roi"])
    ids, hashes = tuple(content["ids"].tolist()), tuple(content["hashes"].tolist())
    i, j = content["i"].astype(np.int64), content["j"].astype(np.int64)
    ssim = content["ssim"].astype(np.float64)
    if not (len(ids) == len(hashes) and i.shape == j.shape == ssim.shape == (i.size,)):
        raise ValueError("lengths differ")
    if i.size and not (i.min() >= 0 and np.all(i < j) and j.max() < len(ids)):
        raise ValueError("a pair of frames that are not there")
    return StoredPairs(ids=ids, hashes=hashes, i=i, j=j, ssim=ssim, **about)
