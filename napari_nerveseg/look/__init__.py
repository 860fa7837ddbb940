"""Tab Look: contrast, decision rule, looks of the layers, comparison."""
