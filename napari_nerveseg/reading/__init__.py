"""How a folder is read: what is doubtful, and how a person changes it."""
