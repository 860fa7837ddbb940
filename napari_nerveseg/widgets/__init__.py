"""The dock "Nerve review": one panel a file, no logic."""
