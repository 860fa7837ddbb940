"""Tests of napari-nerveseg."""
