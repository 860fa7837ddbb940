"""Frames changed at random, a batch at a time, on its device."""
