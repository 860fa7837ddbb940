"""What a training and a prediction leave: checkpoints, states, runs, maps."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.engine.learn_toys import tiny, toy_dataset
from tests.engine.predicting import tiny_checkpoint
from tests.fuzz.damage import (
    any_of,
    damage_bytes,
    damage_header,
    damage_json,
    damage_json_lines,
    damage_png,
    damage_table,
    damage_zip,
)
from tests.fuzz.kinds import Anything, Command, Kind, digest, register
from tests.fuzz.tables import write_data
from training.data import open_dataset
from training.data.labels import Labels
from training.learn import train
from training.learn.folder.state import load_last
from training.networks.checkpoint import load_checkpoint
from training.predict import PredictSettings, open_predictions, predict_folder
from training.report.run_files import read_run

TO_PAGE = "--out {out}.html"
_EVALUATE = Command("evaluate {case}/maps {case}/data --project {project}")


# ---- checkpoints ---------------------------------------------------------------


def _make_checkpoint(case: Path) -> None:
    write_data(case)
    tiny_checkpoint(case / "best.safetensors")


def _read_checkpoint(_case: Path, victim: Path) -> Any:
    network, meta = load_checkpoint(victim)
    return digest([meta.to_json(), network.state_dict()])


def _true_checkpoint(_case: Path, victim: Path) -> Iterator[Any]:
    """Take the file apart by its description (huggingface.co/docs/safetensors)."""
    data = victim.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8 : 8 + size]), data[8 + size :]
    meta = json.loads(header.pop("__metadata__")["napari-nerveseg"])
    tensors = {}
    for name, one in header.items():
        begin, end = one["data_offsets"]
        kind = {"F32": np.float32, "I64": np.int64}[one["dtype"]]
        tensors[name] = np.frombuffer(body[begin:end], kind).reshape(one["shape"])
    if meta["version"] == 1:
        added = {"averaging": "none", "largest_component": False, "fill_holes": False}
        meta = {**added, **meta, "version": 2}
    yield digest([meta, tensors])


# ---- a training that goes on -----------------------------------------------------


def _make_run(case: Path) -> None:
    data = toy_dataset(case / "data", (1, 2, 3), 2)
    ended: list[Any] = []
    train(
        data,
        Labels(data),
        tiny(epochs=3, patience=0, size=(16, 24)),
        case / "run",
        source={"data": str(data.root)},
        on_event=lambda event: (
            ended.append(event) if event["event"] == "epoch" else None
        ),
        should_stop=lambda: len(ended) == 2,
    )


def _resume(case: Path, _victim: Path) -> Any:
    """Train the last epoch; return every weight that came of it."""
    data = open_dataset(case / "data")
    config = tiny(epochs=3, patience=0, size=(16, 24))
    result = train(data, Labels(data), config, case / "run", resume=True)
    last = load_last(case / "run" / "last.pt").weights
    return digest([last["network"], last["average"], result["validation"]])


def _true_state(_case: Path, victim: Path) -> Iterator[Any]:
    """Take whatever a whole archive holds for what was learned."""
    with zipfile.ZipFile(victim) as archive:
        if archive.testzip() is None:
            yield Anything()


def _damage_values(rng: Any, data: bytes) -> bytes:
    """Change a value or a tensor in what torch saved, and save it again."""
    import torch

    found = torch.load(io.BytesIO(data), weights_only=True)
    part, path = found, []
    while (
        isinstance(part, dict | list) and part and (len(path) < 2 or rng.random() < 0.9)
    ):
        path.append(
            rng.choice(list(part) if isinstance(part, dict) else range(len(part)))
        )
        part, last = part[path[-1]], part
    last[path[-1]] = _odd_like(rng, part)
    buffer = io.BytesIO()
    torch.save(found, buffer)
    return buffer.getvalue()


def _odd_like(rng: Any, value: Any) -> Any:
    import torch

    if not isinstance(value, torch.Tensor):
        return rng.choice(
            (None, -5, 10**400, 0.5, float("nan"), "x", [], {}, True, 2**63)
        )
    ways = [
        value.double(),
        value.flatten()[:0],
        value.flatten()[:1],
        value[None],
        -value,
    ]
    ways += [value.to(torch.int64), value * float("nan"), value.to_sparse(), 1]
    ways += [value.flatten()[:1].expand(1 << 20), torch.zeros(7), value + 1e30]
    return rng.choice(ways)


# ---- the files of a run ----------------------------------------------------------


def _read_run(case: Path, _victim: Path) -> Any:
    found = dict(vars(read_run(case / "run")))
    return digest({key: found[key] for key in found if key not in ("path", "running")})


def _true_run(case: Path, victim: Path) -> Iterator[Any]:
    del case, victim
    yield Anything()  # a run says what its files say


# ---- predictions -----------------------------------------------------------------


def _make_maps(case: Path) -> None:
    write_data(case)
    checkpoint = tiny_checkpoint(case / "best.safetensors")
    _predict(checkpoint, case)


def _predict(checkpoint: Path, case: Path) -> None:
    predict_folder(
        checkpoint,
        case / "data",
        case / "maps",
        probabilities=True,
        device="cpu",
        settings=PredictSettings(uncertainty=True),
        resume=True,
    )


def _read_maps(case: Path, _victim: Path) -> Any:
    found = open_predictions(case / "maps")
    frames = {
        name: [
            found.mask(name),
            found.probability(name),
            found.uncertainty(name),
            found.presence(name),
            found.frame_uncertainty(name),
            found.frame_sha256(name),
        ]
        for name in found.ids
    }
    rule = None if found.rule is None else found.rule.to_json()
    return digest([frames, dict(found.errors), rule, found.checkpoint_sha256])


def _true_maps(case: Path, _victim: Path) -> Iterator[Any]:
    """Read the folder by Pillow, csv, zarr and json alone."""
    import zarr
    from PIL import Image

    folder = case / "maps"
    text = (folder / "predictions.csv").read_text()
    frames: dict[str, Any] = {}
    errors = {}
    zarrs = [folder / "probabilities.zarr", folder / "uncertainty.zarr"]
    known = [
        json.loads((one / "zarr.json").read_bytes())["attributes"] for one in zarrs
    ]
    for row in csv.DictReader(io.StringIO(text)):
        name = row["frame"]
        if row["error"]:
            errors[name] = row["error"]
            continue
        with Image.open(folder / f"{name}_mask.png") as image:
            mask = np.array(image) > 0
        levels: list[Any] = []
        for one, attributes in zip(zarrs, known, strict=True):
            if name not in attributes["frames"]:
                levels.append(None)
                continue
            at = attributes["frames"].index(name)
            height, width = attributes["shapes"][at]
            levels.append(zarr.open_group(one, mode="r")[f"{height}x{width}"][at])
        unsure = float(row["uncertainty"]) if row["uncertainty"] else None
        sha = None
        if name in known[0]["frames"]:
            sha = known[0]["frame_sha256"][known[0]["frames"].index(name)]
        frames[name] = [mask, *levels, float(row["presence"]), unsure, sha]
    rule = ("threshold", "presence_threshold", "min_area_share")
    rule += ("largest_component", "fill_holes")
    told = {name: known[0][name] for name in rule if name in known[0]}
    yield digest([frames, errors, told, known[0].get("checkpoint_sha256")])


def _damage_zarr(rng: Any, data: bytes) -> bytes:
    if data[:1] == b"{":
        return _TEXT(rng, data)
    return _bomb() if rng.random() < 0.02 else damage_bytes(rng, data)


@cache
def _bomb() -> bytes:
    import imagecodecs

    return bytes(imagecodecs.zstd_encode(bytes(5 << 28)))


def _go_on(case: Path, _victim: Path) -> Any:
    """Go on with a prediction that was whole; return what its folder then holds."""
    _predict(case / "best.safetensors", case)
    return _read_maps(case, case)


_TEXT = any_of(damage_json, damage_bytes)

register(
    Kind(
        "checkpoint",
        _make_checkpoint,
        "best.safetensors",
        any_of(damage_header, damage_bytes),
        _read_checkpoint,
        _true_checkpoint,
        (
            Command(
                "predict {victim} {case}/data --out {out} --project {project}"
                " --device cpu --backend torch"
            ),
        ),
    ),
    Kind(
        "last.pt",
        _make_run,
        "run/last.pt",
        any_of(_damage_values, _damage_values, damage_zip, damage_bytes),
        _resume,
        _true_state,
        commands=(
            Command("train {case}/data --resume {case}/run --project {project}"),
        ),
        may_change=("run/",),
        may_say="In epoch .* no longer a number",
    ),
    Kind(
        "run",
        _make_run,
        "run/*.[jc]s*",
        {
            ".json": _TEXT,
            ".jsonl": any_of(damage_json_lines, damage_bytes),
            ".csv": damage_table,
        },
        _read_run,
        _true_run,
        (
            Command("report {case}/run " + TO_PAGE),
            Command(
                "report {case}/run {case}/data --project {project} --out {out}.html"
            ),
            Command("train {case}/data --resume {case}/run --project {project}"),
            Command("predict {case}/run {case}/data --out {out} --project {project}"),
        ),
        ("run/",),
    ),
    Kind(
        "predictions",
        _make_maps,
        "maps/[!p]*.png",
        any_of(damage_png, damage_bytes),
        _read_maps,
        _true_maps,
        (_EVALUATE,),
    ),
    Kind(
        "predictions.csv",
        _make_maps,
        "maps/predictions.csv",
        any_of(damage_table, damage_bytes),
        _read_maps,
        _true_maps,
        (_EVALUATE,),
    ),
    Kind(
        "zarr",
        _make_maps,
        "maps/*.zarr/**/*",
        _damage_zarr,
        _read_maps,
        _true_maps,
        (_EVALUATE,),
    ),
    Kind(
        "journal",
        _make_maps,
        "maps/progress.jsonl",
        any_of(damage_json_lines, damage_bytes),
        _go_on,
        commands=(
            Command(
                "predict {case}/best.safetensors {case}/data --out {case}/maps"
                " --probabilities --uncertainty --resume --project {project}"
                " --device cpu --backend torch"
            ),
        ),
        may_change=("maps/",),
    ),
)
