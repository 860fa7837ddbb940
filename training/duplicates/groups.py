"""Groups of duplicates, and how alike all frames of a group must at least be.

SSIM is a positive-definite kernel with SSIM(x, x) = 1: each factor of a window's
value, (2 <u, v> + C) / (|u|^2 + |v|^2 + C), is a product of the kernel 2 <u, v> + C
and of 1 / (|u|^2 + |v|^2 + C), a mixture of the kernels exp(-s |u|^2) exp(-s |v|^2);
products, sums and means of such kernels are such kernels. So each frame is a unit
vector in a Hilbert space (Schoenberg [1]_; for SSIM see Brunet et al. [2]_), SSIM is
the cosine of the angle between two of them, and angles obey the triangle inequality:
along a path of pairs with angles t1, t2, ... the ends have an SSIM of at least
cos(min(pi, t1 + t2 + ...)).

References
----------
.. [1] I. J. Schoenberg: Metric spaces and positive definite functions. Transactions
   of the AMS 44(3), 522-536, 1938. doi:10.1090/S0002-9947-1938-1501980-0
.. [2] D. Brunet, E. R. Vrscay, Z. Wang: On the mathematical properties of the
   structural similarity index. IEEE Transactions on Image Processing 21(4),
   1488-1499, 2012. doi:10.1109/TIP.2011.2173206
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..data.store import VerdictRecord

Group = tuple[str, ...]
Indices = NDArray[np.int64]
Values = NDArray[np.float64]

#: Up to this many members the shortest paths between all of them are computed.
EXACT_MEMBERS = 500


def group_pairs(n: int, i: ArrayLike, j: ArrayLike) -> list[list[int]]:
    """Return the connected components of two or more frames.

    Parameters
    ----------
    n
        The number of frames.
    i, j
        Equally long indices: frame ``i[k]`` is a duplicate of frame ``j[k]``.

    Returns
    -------
    list of list of int
        The members of each group, ascending; the groups by their first members.
    """
    rows, columns = np.asarray(i, np.int64), np.asarray(j, np.int64)
    if rows.size == 0:
        return []
    from scipy.sparse.csgraph import connected_components

    _, labels = connected_components(_graph(n, rows, columns, np.ones(rows.size)))
    order = np.argsort(labels, kind="stable")
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    groups = [part.tolist() for part in np.split(order, cuts) if part.size > 1]
    return sorted(groups)


def still_duplicates(
    ids: Sequence[str], i: Indices, j: Indices, parted: Collection[frozenset[str]]
) -> Indices:
    """Return which of the pairs ``i``, ``j`` nobody said are no duplicates.

    Parameters
    ----------
    ids
        The frames that ``i`` and ``j`` count.
    parted
        Sets of frames that are no duplicates of each other: pairs inside one do not
        count.
    """
    if not parted:
        return np.arange(i.size)
    sets: dict[str, set[int]] = {}
    for number, frames in enumerate(parted):
        for frame in frames:
            sets.setdefault(frame, set()).add(number)
    of = [sets.get(frame, set()) for frame in ids]
    ends = zip(i.tolist(), j.tolist(), strict=True)
    return np.flatnonzero([of[a].isdisjoint(of[b]) for a, b in ends])


class DuplicateGroups:
    """The groups that similar pairs make, and those that a person took apart.

    Parameters
    ----------
    ids
        All frames, in natural order.
    i, j
        The similar pairs, equally long indices into ``ids``.
    parted
        See `still_duplicates`.
    verdicts
        Those in effect, oldest first.

    Attributes
    ----------
    groups
        Every group in frame order, those that were taken apart as well.
    of_frame
        The group of each frame that has similar ones.
    """

    def __init__(
        self,
        ids: Sequence[str],
        i: Indices,
        j: Indices,
        parted: Collection[frozenset[str]],
        verdicts: Iterable[VerdictRecord] = (),
    ) -> None:
        self._ids, self._order = ids, {frame: k for k, frame in enumerate(ids)}
        keep = still_duplicates(ids, i, j, parted)
        self._similar = [
            tuple(ids[k] for k in members)
            for members in group_pairs(len(ids), i[keep], j[keep])
        ]
        self.of_frame: Mapping[str, Group] = {
            frame: group for group in self._similar for frame in group
        }
        self._inside: defaultdict[Group, list[int]] = defaultdict(list)
        for place in keep.tolist():
            self._inside[self.of_frame[ids[i[place]]]].append(place)
        self._ends = list(zip(i.tolist(), j.tolist(), strict=True))
        self.take(verdicts)

    def take(self, verdicts: Iterable[VerdictRecord]) -> None:
        """Take these verdicts, oldest first, for those in effect."""
        self._verdicts: defaultdict[str, list[VerdictRecord]] = defaultdict(list)
        self._parted: list[Group] = []
        for record in verdicts:
            for frame in record.group:
                self._verdicts[frame].append(record)
            if not record.about_labels and self._order.keys() >= set(record.group):
                group = tuple(sorted(record.group, key=self._order.__getitem__))
                self._parted.append(group)
        self.groups = sorted(
            dict.fromkeys([*self._similar, *self._parted]),
            key=lambda group: [self._order[frame] for frame in group],
        )

    def touching(self, frames: Collection[str]) -> set[Group]:
        """Return the groups that have one of ``frames`` in them."""
        found = {self.of_frame[frame] for frame in frames if frame in self.of_frame}
        return found.union(g for g in self._parted if not set(g).isdisjoint(frames))

    def pairs_in(self, group: Group) -> list[int]:
        """Return the places of a group's pairs; all of them if it was taken apart."""
        if group in self._inside:
            return self._inside[group]
        members = {self._order[frame] for frame in group}
        return [
            n for n, (a, b) in enumerate(self._ends) if a in members and b in members
        ]

    def verdict(self, group: Group) -> VerdictRecord | None:
        """Return the newest verdict in effect on all of a group."""
        for record in reversed(self._verdicts.get(group[0], [])):
            if set(group) <= set(record.group):
                return record
        return None


