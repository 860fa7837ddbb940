"""Starts, watches and cancels worker processes, and puts their ends into words."""
