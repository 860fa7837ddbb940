"""Write a phantom data set in the layout of the published one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...events import OnEvent, Progress, ShouldStop
from ...files import whole_folder, write_json
from ..project import check_out
from ..rle import encode
from ..store.words import SHAPE_DICE, SSIM_THRESHOLD
from ..synthetic import TRUTH
from .annotator import annotate, annotate_beside
from .subject import HANDS, Subject
from .sweep import EMPTY, NEAR, SHAPE, TWIN_RATE, Sweep, plan_sweep

Frame = NDArray[np.uint8]
Mask = NDArray[np.bool_]

#: Sides shorter than this many pixels leave nothing of the anatomy.
SHORTEST = 48

_LEAST = {"subjects": 1, "frames": 1, "seed": 0, "test_frames": 0}


@dataclass(frozen=True)
class Drawing:
    """A frame's mask as drawn, and the nerve's true extent."""

    drawn: Mask
    true: Mask


def make_phantom(
    out: Path,
    *,
    subjects: int,
    frames: int,
    seed: int,
    test_frames: int = 0,
    twin_rate: float = TWIN_RATE,
    size: tuple[int, int] = (420, 580),
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> dict[str, Any]:
    """Write ``out/train``, ``out/test`` and ``out/truth.json``.

    Parameters
    ----------
    out
        A folder that is not there yet, or empty.
    subjects, frames
        Number of subjects, and of frames for each.
    seed
        The same seed gives the same bytes.
    test_frames
        Frames without masks, of subjects that are not in ``train``.
    twin_rate
        Share of frames, 0 to 1, that are returns to an earlier frame's place.
    size
        Height and width of the frames, pixels.
    on_event, should_stop
        Progress, and the wish to stop.

    Returns
    -------
    dict
        What ``truth.json`` holds: the settings; ``conflicts``, every pair of
        frames of one subject with an SSIM above 0.99 whose masks disagree, as
        ``{"a", "b", "kind", "ssim", "dice"}``; ``planted``, the frames whose
        masks were drawn wrong; ``masks`` and ``test_masks``, the nerve's true
        extent by frame, run-length encoded.

    Raises
    ------
    InputError
        If a setting makes no sense or ``out`` has something in it.
    Cancelled
        If asked to stop; nothing is left then.
    """
    settings = {
        "seed": seed,
        "subjects": subjects,
        "frames": frames,
        "test_frames": test_frames,
        "twin_rate": twin_rate,
        "size": list(size),
    }
    _check(settings)
    out = check_out(out, empty=True)
    total = subjects * frames + test_frames
    progress = Progress("Making frames", total, on_event, should_stop)
    with whole_folder(out) as folder:
        truth = _write_all(folder, settings, size, progress)
        write_json(folder / TRUTH, truth)
    return truth


def _write_all(
    folder: Path, settings: dict[str, Any], size: tuple[int, int], progress: Progress
) -> dict[str, Any]:
    """Write all subjects' frames and masks; return the truth about them."""
    seed, subjects, rate = (settings[k] for k in ("seed", "subjects", "twin_rate"))
    truth: dict[str, Any] = {
        **settings,
        "conflicts": [],
        "planted": {},
        "masks": {},
        "test_masks": {},
    }
    for number in range(1, subjects + 1):
        subject = Subject(seed, number, size)
        plan = plan_sweep(subject, settings["frames"], rate)
        _write_subject(folder / "train", subject, plan, truth, progress)
    tested = Subject(seed, subjects + 1, size)
    plan = plan_sweep(tested, settings["test_frames"], rate)
    _write_test(folder / "test", tested, plan, truth, progress)
    return truth


def _check(settings: dict[str, Any]) -> None:
    for name, least in _LEAST.items():
        if settings[name] < least:
            raise InputError(
                f"A phantom cannot have {name} = {settings[name]}; "
                f"give {least} or more."
            )
    if not 0 <= settings["twin_rate"] <= 1:
        raise InputError(
            f"The twin rate {settings['twin_rate']} is no share; give 0 to 1."
        )
    if min(settings["size"]) < SHORTEST:
        raise InputError(
            f"Frames of {settings['size'][0]} x {settings['size'][1]} pixels are too "
            f"small for the anatomy; give at least {SHORTEST} each way."
        )


