"""The colours of masks in window and reports alike, from Okabe and Ito's palette."""

GROUND_TRUTH_COLOUR = "#56B4E9"
PREDICTION_COLOUR = "#F0E442"
