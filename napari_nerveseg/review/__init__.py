"""The one document that every panel shows: `ReviewSession`. No Qt, no napari."""
