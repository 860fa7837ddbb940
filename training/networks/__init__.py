"""The networks, their checkpoints, and the one way from frame to probability.

Importing this package is cheap; torch is imported by what is called.
"""

from .build import NETWORKS, build_network
from .checkpoint import (
    CheckpointMeta,
    checkpoint_path,
    load_checkpoint,
    save_checkpoint,
)
from .decision import DecisionRule
from .device import has_fast_bfloat16, pick_device
from .frames import infer, probability_map, resize_frame, resize_mask, stack_frames
from .pretrained import check_pretrained, load_pretrained

__all__ = [
    "NETWORKS",
    "CheckpointMeta",
    "DecisionRule",
    "build_network",
    "check_pretrained",
    "checkpoint_path",
    "has_fast_bfloat16",
    "infer",
    "load_checkpoint",
    "load_pretrained",
    "pick_device",
    "probability_map",
    "resize_frame",
    "resize_mask",
    "save_checkpoint",
    "stack_frames",
]
