"""What a search returns, and the basket in which it gathers it."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .frames import Cell
from .groups import Indices, Values, group_pairs, spanning_forest


@dataclass(frozen=True)
class SimilarPairs:
    """The pairs of frames above a threshold.

    Attributes
    ----------
    n_frames
        The number of frames searched; with two sets, of the first.
    i, j
        (n,) int64 indices of frames, sorted by i, then j. In one set ``i < j``; with
        two sets i is of the first and j of the other.
    ssim
        (n,) float64, the mean SSIM of each pair. It differs from scikit-image's by
        less than 1e-6 (1 - SSIM), with the Gaussian window by 5e-4 (1 - SSIM), on all
        frames tried; but it is always on the right side of the threshold.
    complete
        Whether these are all pairs. If not, there are more than the search was
        allowed to keep, and these connect the groups (a spanning forest; with two
        sets, of the distinct pictures, and one pair for each further copy).
    n_compared
        The number of pairs that the answer covers: all pairs of one size and label.
    n_other
        The number of frames of the other set; None if there is one set.
    """

    n_frames: int
    i: Indices
    j: Indices
    ssim: Values
    complete: bool
    n_compared: int
    n_other: int | None = None

    def __len__(self) -> int:
        return int(self.i.size)

    @property
    def groups(self) -> list[list[int]]:
        """The connected components, exact whether or not the pairs are complete.

        With two sets frame k of the other is called ``n_frames + k``.
        """
        if self.n_other is None:
            return group_pairs(self.n_frames, self.i, self.j)
        n = self.n_frames + self.n_other
        return group_pairs(n, self.i, self.j + self.n_frames)


Chunk = tuple[Indices, Indices, Values]


@dataclass
class Basket:
    """Gathers pairs of distinct pictures in bounded memory.

    Once the frames' pairs, identical frames included, outnumber ``max_pairs``, only a
    spanning forest is kept. It is the forest of greatest SSIM of the pairs seen, for
    a spanning tree of a union is one of the union of spanning trees.

    That there are too many need not be counted out: SSIM is the cosine of an angle, so
    two neighbours of one frame that are both within half the threshold's angle of it
    are a pair. One frame with k such neighbours proves k (k - 1) / 2 pairs: a clip of a
    still picture under noise is known for one after comparing its first frame.

    With ``n_first`` the frames from that index on are the other set; identical frames
    of one set are no pairs then, nor are two neighbours of one frame.
    """

    n_frames: int
    cells: Sequence[Cell]
    max_pairs: int
    threshold: float
    n_first: int | None = None
    complete: bool = True
    _chunks: list[Chunk] = field(default_factory=list)
    _kept: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._same = {same[0]: same for cell in self.cells for same in cell.members}
        self._size = np.ones(self.n_frames, np.int64)
        for first, same in self._same.items():
            self._size[first] = len(same)
        self._found = 0
        if self.n_first is None:
            sizes = np.array([len(same) for same in self._same.values()], np.int64)
            self._found = int((sizes * (sizes - 1) // 2).sum())
        self._groups: Indices | None = None
        self._forest = 0
        self._close = np.zeros(self.n_frames, np.int64)
        self._judge()

    def add(self, chunk: Chunk) -> None:
        """Take pairs of first frames, from any thread: indices, indices, SSIM."""
        i, j, ssim = chunk
        # cos(angle / 2), and 3 % of the deficit for what a value of ours may be off
        half_angle = math.sqrt((1 + self.threshold) / 2)
        near = 1 - ssim < 0.97 * (1 - half_angle) - 1e-9
        with self._lock:
            self._chunks.append(chunk)
            self._kept += i.size
            self._found += int((self._size[i] * self._size[j]).sum())
            np.add.at(self._close, i[near], 1)
            np.add.at(self._close, j[near], 1)
            self._judge()

    def joined(self, i: int, j: int) -> bool:
        """Whether nothing is to be learned from comparing i and j any more."""
        groups = self._groups
        return groups is not None and bool(groups[i] == groups[j])

    def left(self, i: Indices, j: Indices) -> Indices:
        """Return the positions of the pairs that there is something to learn from."""
        groups = self._groups
        if groups is None:
            return np.arange(i.size)
        return np.flatnonzero(groups[i] != groups[j])

    def pairs(self, n_compared: int) -> SimilarPairs:
        """Return the result."""
        if self.complete:
            chunks = [self._spread(*chunk) for chunk in self._chunks]
        else:
            self._thin_out()
            chunks = [*self._chunks, *self._further_copies()]
        i, j, ssim = _joined([*chunks, *self._identical()])
        i, j = np.minimum(i, j), np.maximum(i, j)
        order = np.lexsort((j, i))
        first = self.n_first
        return SimilarPairs(
            self.n_frames if first is None else first,
            i[order],
            j[order] - (first or 0),
            ssim[order],
            self.complete,
            n_compared,
            None if first is None else self.n_frames - first,
        )

    def _judge(self) -> None:
        if self.complete:
            most = int(self._close.max()) if self.n_first is None else 0
            self.complete = max(self._found, most * (most - 1) // 2) <= self.max_pairs
        if not self.complete and self._kept > self._forest + self.n_frames // 2:
            self._thin_out()

    def _thin_out(self) -> None:
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        i, j, ssim = _joined(self._chunks)
        keep = spanning_forest(self.n_frames, i, j, ssim)
        i, j, ssim = i[keep], j[keep], ssim[keep]
        self._chunks, self._kept, self._forest = [(i, j, ssim)], i.size, i.size
        graph = coo_array((ssim, (i, j)), shape=(self.n_frames, self.n_frames))
        self._groups = connected_components(graph)[1].astype(np.int64)

    def _identical(self) -> list[Chunk]:
        """Pairs of identical frames: all, or a star around the first of each set."""
        if self.n_first is not None:
            return []
        chunks = []
        for same in self._same.values():
            members = np.array(same, np.int64)
            if self.complete:
                a, b = np.triu_indices(members.size, 1)
            else:
                b = np.arange(1, members.size)
                a = np.zeros_like(b)
            chunks.append((members[a], members[b], np.ones(a.size)))
        return chunks

    def _further_copies(self) -> list[Chunk]:
        """With two sets: tie each further copy of a picture to one neighbour."""
        if self.n_first is None:
            return []
        neighbour: dict[int, tuple[int, float]] = {}
        for i, j, ssim in zip(
            *(part.tolist() for part in self._chunks[0]), strict=True
        ):
            neighbour.setdefault(i, (j, ssim))
            neighbour.setdefault(j, (i, ssim))
        tied = [
            (copy, other, ssim)
            for picture, (other, ssim) in neighbour.items()
            for copy in self._same[picture][1:]
        ]
        copies, others, values = zip(*tied, strict=True) if tied else ((), (), ())
        return [
            (np.array(copies, np.int64), np.array(others, np.int64), np.array(values))
        ]

    def _spread(self, i: Indices, j: Indices, ssim: Values) -> Chunk:
        """Give the SSIM of two pictures to all pairs of frames that show them."""
        sizes = self._size[i] * self._size[j]
        if np.all(sizes == 1):
            return i, j, ssim
        chunks = [
            self._product(int(a), int(b), float(s))
            for a, b, s in zip(i, j, ssim, strict=True)
        ]
        return _joined(chunks)

    def _product(self, a: int, b: int, ssim: float) -> Chunk:
        i = np.repeat(np.array(self._same[a], np.int64), len(self._same[b]))
        j = np.tile(np.array(self._same[b], np.int64), len(self._same[a]))
        return i, j, np.full(i.size, ssim)


def _joined(chunks: Sequence[Chunk]) -> Chunk:
    i = [chunk[0] for chunk in chunks] or [np.empty(0, np.int64)]
    j = [chunk[1] for chunk in chunks] or [np.empty(0, np.int64)]
    ssim = [chunk[2] for chunk in chunks] or [np.empty(0)]
    return np.concatenate(i), np.concatenate(j), np.concatenate(ssim)