def _write_subject(
    folder: Path,
    subject: Subject,
    sweep: Sweep,
    truth: dict[str, Any],
    progress: Progress,
) -> None:
    """Write one subject's frames and masks, and note the truth about them."""
    folder.mkdir(exist_ok=True)
    ids = [f"{subject.number}_{i + 1}" for i in range(len(sweep.positions))]
    taken: list[Frame] = []
    drawings: list[Drawing] = []
    for index, z in enumerate(progress.over(sweep.positions)):
        taken.append(subject.frame(z))
        drawings.append(draw_mask(subject, z, index, sweep.plantings.get(index)))
        write_tiff(folder / f"{ids[index]}.tif", taken[-1])
        mask = drawings[-1].drawn.astype(np.uint8) * 255
        write_tiff(folder / f"{ids[index]}_mask.tif", mask)
    truth["conflicts"] += [
        {**pair, "a": ids[pair["a"]], "b": ids[pair["b"]]}
        for pair in find_conflicts(taken, [d.drawn for d in drawings], sweep)
    ]
    truth["planted"] |= {ids[i]: kind for i, kind in sorted(sweep.plantings.items())}
    truth["masks"] |= {
        name: encode(drawing.true) for name, drawing in zip(ids, drawings, strict=True)
    }


def _write_test(
    folder: Path,
    subject: Subject,
    sweep: Sweep,
    truth: dict[str, Any],
    progress: Progress,
) -> None:
    """Write frames of one more subject, without masks."""
    folder.mkdir()
    for index, z in enumerate(progress.over(sweep.positions)):
        write_tiff(folder / f"{index + 1}.tif", subject.frame(z))
        truth["test_masks"][str(index + 1)] = encode(true_mask(subject, z))


def true_mask(subject: Subject, z: float) -> Mask:
    """Fill the nerve's true extent at probe position ``z``: (H, W) bool."""
    if z <= 0:
        return np.zeros(subject.size, bool)
    return subject.outline(z).mask(subject.size)


def draw_mask(subject: Subject, z: float, index: int, wrong: str | None) -> Drawing:
    """Draw the mask of frame ``index`` as a person would, rightly or wrongly.

    Parameters
    ----------
    subject, z
        Whose nerve, and where the probe stands.
    index
        The frame's number, which the hand's unsteadiness follows from.
    wrong
        ``"empty-versus-nerve"`` overlooks the nerve, ``"shape"`` outlines the
        tissue beside it, None draws it as it is.
    """
    true = true_mask(subject, z)
    if z <= 0 or wrong == EMPTY:
        return Drawing(np.zeros(subject.size, bool), true)
    rng = subject.rng(HANDS, index)
    outline = subject.outline(z)
    draw = annotate_beside if wrong == SHAPE else annotate
    hand = draw(outline, rng)
    return Drawing(hand.mask(subject.size), true)


def find_conflicts(
    frames: list[Frame], masks: list[Mask], sweep: Sweep
) -> list[dict[str, Any]]:
    """List the duplicate pairs that conflict because of a planting.

    Only frames taken near a planted one can be its duplicates; for those the
    SSIM is scikit-image's, so that a search finds the same pairs.
    """
    from skimage import metrics

    measure: Any = metrics.structural_similarity

    z = np.array(sweep.positions)
    found: set[tuple[int, int]] = set()
    for planted in sweep.plantings:
        near = np.flatnonzero(np.abs(z - z[planted]) < 4 * NEAR).tolist()
        found |= {(min(planted, i), max(planted, i)) for i in near if i != planted}
    conflicts = []
    for a, b in sorted(found):
        kind, dice = _compare(masks[a], masks[b])
        ssim = float(measure(frames[a], frames[b], data_range=255))
        if kind and ssim > SSIM_THRESHOLD:
            conflicts.append({"a": a, "b": b, "kind": kind, "ssim": ssim, "dice": dice})
    return conflicts


def _compare(a: Mask, b: Mask) -> tuple[str | None, float]:
    """Give the kind of conflict, if any, and the Dice (1 if both are empty)."""
    both = int(a.sum()) + int(b.sum())
    dice = 2 * int((a & b).sum()) / both if both else 1.0
    if a.any() != b.any():
        return EMPTY, dice
    return (SHAPE if dice < SHAPE_DICE else None), dice


def write_tiff(path: Path, image: Frame) -> None:
    """Write a grey frame (H, W) as LZW TIFF, with nothing in it that varies."""
    import tifffile

    tifffile.imwrite(
        path,
        image,
        photometric="minisblack",
        compression="lzw",
        metadata=None,
        software=False,
    )
