"""Epochs: batches, loss, gradient, optimiser, validation, the decision rule."""
