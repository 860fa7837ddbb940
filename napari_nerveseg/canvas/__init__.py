"""Layers of napari: frames, masks, contrast, colours; no panel."""
