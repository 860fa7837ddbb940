"""The two ways in which work ends early without a fault of ours."""


class InputError(ValueError):
    """A user's mistake, or a file that is not what it should be.

    The message is one sentence that names the file or setting and the remedy.
    The command line prints it and exits with 2; the window shows it once.
    """


class Cancelled(Exception):
    """The work was asked to stop, and did."""
