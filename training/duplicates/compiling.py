"""How the loops of the join are compiled.

Compiling takes some seconds, once: the machine code is kept beside the module that
has the loop or, where that cannot be written, in the user's cache. It is renewed
when that file changes, but not when a constant that it imports does: touch it then.

``error_model="numpy"`` keeps the divisions free of a test for zero that would stop
vectorisation (no divisor here can be zero). Of the fast-math flags only those that
reorder sums are on: ``nnan`` would let a NaN through and ``arcp`` replaces exact
quotients.

Each loop releases the interpreter's lock: the threads are Python's
(`training.duplicates.threads`), because numba's own default threading layer aborts
the process when two threads enter it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile ``function`` on first use, kept on disk where that is possible."""
    import numba

    options: dict[str, Any] = {
        "nogil": True,
        "error_model": "numpy",
        "fastmath": {"reassoc", "nsz", "contract"},
    }
    try:
        made = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder can be written: compile anew in each process
        made = numba.njit(**options)(function)
    return made  # type: ignore[no-any-return]
