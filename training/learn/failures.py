"""What to say when the machine ends a training, and what is left of it."""

from __future__ import annotations

import errno

from ..errors import Failure, is_memory
from .gradient import Diverged

#: What torch's errors say when a GPU does not answer any more.
_LOST = ("CUDA error", "cuDNN error", "NCCL error", "MPS backend")


def explained(
    error: Exception, epoch: int, best_epoch: int | None, resume: str, rate: float
) -> Failure | None:
    """Return an end in one sentence with its remedy, None if it is of another kind.

    Parameters
    ----------
    error
        What ended the training.
    epoch
        The one it ended in, from 1.
    best_epoch
        The one whose checkpoint is kept; None if there is none.
    resume
        The command that goes on with the training.
    rate
        The learning rate of the configuration.
    """
    kept = (
        f"the best checkpoint so far, of epoch {best_epoch}, is kept"
        if best_epoch
        else "there is no checkpoint yet"
    )
    again = f"go on with '{resume}'"
    if isinstance(error, Diverged):
        return Diverged(
            f"In epoch {epoch} {error}: {kept}; train again with a learning_rate below "
            f"{rate:g}."
        )
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return Failure(
            f"In epoch {epoch} the disk was full: {kept}; free some space and {again}."
        )
    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
        return Failure(
            f"In epoch {epoch} a file could not be read or written ({error}): {kept}; "
            f"see to the disk and {again}."
        )
    if is_memory(error):
        return Failure(
            f"In epoch {epoch} there was not enough memory, even for one frame at a "
            f"time: {kept}; close other programs and {again}, or train with a smaller "
            "size or network."
        )
    if is_lost_device(error):
        first = str(error).strip().splitlines()[0].rstrip(".")
        return Failure(
            f"In epoch {epoch} the GPU failed ({first}): {kept}; see to the GPU and "
            f"{again}."
        )
    return None


def is_lost_device(error: BaseException) -> bool:
    """Say whether an exception means that a GPU does not answer any more."""
    if type(error).__name__ == "AcceleratorError":
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _LOST)
