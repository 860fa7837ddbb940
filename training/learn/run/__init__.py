"""One training from start to end: read, fit, score, resume."""
