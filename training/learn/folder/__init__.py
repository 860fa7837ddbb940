"""The files of a run: who works in it, what they hold, how to stop it."""
