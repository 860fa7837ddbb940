"""The labels of a data set: the store's where it has any, else the source's."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from ..errors import InputError
from ..files import may_write
from .frame_ids import natural_key
from .problems import BadFile
from .store import LabelStore, LabelView, MaskVersion
from .store.records import Mask
from .store.words import DEFAULT_STATUS

if TYPE_CHECKING:
    from .dataset import DataSet
    from .project import Project

#: Frames that a sentence names before it ends in dots.
_NAMED = 5

#: The snapshot id of the masks as they lie in the data folder.
SOURCE = "source"


class Labels:
    """Masks and states of a data set's frames.

    Parameters
    ----------
    dataset
        Where the source's masks lie.
    view
        A `LabelStore` (labels as they become), one of its snapshots (as they were),
        or None (the source's masks alone).
    store
        The store to close with `close`, if it was opened for this object.
    """

    def __init__(
        self,
        dataset: DataSet,
        view: LabelView | None = None,
        *,
        store: LabelStore | None = None,
    ) -> None:
        self.dataset, self.view, self._store = dataset, view, store
        self._log = view if isinstance(view, LabelStore) else store

    def __enter__(self) -> Labels:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store if it was opened for these labels."""
        if self._store is not None:
            self._store.close()

    def mask(self, frame_id: str) -> Mask | None:
        """Return the mask that holds.

        Returns
        -------
        ndarray or None
            (H, W) bool; None if the mask is missing, which is not an empty mask.

        Raises
        ------
        InputError
            If the source's mask cannot be read, or the mask has another size than its
            frame.
        """
        version = self.provenance(frame_id)
        if self.view is None or version is None:
            return self.dataset.mask(frame_id)
        check_size(version, self.dataset)
        return self.view.current_mask(frame_id)

    def status(self, frame_id: str) -> str:
        """Return a frame's status."""
        return DEFAULT_STATUS if self.view is None else self.view.status(frame_id)

    def provenance(self, frame_id: str) -> MaskVersion | None:
        """Return where the mask that holds comes from; None means the source."""
        return None if self.view is None else self.view.mask_version(frame_id)

    @property
    def excluded(self) -> frozenset[str]:
        """The frames that nothing is learned from, and that are in no conflict.

        Searches, validation and scores have them all the same.
        """
        return frozenset() if self.view is None else self.view.excluded()

    @property
    def ambiguous(self) -> frozenset[str]:
        """The frames left out of the loss and kept in validation."""
        return frozenset() if self.view is None else self.view.ambiguous()

    @property
    def not_duplicates(self) -> set[frozenset[str]]:
        """The pairs of frames that a reviewer said are not duplicates."""
        return set() if self.view is None else self.view.not_duplicates()

    def warnings(self) -> list[str]:
        """Say it if masks were drawn on frames that the data set does not have."""
        edited = set() if self.view is None else self.view.edited()
        lost = sorted(edited - set(self.dataset.ids), key=natural_key)
        if not lost:
            return []
        named = ", ".join(lost[:_NAMED]) + (", …" if len(lost) > _NAMED else "")
        return [
            f"{len(lost)} masks are left out, because {self.dataset.root} has no frame "
            f"for them any more ({named}): put the files back."
        ]

    def frozen(self) -> Labels:
        """Return these labels as they are now; later changes do not reach them."""
        now = Labels(self.dataset, None if self.view is None else self.view.frozen())
        now._log = self._log
        return now

    def take_snapshot(self, note: str) -> None:
        """Write down in the store, if there is one to write to, what these labels are.

        Parameters
        ----------
        note
            What they were used for.
        """
        if self._log is not None and self._log.writable:
            self._log.take_snapshot(note, view=self.view)

    @property
    def snapshot_id(self) -> str:
        """What names these labels for good; `open_labels` takes it as ``snapshot``."""
        return SOURCE if self.view is None else self.view.snapshot_id


def check_size(version: MaskVersion, dataset: DataSet) -> None:
    """See that a stored mask is of its frame's size, before it is unpacked.

    Raises
    ------
    InputError
        If it is not. A frame that cannot be read says nothing: what a person drew does
        not go with the frame's file.
    """
    try:
        shape = dataset.shape(version.frame)
    except BadFile:
        return
    if version.shape != shape:
        raise InputError(
            f"The stored mask of frame {version.frame} is {version.shape[0]} x "
            f"{version.shape[1]} pixels (height x width), its frame {shape[0]} x "
            f"{shape[1]}; put back the frame's file or undo the mask."
        )


def open_labels(
    dataset: DataSet,
    project: Project | None,
    snapshot: str | None = None,
    source_only: bool = False,
) -> Labels:
    """Open the labels as they are now, and as they stay for the caller.

    Nothing is created: without a label store they are the source's. One in a folder
    that cannot be written is only read.

    Parameters
    ----------
    dataset
        Whose labels.
    project
        The project folder with the label store; None has none.
    snapshot
        The labels of this ``snapshot_id`` instead of today's.
    source_only
        The masks as they lie in the data folder.

    Raises
    ------
    InputError
        If there is no such snapshot, or the store cannot be opened.
    """
    path = None if project is None else project.labels
    there = path is not None and path.exists()
    if source_only or snapshot == SOURCE or (snapshot is None and not there):
        return Labels(dataset)
    if path is None or not there:
        raise InputError(
            f"There is no snapshot {snapshot}: {path or 'no project folder'} has no "
            "label store; name the project folder by --project."
        )
    writable = may_write(path) and may_write(path.parent)
    store = LabelStore.open(path, read_only=not writable)
    try:
        view = store.frozen() if snapshot is None else store.at(snapshot)
    except BaseException:
        store.close()
        raise
    return Labels(dataset, view, store=store)
