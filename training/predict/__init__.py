"""One Predictor for the window, the command line and validation."""
