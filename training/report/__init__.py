"""What comes out of a project: scores of predictions, exported masks."""

from .evaluate import evaluate
from .export import export

__all__ = ["evaluate", "export"]
