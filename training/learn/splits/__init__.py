"""Which frames are learned from, which choose, which are only scored."""
