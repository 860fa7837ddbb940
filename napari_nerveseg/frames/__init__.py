"""Tab Frames: find a frame, go there, judge it, go through a queue."""
