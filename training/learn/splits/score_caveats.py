"""What has to be said beside scores that do not compare with others'."""

from __future__ import annotations

from ...metrics.scores import ScoreCaveat

NOT_BY_SUBJECT = ScoreCaveat(
    "The validation frames were not chosen by subject, because there is only one "
    "subject to learn from or some frames name none, so the score says little about "
    "new people.",
    "not split by subject",
)


def unknown_people(n: int, n_train: int) -> ScoreCaveat:
    """Return what is said where ``n`` of ``n_train`` frames may be anybody's."""
    return ScoreCaveat(
        f"{n:,} of the {n_train:,} frames to learn from carry no subject and may show "
        "people who validate or test, so the score says little about new people: tell "
        "subjects by --subject-by.",
        "no subjects",
    )


#: Of a split by frame.
LEAKING = ScoreCaveat(
    "This score is leaking: the split is by frame, so that frames of one subject and "
    "near-duplicates are on both sides of it; compare it only with other scores of "
    "splits by frame.",
    "leaking",
)


def leaking_twins(n: int, one: str, other: str) -> ScoreCaveat:
    """Return what is said of ``n`` pairs across folds, one of which is named."""
    return ScoreCaveat(
        f"{n} pairs of near-duplicates are on both sides of a fold, such as "
        f"{one} and {other}: splits.json lists them.",
        "leaking",
    )


#: Of ``clean_validation``.
CLEANED = ScoreCaveat(
    "This score is against mended labels (clean_validation), which raises it and "
    "improves nothing: it does not compare with any other.",
    "mended labels",
)


def drawn_truths(n: int) -> ScoreCaveat:
    """Return what is said of ``n`` frames that came without a mask."""
    return ScoreCaveat(
        f"{n} frames have no mask in the data folder and are scored against the one "
        "that was drawn for them.",
        "drawn truths",
    )
