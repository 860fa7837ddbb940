"""Two sources of masks: where they differ most, and that an edit is in it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_nerveseg.review.actions import Paint
from napari_nerveseg.review.comparison import Comparison, Difference
from napari_nerveseg.review.mask_sources import (
    FOLDER,
    NOW,
    PREDICTED,
    MaskSource,
    other_predictions,
    sources,
)
from napari_nerveseg.review.predictions import LivePrediction
from tests.model.toy_review import EMPTY, NERVE, SHIFTED, ToyReview
from training.data.rle import encode
from training.errors import InputError
from training.metrics.dice import dice


def named(context: ToyReview, name: str) -> MaskSource:
    return next(s for s in sources(context.session) if s.name.startswith(name))


def compare(context: ToyReview, a: MaskSource, b: MaskSource) -> Comparison:
    made = Comparison(context.session.dataset.ids, a, b)
    assert made.wait(20)
    return made


def test_labels_now_and_in_the_folder_differ_where_somebody_drew(
    context: ToyReview,
) -> None:
    context.session.do(Paint("1_3", SHIFTED))
    context.session.do(Paint("1_1", NERVE))
    context.session.flush()
    found = compare(context, named(context, NOW), named(context, FOLDER))
    area = int(NERVE.sum())
    shifted = Difference("1_3", dice(SHIFTED, NERVE), (int(SHIFTED.sum()), area))
    assert found.differing() == [Difference("1_1", 0.0, (area, 0)), shifted]
    assert found.compared == 6  # 2_2 has no mask
    assert found.one("2_2") is None
    context.session.do(Paint("1_1", EMPTY))
    context.session.flush()
    found.touch(["1_1"])
    assert found.wait(20)
    assert [line.frame for line in found.differing()] == ["1_3"]
    found.close()


def test_a_snapshot_is_a_source_for_good(context: ToyReview) -> None:
    context.session.do(Paint("1_2", SHIFTED))
    context.session.flush()
    context.session.store.take_snapshot("before training")
    context.session.do(Paint("1_2", EMPTY))
    context.session.flush()
    then = named(context, "Snapshot of")
    assert then.name.endswith("before training")
    found = compare(context, then, named(context, NOW))
    assert [line.frame for line in found.differing()] == ["1_2"]
    assert found.differing()[0].areas == (int(SHIFTED.sum()), 0)
    found.close()


def test_two_models_are_compared(context: ToyReview, tmp_path: Path) -> None:
    map_ = NERVE * 200
    answer = LivePrediction(map_.astype("uint8"), NERVE, 0.9, "toy")
    context.session.take_prediction("1_2", answer)
    table = tmp_path / "other.csv"
    rows = f"img,pixels\n1_2,{encode(SHIFTED)}\n1_3,\n"
    table.write_text(rows, encoding="utf-8")
    other = other_predictions(context.session, table)
    found = compare(context, named(context, PREDICTED), other)
    assert [line.frame for line in found.differing()] == ["1_2"]
    assert found.compared == 1
    found.close()


def test_what_is_no_prediction_is_refused(context: ToyReview, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        other_predictions(context.session, tmp_path / "nowhere")
