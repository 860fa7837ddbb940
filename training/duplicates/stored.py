"""The outcome of a search on disk: ``duplicates.npz`` in the project folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np

from ..data import DataSet
from ..errors import InputError
from ..files import digest_json, whole_file
from ..guarded import fits, parse_json, read_arrays
from .frames import Roi
from .groups import Indices, Values
from .join import MAX_PAIRS
from .window import WINDOWS

_FORMAT = "napari-nerveseg duplicates 1"
_LIBRARIES = ("numpy", "scipy", "scikit-image", "numba")

#: The kinds of numbers, see `read_arrays`.
_KINDS = {"about": "U", "ids": "U", "hashes": "U", "i": "iu", "j": "iu", "ssim": "f"}

#: What ``about`` has to say.
_ABOUT = {
    "format": _FORMAT,
    "complete": bool,
    "n_compared": int,
    "threshold": float,
    "window": tuple(WINDOWS),
    "scope": ("subject", "all"),
    "roi?": ([int, int, int, int], None),
    "seconds": float,
    "warnings": [str],
    "versions": {str: str},
    "people?": (str, None),
}

#: Bytes of so many pairs and of the names and hashes of so many frames.
_MOST_BYTES, _MOST_FRAMES = 256 << 20, 200_000


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
    people
        Which frames were of one subject, see `people_of`; a search of an earlier
        version did not note it.
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
    people: str | None = None

    @property
    def settings_text(self) -> str:
        """The settings of the search in words."""
        part = "" if self.roi is None else f", roi {','.join(map(str, self.roi))}"
        return (
            f"SSIM above {self.threshold:g}, window {self.window}, scope "
            f"{self.scope}{part}"
        )

    def fits(self, hashes: Mapping[str, str], dataset: DataSet | None = None) -> bool:
        """Whether ``hashes`` (frame id to SHA-256) are those of the frames searched.

        With a data set, also whether `same_people` holds of it.
        """
        then = dict(zip(self.ids, self.hashes, strict=True))
        people = dataset is None or self.same_people(dataset)
        return then == dict(hashes) and people

    def same_people(self, dataset: DataSet) -> bool:
        """Whether a search within subjects was one within those of today.

        One that did not note its subjects was, unless these were chosen otherwise.
        """
        if self.scope != "subject":
            return True
        if self.people is None:
            return dataset.reading.subject_by is None
        known = all(name in dataset for name in self.ids)
        return known and self.people == people_of(dataset, self.ids)

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
            "people": self.people,
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


def people_of(dataset: DataSet, ids: Sequence[str]) -> str:
    """Return a hash of which frames are of one subject, whatever that is called.

    Parameters
    ----------
    dataset
        Knows the subjects of today.
    ids
        The frames, all of them in the data set.
    """
    subjects = [dataset.entry(name).subject for name in ids]
    first = {subject: k for k, subject in reversed([*enumerate(subjects)])}
    return digest_json([first[one] if one is not None else -1 for one in subjects])


def load_duplicates(path: Path) -> StoredPairs:
    """Read what `StoredPairs.save` wrote; nothing in the file is ever executed.

    Raises
    ------
    InputError
        If there is no such file or it holds something else.
    """
    try:
        return _parse(read_arrays(path, _KINDS, _MOST_BYTES, MAX_PAIRS))
    except FileNotFoundError as error:
        raise InputError(
            f"There is no duplicate search at {path}; run one first."
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} is not a stored duplicate search; delete it and search again."
        ) from error


def _parse(content: Mapping[str, np.ndarray]) -> StoredPairs:
    about = parse_json(str(content["about"]))
    if not fits(about, _ABOUT):
        raise ValueError("what it says of itself is not known")
    known = {name.rstrip("?") for name in _ABOUT} - {"format"}
    about = {name: value for name, value in about.items() if name in known}
    about["warnings"] = tuple(about["warnings"])
    if about.get("roi") is not None:  # a file of an earlier version has none
        about["roi"] = tuple(about["roi"])
    i, j = (content[name].astype(np.int64, copy=False) for name in "ij")
    ssim = content["ssim"].astype(np.float64, copy=False)
    names = content["ids"], content["hashes"]
    n = names[0].size
    if not (names[0].shape == names[1].shape == (n,) and n <= _MOST_FRAMES):
        raise ValueError("names and hashes do not go together")
    if not i.shape == j.shape == ssim.shape == (i.size,):
        raise ValueError("lengths differ")
    if i.size and not (i.min() >= 0 and np.all(i < j) and j.max() < n):
        raise ValueError("a pair of frames that are not there")
    if not np.all(abs(ssim) <= 1):
        raise ValueError("an SSIM that is none")
    ids, hashes = (tuple(map(str, each)) for each in names)
    if len(set(ids)) < len(ids):
        raise ValueError("a frame is there twice")
    return StoredPairs(ids=ids, hashes=hashes, i=i, j=j, ssim=ssim, **about)