def min_ssim_bound(i: ArrayLike, j: ArrayLike, ssim: ArrayLike) -> float:
    """Return an SSIM that no two frames of a group fall short of.

    The bound of two members is the best that the triangle inequality gives along any
    path of the group's pairs; the group's is the least of these. Groups of more than
    `EXACT_MEMBERS` frames get the weaker cos(2 r), r being the angle within which
    some member reaches all others.

    Parameters
    ----------
    i, j, ssim
        The pairs inside one group, which connect it.

    Returns
    -------
    float
        Between -1 and 1.
    """
    ends, numbers = np.unique(
        np.concatenate([np.asarray(i, np.int64), np.asarray(j, np.int64)]),
        return_inverse=True,
    )
    cosines = np.clip(np.asarray(ssim, np.float64), -1.0, 1.0)
    rows, columns = np.split(numbers.reshape(-1), 2)
    widest = _widest_angle(_graph(ends.size, rows, columns, _weights(cosines)))
    return math.cos(min(math.pi, widest))


def spanning_forest(n: int, i: Indices, j: Indices, ssim: Values) -> Indices:
    """Return the positions of pairs that connect all groups, the most similar first."""
    from scipy.sparse.csgraph import minimum_spanning_tree

    # Kruskal on weights above zero: SciPy takes a zero for "no edge".
    tree = minimum_spanning_tree(_graph(n, i, j, 2.0 - ssim)).tocoo()
    keys, wanted = i * n + j, tree.row.astype(np.int64) * n + tree.col
    order = np.argsort(keys)
    return np.sort(order[np.searchsorted(keys[order], wanted)])


def _weights(cosines: Values) -> Values:
    # Identical frames have the angle 0, which SciPy would take for "no edge".
    return np.maximum(np.arccos(cosines), 1e-12)


def _widest_angle(graph: Any) -> float:
    from scipy.sparse.csgraph import dijkstra

    if graph.shape[0] <= EXACT_MEMBERS:
        return float(dijkstra(graph, directed=False).max())
    busiest = np.bincount(
        np.concatenate(graph.nonzero()), minlength=graph.shape[0]
    ).argmax()
    return 2 * float(dijkstra(graph, directed=False, indices=busiest).max())


def _graph(n: int, i: Indices, j: Indices, weights: Values) -> Any:
    from scipy.sparse import coo_array

    return coo_array((weights, (i, j)), shape=(n, n)).tocsr()
