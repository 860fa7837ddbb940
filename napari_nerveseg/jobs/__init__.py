"""Starts, watches and cancels worker processes; the one place where errors become words."""
