"""Tab Conflicts: near-duplicates whose masks disagree, and the verdicts on them."""
