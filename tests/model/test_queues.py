"""Queues put first what needs a person; only fair predictions accuse a label."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from napari_nerveseg._engine import InputError
from napari_nerveseg.frames.queues import QUEUES, start, suspicion
from napari_nerveseg.review.actions import AcceptPrediction, SetStatus
from napari_nerveseg.review.out_of_fold import FOLDS, checkpoint_name
from tests.model.toy_review import EMPTY, NERVE, SHIFTED, TRIPLE, TWINS, ToyReview
from training.data.rle import write_csv
from training.predict.output import encode_png

#: By a fold that learnt from subject 2, but for 2_1, whose own fold learnt from it.
MASKS = {"1_1": NERVE, "1_2": NERVE, "1_3": SHIFTED, "1_4": EMPTY, "2_1": EMPTY}
PRESENCE = {"1_1": 0.8, "1_2": 0.9, "1_3": 0.9, "1_4": 0.05, "2_1": 0.01}


def settle(context: ToyReview) -> None:
    while context.session.work(1.0):
        pass


@pytest.fixture
def oof(tmp_path: Path) -> Path:
    """A cross-validation's out-of-fold predictions, with masks and presence only."""
    folder = tmp_path / "runs" / "five" / "oof"
    folder.mkdir(parents=True)
    lines = ["frame,presence,area,threshold,error"]
    for frame, mask in MASKS.items():
        (folder / f"{frame}_mask.png").write_bytes(encode_png(mask))
        lines.append(f"{frame},{PRESENCE[frame]},{int(mask.sum())},0.5,")
    (folder / "predictions.csv").write_text("\n".join(lines) + "\n")
    write_folds(folder, ["2"], ["1_1", "1_2", "1_3", "1_4", "2_1"])
    return folder


def write_folds(folder: Path, subjects: list[str], frames: list[str]) -> None:
    fold = {
        "checkpoint": "fold-1/best.safetensors",
        "train_subjects": subjects,
        "frames": frames,
    }
    known = {"out_of_fold": True, "folds": [fold]}
    (folder / FOLDS).write_text(json.dumps(known))


def load(context: ToyReview, folder: Path) -> None:
    context.session.load_predictions(folder)
    settle(context)


def test_what_is_doubted_most_comes_first(context: ToyReview, oof: Path) -> None:
    load(context, oof)
    # 1_4 loses all its nerve with presence 0.05, 1_1 gains one at 0.8, 1_3 differs in
    # shape; 1_2 is as its label says, and the fold of 2_1 has learnt from it.
    assert start(context.session, "label-errors") == ("1_4", "1_1", "1_3")


def test_doubt_is_difference_times_certainty() -> None:
    dice = np.array([0.0, 0.0, 0.5, 1.0, np.nan, 0.25])
    presence = np.array([0.1, 0.5, 1.0, 0.9, 0.9, np.nan])
    found = suspicion(dice, presence)
    np.testing.assert_allclose(found, [0.9, 0.5, 0.5, 0.0, np.nan, 0.75])


def test_predictions_that_may_have_learnt_the_labels_accuse_nobody(
    context: ToyReview, oof: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"^To doubt labels, run nerveseg crossval"):
        start(context.session, "label-errors")
    write_csv(tmp_path / "masks.csv", {"1_1": NERVE})
    load(context, tmp_path / "masks.csv")
    with pytest.raises(InputError, match="a model repeats the labels that it learnt"):
        start(context.session, "label-errors")
    write_folds(oof, ["1", "2"], list(MASKS))
    load(context, oof)
    with pytest.raises(InputError, match="has trained on the subjects that it predict"):
        start(context.session, "label-errors")
    for damaged in ('{"folds": 3}', "[]", "[" * 99_999, "{"):
        (oof / FOLDS).write_text(damaged)
        with pytest.raises(InputError, match=r"folds\.json is damaged; run the cross-"):
            start(context.session, "label-errors")


def test_an_accepted_prediction_names_its_folds_checkpoint(
    context: ToyReview, oof: Path
) -> None:
    load(context, oof)
    context.session.do(AcceptPrediction("1_4", approve=True))
    version = context.session.store.mask_version("1_4")
    assert version is not None
    assert version.source == "prediction:five/fold-1/best.safetensors"
    assert context.session.row("1_4").verified_empty
    (action,) = context.session.history()
    assert action.kind == "accept-prediction" and action.frames == ("1_4",)
    context.session.do(AcceptPrediction("1_2", approve=True))  # the mask is the label's
    assert context.session.store.mask_version("1_2") is None
    assert context.session.row("1_2").status == "approved"


def test_a_runs_checkpoint_is_named_with_its_hash() -> None:
    class Loaded:
        path, checkpoint_sha256 = Path("predictions/first"), "0123456789abcdef"

    assert checkpoint_name(Loaded(), "1_1") == "first 0123456789ab"  # type: ignore[arg-type]


def test_conflicts_dice_uncertainty_and_states(context: ToyReview, oof: Path) -> None:
    session = context.session
    assert start(session, "conflicts")[:2] == TWINS
    assert set(start(session, "conflicts")) == {*TWINS, *TRIPLE}
    load(context, oof)
    assert start(session, "worst-dice")[:3] == ("1_1", "1_4", "2_1")
    unsure = {"1_3": 0.1, "1_5": 0.7}
    session._table.take_uncertainty(unsure, unsure.get)
    assert start(session, "uncertain") == ("1_5", "1_3")
    session.do(SetStatus(("1_2", "2_2"), "flagged"))
    session.do(SetStatus(("1_5",), "excluded"))
    assert start(session, "flagged") == ("1_2", "2_2")
    assert start(session, "unreviewed") == ("1_1", "1_3", "1_4", "2_1")
    assert start(session, "uncertain") == ("1_3",)  # what is excluded is settled


@pytest.mark.parametrize("name", ["worst-dice", "uncertain", "flagged"])
def test_an_empty_queue_says_what_would_fill_it(context: ToyReview, name: str) -> None:
    with pytest.raises(InputError) as reason:
        start(context.session, name)
    assert str(reason.value) == QUEUES[name].empty
