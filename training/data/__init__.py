"""Frames on disk to arrays; masks; the project folder; labels; the phantom.

The names below are the ones that the rest of the engine uses. Importing this
package loads NumPy and nothing heavier.
"""

from .cache import FrameCache, LoadedFrames, load_frames
from .dataset import DataSet, FrameEntry
from .frame_ids import natural_key, parse_subjects, subject_of
from .images import IMAGE_SUFFIXES, image_shape, read_image, strict_grey, to_grey
from .labels import Labels, open_labels
from .listing import open_dataset
from .masks import read_mask
from .problems import BadFile, Problem
from .project import Project, check_out, find_project
from .reading import Reading
from .scan import FrameInfo, Scan, recall_scan, scan

__all__ = [
    "IMAGE_SUFFIXES",
    "BadFile",
    "DataSet",
    "FrameCache",
    "FrameEntry",
    "FrameInfo",
    "Labels",
    "LoadedFrames",
    "Problem",
    "Project",
    "Reading",
    "Scan",
    "check_out",
    "find_project",
    "image_shape",
    "load_frames",
    "natural_key",
    "open_dataset",
    "open_labels",
    "parse_subjects",
    "read_image",
    "read_mask",
    "recall_scan",
    "scan",
    "strict_grey",
    "subject_of",
    "to_grey",
]
