"""What comes out of a project: scores of predictions, exported masks."""

from .evaluate import evaluate

__all__ = ["evaluate"]
