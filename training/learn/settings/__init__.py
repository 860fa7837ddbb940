"""What a training is asked to do: settings, limits, recipes."""
