"""Tab Predict: one click on any image, or many frames of the folder."""
