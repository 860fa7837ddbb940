"""Tab Train: set a training up, watch it, look back at the runs."""
