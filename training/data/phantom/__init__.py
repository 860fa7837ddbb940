"""A synthetic data set that looks like ultrasound of the brachial plexus.

Everything follows from a seed: the anatomy of each subject, the probe's sweep
with its returns (near-duplicate frames), the speckle, the masks as a person
would draw them, and a known list of masks drawn wrong. It is the data of the
demonstration and of the tests, which may not carry frames of real people.
"""

from ..synthetic import is_phantom
from .make import make_phantom
from .sample import sample_stack
from .sweep import TWIN_RATE

__all__ = ["TWIN_RATE", "is_phantom", "make_phantom", "sample_stack"]
