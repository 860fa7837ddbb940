"""As many trainings as folds, and one honest score of them all."""
