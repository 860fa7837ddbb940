"""What to say when the machine ends a training, and what is left of it."""

from __future__ import annotations

from ...errors import Failure, is_full_disk, is_memory
from .gradient import Diverged

#: What torch's errors say when a GPU does not answer any more.
_LOST = ("CUDA error", "cuDNN error", "NCCL error", "MPS backend")


class EpochFailure(Failure):
    """An epoch did not come to its end.

    Parameters
    ----------
    what
        What happened, as the first half of the sentence.
    then
        What is left, and what to do, as the other.
    repair
        What has to be done before any training can go on, such as ``free some space``;
        None where other settings may do.
    """

    def __init__(self, what: str, then: str, repair: str | None = None) -> None:
        super().__init__(f"{what}: {then}.")
        self.fields = ("learning_rate",)  # which the remedy may name
        self.what, self.repair = what, repair


def explained(
    error: Exception, epoch: int, best_epoch: int | None, resume: str, rate: float
) -> EpochFailure | None:
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

    def ended(what: str, remedy: str) -> EpochFailure:
        return EpochFailure(f"In epoch {epoch} {what}", f"{kept}; {remedy}")

    def broken(what: str, repair: str) -> EpochFailure:
        then = f"{kept}; {repair} and {again}"
        return EpochFailure(f"In epoch {epoch} {what}", then, repair)

    if isinstance(error, Diverged):
        return ended(str(error), f"train again with a learning_rate below {rate:g}")
    if is_full_disk(error):
        return broken("the disk was full", "free some space")
    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
        what = f"a file could not be read or written ({error})"
        return broken(what, "see to the disk")
    if is_memory(error):
        return ended(
            "there was not enough memory, even for one frame at a time",
            f"close other programs and {again}, or train with a smaller size or "
            "network",
        )
    if is_lost_device(error):
        first = str(error).strip().splitlines()[0].rstrip(".")
        return broken(f"the GPU failed ({first})", "see to the GPU")
    return None


def is_lost_device(error: BaseException) -> bool:
    """Say whether an exception means that a GPU does not answer any more."""
    if type(error).__name__ == "AcceleratorError":
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _LOST)
