"""What every panel shares: the open review, keys, worker processes, small controls."""
