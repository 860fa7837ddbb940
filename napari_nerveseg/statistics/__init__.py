"""Tab Data: how much nerve, how large, where, how bright."""
