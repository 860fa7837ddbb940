"""What has to be said beside scores that do not compare with others'."""

from __future__ import annotations

NOT_BY_SUBJECT = (
    "The validation frames were not chosen by subject, because there is only one "
    "subject to learn from or some frames name none, so the score says little about "
    "new people."
)


def unknown_people(n: int, n_train: int) -> str:
    """Return what is said where ``n`` of ``n_train`` training frames may be anybody's.

    A panel of scores knows it by "carry no subject".
    """
    return (
        f"{n:,} of the {n_train:,} frames to learn from carry no subject and may show "
        "people who validate or test, so the score says little about new people: tell "
        "subjects by --subject-by."
    )


#: Of a split by frame.
LEAKING = (
    "This score is leaking: the split is by frame, so that frames of one subject and "
    "near-duplicates are on both sides of it; compare it only with other scores of "
    "splits by frame."
)

#: Of ``clean_validation``.
CLEANED = (
    "This score is against mended labels (clean_validation), which raises it and "
    "improves nothing: it does not compare with any other."
)

#: In a sentence about frames that came without a mask.
DRAWN = "scored against the one that was drawn for them"
