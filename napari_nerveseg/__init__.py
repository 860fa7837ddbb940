"""Review, mend, train on and predict nerve masks in ultrasound: the napari plugin."""
