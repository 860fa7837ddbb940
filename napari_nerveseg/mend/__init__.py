"""Tab Mend: tools for the whole mask, and every version of a frame's mask."""
