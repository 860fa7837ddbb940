"""Tools that mend a whole mask: each is one version and one step of undo."""

from __future__ import annotations

import numpy as np
import pytest

from napari_nerveseg.review.actions import (
    CopyMask,
    Mend,
    Paint,
    Propagate,
    Restore,
    Undo,
    UndoAction,
)
from napari_nerveseg.review.bulk import decisions
from napari_nerveseg.review.mask_tools import (
    FILL,
    GROW,
    LARGEST,
    SHRINK,
    SMOOTH,
    TOOLS,
    fill_holes,
    grow,
    keep_largest,
    shrink,
    smooth,
)
from napari_nerveseg.review.session import ReviewSession
from tests.model.conftest import Reopen
from tests.model.toy_review import NERVE, SHIFTED, TRIPLE, ToyReview
from tests.toys import disc
from training.errors import InputError

SHAPE = (60, 70)
DISC = disc(SHAPE, (30, 30), 12)


def test_growing_and_shrinking_move_the_outline_by_their_radius() -> None:
    assert np.array_equal(grow(disc(SHAPE, (30, 30), 0), 5), disc(SHAPE, (30, 30), 5))
    assert np.array_equal(shrink(DISC, 40), np.zeros(SHAPE, bool))
    area = np.count_nonzero
    assert area(shrink(DISC, 3)) < area(DISC) < area(grow(DISC, 3))
    assert np.all(shrink(grow(DISC, 4), 4) >= DISC)


def test_shrinking_leaves_a_cut_at_the_border_where_it_is() -> None:
    mask = np.zeros(SHAPE, bool)
    mask[20:40, :30] = True
    assert shrink(mask, 3)[23:37, 0].all()


def test_smoothing_drops_spikes_and_keeps_the_nerve() -> None:
    rough = DISC.copy()
    rough[30, 42:55] = True
    shown = smooth(rough, 4)
    assert not shown[30, 48:].any()
    both = 2 * np.count_nonzero(shown & DISC) / (shown.sum() + DISC.sum())
    assert both > 0.97


def test_holes_are_filled_and_specks_dropped() -> None:
    holed = DISC & ~disc(SHAPE, (30, 30), 4)
    assert np.array_equal(fill_holes(holed), DISC)
    assert np.array_equal(keep_largest(DISC | disc(SHAPE, (5, 60), 3)), DISC)


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("value", [False, True])
def test_blank_and_full_masks_stay_as_they_are(tool: str, value: bool) -> None:
    mask = np.full(SHAPE, value)
    result = TOOLS[tool](mask, 3)
    assert np.array_equal(result, mask)
    assert result is not mask


@pytest.mark.parametrize("tool", [SMOOTH, GROW, SHRINK, FILL, LARGEST])
def test_each_tool_is_one_version_and_one_undo_step(
    context: ToyReview, tool: str
) -> None:
    rough = (NERVE & ~disc(NERVE.shape, (30, 40), 3)) | disc(NERVE.shape, (5, 5), 2)
    context.session.do(Paint("1_2", rough))
    context.session.do(Mend("1_2", tool, 2))
    last = context.session.history("1_2")[-1]
    version = context.session.store.mask_version("1_2")
    assert version is not None
    assert last.kind == tool
    assert version.source.startswith(tool)
    assert np.array_equal(context.mask("1_2"), TOOLS[tool](rough, 2))
    context.session.do(Undo("1_2"))
    assert np.array_equal(context.mask("1_2"), rough)


def test_a_tool_that_changes_nothing_is_no_version(context: ToyReview) -> None:
    before = len(context.session.history())
    context.session.do(Mend("1_2", FILL))
    context.session.do(CopyMask("1_2", "1_3"))  # the same mask
    assert len(context.session.history()) == before


def test_a_mask_is_copied_from_another_frame(context: ToyReview) -> None:
    context.session.do(CopyMask("1_1", "1_5"))
    assert np.array_equal(context.mask("1_1"), SHIFTED)
    version = context.session.store.mask_version("1_1")
    assert version is not None and version.source == "copy:1_5"
    context.session.do(Undo("1_1"))
    assert not context.mask("1_1").any()


def test_propagating_is_one_action_that_the_history_takes_back(
    context: ToyReview,
) -> None:
    mine = disc(NERVE.shape, (20, 20), 6)
    context.session.do(Paint("1_4", mine))
    context.session.do(Propagate("1_4", tuple(f for f in TRIPLE if f != "1_4")))
    assert all(np.array_equal(context.mask(frame), mine) for frame in TRIPLE)
    action = decisions(context.session)[0]  # what the window's history lists
    assert set(action.frames) == {"1_3", "1_5"}
    with pytest.raises(InputError, match="undo that one from the history"):
        context.session.do(Undo("1_3"))
    context.session.do(UndoAction(action.id))
    assert np.array_equal(context.mask("1_3"), NERVE)
    assert np.array_equal(context.mask("1_5"), SHIFTED)
    assert np.array_equal(context.mask("1_4"), mine)


def test_any_version_can_be_restored_also_after_reopening(reopen: Reopen) -> None:
    context = reopen()
    masks = [disc(NERVE.shape, (20, 20), radius) for radius in (5, 6, 7)]
    for mask in masks:
        context.session.do(Paint("1_2", mask))
    context.session.do(Undo("1_2"))
    context = reopen()
    versions = context.session.store.versions("1_2")
    assert [version.area for version in versions] == [int(m.sum()) for m in masks]
    for version, mask in zip(versions, masks, strict=True):
        context.session.do(Restore("1_2", version.id))
        assert np.array_equal(context.mask("1_2"), mask)
    context.session.do(Restore("1_2", None))
    assert np.array_equal(context.mask("1_2"), NERVE)
    last = context.session.store.versions("1_2")[-1]
    assert last.source == "restore:folder"


def test_what_cannot_be_mended_is_refused_in_words(context: ToyReview) -> None:
    session: ReviewSession = context.session
    for action in (Mend("2_2", GROW, 2), CopyMask("2_1", "2_2")):
        with pytest.raises(InputError, match="Frame 2_2 has no mask yet"):
            session.do(action)
    with pytest.raises(InputError, match="no mask of frame 2_2 to go back to"):
        session.do(Restore("2_2", None))
    with pytest.raises(InputError, match="never had a mask version 99"):
        session.do(Restore("1_2", 99))
    assert session.history() == []
