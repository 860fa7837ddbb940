"""Reasons that reviewers give again and again, so that nobody has to type them."""

PRESETS = (
    "nerve visible in all",
    "no nerve visible",
    "A is traced better",
    "B is traced better",
    "both readings plausible",
    "picture too poor to tell",
    "different moments of one sweep",
)


def after(text: str) -> str:
    """Return the preset that follows ``text``; after the last comes none."""
    if text not in PRESETS:
        return PRESETS[0]
    following = PRESETS.index(text) + 1
    return PRESETS[following] if following < len(PRESETS) else ""
