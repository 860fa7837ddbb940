"""The ways in which the mean of the nerve's area is taken, in sentences."""

from __future__ import annotations

from .stats_figures import AreaMeans


def area_words(means: AreaMeans) -> list[str]:
    """Say what the means of the nerve's area are, and what parts them.

    Two figures are published for Kaggle's 5,635 frames, 2.93 % and 3.2 %. On the
    masks of subjects 1-32, pooling or averaging by subject moves the mean by
    hundredths of a per cent, and resizing smoothly to 256 x 256 and counting what is
    above zero makes it 1.086 times as much. That the author of 3.2 % counted so is a
    guess that would fit, and nothing that was read anywhere or can be measured here.
    """
    if means.nerve_pooled is None or means.all_pooled is None:
        return ["No frame shows a nerve, so that it has no area."]
    assert means.nerve_by_subject is not None
    assert means.all_by_subject is not None
    assert means.nerve_shrunk is not None
    return [
        f"On frames that show a nerve it covers {_percent(means.nerve_pooled)} of the "
        "frame, all such frames counted alike.",
        f"Taken first within each subject and then over subjects, it is "
        f"{_percent(means.nerve_by_subject)}{_because(means)}.",
        f"Over all frames with a mask, empty ones counted as zero, it is "
        f"{_percent(means.all_pooled)}, and by subject "
        f"{_percent(means.all_by_subject)}: the size of a nerve times how often there "
        "is one.",
        "If each mask is first resized smoothly to 256 x 256 and then counted wherever "
        "it is above zero, its rim is counted too, and it is "
        f"{_percent(means.nerve_shrunk)}.",
        "A figure that is none of these may be of other frames, such as a part of the "
        "subjects, or of other labels, such as those before they were mended.",
    ]


def _because(means: AreaMeans) -> str:
    assert means.nerve_pooled is not None
    assert means.nerve_by_subject is not None
    apart = means.nerve_by_subject - means.nerve_pooled
    if abs(apart) < 0.00005:
        return ", the same"
    kind = "larger" if apart < 0 else "smaller"
    return f", because subjects with many such frames have {kind} nerves"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
