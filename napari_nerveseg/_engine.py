"""The plugin's only door to the engine, the package ``training``.

Names are looked up when they are asked for, so that importing this module costs
nothing and torch stays out of the window's process. The first look-up checks that
the ``training`` which Python found is ours: a user's own ``training.py`` in the
working directory gives one clear sentence, and is never run.
"""

from __future__ import annotations

# ruff: noqa: PLC0414 (an alias of itself is how type checkers know a re-export)
import ast
import importlib
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.colours import GROUND_TRUTH_COLOUR as GROUND_TRUTH_COLOUR
    from training.colours import PREDICTION_COLOUR as PREDICTION_COLOUR
    from training.data.cache import FrameCache as FrameCache
    from training.data.dataset import DataSet as DataSet
    from training.data.grey import GreyRange as GreyRange
    from training.data.grey import GreyRanges as GreyRanges
    from training.data.grey import extremes as extremes
    from training.data.grey import grey_range_of as grey_range_of
    from training.data.images import any_grey as any_grey
    from training.data.images import grey_of as grey_of
    from training.data.images import pixel_digest as pixel_digest
    from training.data.images import to_grey as to_grey
    from training.data.listing import open_dataset as open_dataset
    from training.data.masks import labels_in as labels_in
    from training.data.phantom.sample import sample_stack as sample_stack
    from training.data.problems import Problem as Problem
    from training.data.project import Project as Project
    from training.data.project import chosen_reading as chosen_reading
    from training.data.project import find_project as find_project
    from training.data.project import keep_reading as keep_reading
    from training.data.project import kept_reading as kept_reading
    from training.data.project import recalled_flags as recalled_flags
    from training.data.reading import Reading as Reading
    from training.data.scan import Scan as Scan
    from training.data.scan import recall_scan as recall_scan
    from training.data.store import STATUSES as STATUSES
    from training.data.store import VERDICTS as VERDICTS
    from training.data.store import Action as Action
    from training.data.store import GroupActionError as GroupActionError
    from training.data.store import LabelStore as LabelStore
    from training.data.store import MaskChange as MaskChange
    from training.data.store import StoreWriter as StoreWriter
    from training.data.store import UndoResult as UndoResult
    from training.data.store import VerdictRecord as VerdictRecord
    from training.data.store.view import LabelView as LabelView
    from training.data.store.words import SHAPE_DICE as SHAPE_DICE
    from training.data.store.words import SSIM_THRESHOLD as SSIM_THRESHOLD
    from training.data.synthetic import is_phantom as is_phantom
    from training.data.understood import page as page
    from training.duplicates.conflicts import EMPTY_VERSUS_NERVE as EMPTY_VERSUS_NERVE
    from training.duplicates.conflicts import Patch as Patch
    from training.duplicates.conflicts import compare_masks as compare_masks
    from training.duplicates.conflicts import group_conflict as group_conflict
    from training.duplicates.conflicts import state_of as state_of
    from training.duplicates.groups import DuplicateGroups as DuplicateGroups
    from training.duplicates.groups import min_ssim_bound as min_ssim_bound
    from training.duplicates.harm import group_harm as group_harm
    from training.duplicates.report import DuplicatePair as DuplicatePair
    from training.duplicates.rules import RULES as RULES
    from training.duplicates.rules import Change as Change
    from training.duplicates.rules import RulePlan as RulePlan
    from training.duplicates.rules import apply_rule as apply_rule
    from training.duplicates.rules import plan_rule as plan_rule
    from training.duplicates.stored import StoredPairs as StoredPairs
    from training.duplicates.stored import load_duplicates as load_duplicates
    from training.errors import Cancelled as Cancelled
    from training.errors import InputError as InputError
    from training.events import FINAL as FINAL
    from training.files import write_whole as write_whole
    from training.guarded import load_json as load_json
    from training.guarded import read_arrays as read_arrays
    from training.learn.fit.rule import FrameCurve as FrameCurve
    from training.learn.fit.rule import frame_curve as frame_curve
    from training.learn.folder.naming import trained_greys as trained_greys
    from training.learn.folder.running import is_alive as is_alive
    from training.learn.folder.running import process_of as process_of
    from training.learn.settings.augmentation import STRENGTHS as STRENGTHS
    from training.learn.settings.augmentation import Augmentation as Augmentation
    from training.learn.settings.config import RECIPES as RECIPES
    from training.learn.settings.config import TrainConfig as TrainConfig
    from training.learn.settings.idle import idle_settings as idle_settings
    from training.learn.settings.limits import CHOICES as CHOICES
    from training.learn.settings.limits import LIMITS as LIMITS
    from training.learn.settings.words import documented as documented
    from training.learn.settings.words import holds_numbers as holds_numbers
    from training.learn.settings.words import whole_numbers as whole_numbers
    from training.metrics.dice import dice as dice
    from training.networks.checkpoint import BEST as BEST
    from training.networks.checkpoint import CheckpointMeta as CheckpointMeta
    from training.networks.checkpoint import read_meta as read_meta
    from training.networks.decision import DecisionRule as DecisionRule
    from training.networks.decision import threshold_level as threshold_level
    from training.predict.prediction_set import PredictionSet as PredictionSet
    from training.predict.prediction_set import changed_frames as changed_frames
    from training.predict.prediction_set import open_predictions as open_predictions
    from training.report.label_noise import LabelNoise as LabelNoise
    from training.report.label_noise import label_noise as label_noise
    from training.report.panel import Panel as Panel
    from training.report.panel import panels as panels
    from training.report.stats import Statistics as Statistics
    from training.report.stats_figures import GroupFigures as GroupFigures


def _homes() -> dict[str, str]:
    """Return the module of each name that the imports above give, which never run."""
    tree = ast.parse(Path(__file__).read_text(encoding="utf-8"))
    return {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module is not None
        and node.module.startswith("training.")
        for alias in node.names
    }


#: Where each name of the engine lives.
_HOMES = _homes()


class EngineClash(ImportError):
    """Python finds another ``training`` before ours; the message names the file."""


def check() -> None:
    """Make sure that ``import training`` gives the engine of napari-nerveseg.

    The other package's code is not run to find out.

    Raises
    ------
    EngineClash
        If it gives something else, or nothing.
    """
    found = _where_training_is()
    if found is None:
        raise EngineClash(
            "The engine of napari-nerveseg, the package 'training', is not installed;"
            " install napari-nerveseg again."
        )
    ours = Path(__file__).resolve().parent.parent / "training" / "__init__.py"
    if found.resolve() != ours:
        raise EngineClash(
            f"Another 'training' at {found} hides the engine of napari-nerveseg;"
            " rename it or remove its folder from PYTHONPATH."
        )
    engine = importlib.import_module("training")
    if getattr(engine, "ENGINE_OF", None) != "napari-nerveseg":
        raise EngineClash(
            f"Another package has overwritten {found}, the engine of napari-nerveseg;"
            " install napari-nerveseg again."
        )


def _where_training_is() -> Path | None:
    """Return the file that ``import training`` would run or has run."""
    loaded = sys.modules.get("training")
    if loaded is not None:
        where = getattr(loaded, "__file__", None)
    else:
        spec = importlib.util.find_spec("training")
        where = spec.origin if spec is not None else None
    return Path(where) if where else None


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"the engine's door has no {name!r}")
    check()
    home = importlib.import_module(_HOMES[name])
    value = getattr(home, name)
    globals()[name] = value
    return value
