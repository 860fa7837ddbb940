"""How a folder was understood: a page that is shown before anything relies on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .tree import Tree, Unread, shown

#: Files of one kind that are named one by one, and in one line of the page.
_EACH, _IN_LINE = 100, 5


@dataclass(frozen=True)
class Understood:
    """What was found in a folder, or chosen for it.

    Attributes
    ----------
    layout
        As `training.data.DataSet` has it.
    masks
        The rules by which files are masks, each with how many it found.
    masks_chosen, subjects_chosen
        Whether a person said so.
    n_joined
        Frames with several masks, which are joined.
    n_stacks
        Files with several frames.
    subject_by, subject_text
        The rule that tells subjects, and in words.
    not_read
        Files that are not read: by kind, the remedy and the names.
    masks_in
        The CSV file that the masks come from, or None.
    """

    layout: str = "plain"
    masks: Mapping[str, int] | None = None
    masks_chosen: bool = False
    n_joined: int = 0
    n_stacks: int = 0
    subject_by: str = "none"
    subject_text: str = "not known"
    subjects_chosen: bool = False
    not_read: Mapping[str, tuple[str | None, tuple[str, ...]]] | None = None
    masks_in: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "layout": self.layout,
            "masks": dict(self.masks or {}),
            "masks_in": self.masks_in,
            "masks_chosen": self.masks_chosen,
            "n_joined": self.n_joined,
            "n_stacks": self.n_stacks,
            "subject_by": self.subject_by,
            "subjects": self.subject_text,
            "subjects_chosen": self.subjects_chosen,
            "not_read": [
                {"kind": kind, "remedy": remedy, "files": list(files)}
                for kind, (remedy, files) in (self.not_read or {}).items()
            ],
        }

    def sentence(self, subjects: Sequence[str | None]) -> str:
        """Return how masks and subjects were told, in one sentence."""
        names = [one for one in subjects if one is not None]
        whom = f" ({len(names):,}): {names_line(names)}" if names else ""
        masks = _mask_text(self.to_json())
        return f"masks: {masks}; subjects {self.subject_text}{whom}"


def not_read(tree: Tree) -> dict[str, tuple[str | None, tuple[str, ...]]]:
    """Return the files of a folder that are not read, by kind."""
    found: dict[str, tuple[str | None, list[str]]] = {}
    for one in tree.unread:
        names = found.setdefault(one.kind, (one.remedy, []))[1]
        names.append(shown(one.name))
    return {kind: (remedy, tuple(sorted(n))) for kind, (remedy, n) in found.items()}


def sentences(unread: Iterable[Unread]) -> list[tuple[str, str]]:
    """Return a name and a sentence for each file that might hold frames or masks.

    Of very many of one kind the first `_EACH` are named, and the others counted.
    """
    by_kind: dict[str, list[Unread]] = {}
    for one in sorted(unread, key=lambda one: one.name):
        if one.remedy is not None:
            by_kind.setdefault(one.kind, []).append(one)
    found = []
    for kind, files in by_kind.items():
        for one in files[:_EACH]:
            name = shown(one.name)
            found.append((name, f"{name} is {kind} and is not read: {one.remedy}."))
        if (rest := len(files) - _EACH) > 0:
            words = f"{rest:,} more files of the kind '{kind}' are not read."
            found.append((".", words))
    return found


def names_line(files: Sequence[str]) -> str:
    """Return some names for one line."""
    rest = len(files) - _IN_LINE
    more = f" and {rest:,} more" if rest > 0 else ""
    return ", ".join(files[:_IN_LINE]) + more


def page(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return how a folder was understood, as lines of a title and a text.

    Parameters
    ----------
    found
        What `training.data.Scan.to_json` gives.
    """
    how, chosen = found["understood"], found["reading"]
    said = ", as chosen" if how["masks_chosen"] else ""
    lines = [
        ("layout", _LAYOUTS[how["layout"]]),
        ("masks named", _mask_text(how) + said),
    ]
    names = [one["subject"] or "no subject" for one in found["subjects"]]
    said = ", as chosen" if how["subjects_chosen"] else ""
    listed = f": {names_line(names)}" if found["n_subjects"] else ""
    lines.append(("subjects", how["subjects"] + said + listed))
    if set(how["depth"]) - {"uint8"}:
        depths = sorted(how["depth"].items())
        kinds = ", ".join(f"{n:,} of {kind}" for kind, n in depths)
        greys = how["grey_range"]
        black_white = f"; {greys} is black to white" if greys else ""
        lines.append(("depth", kinds + black_white))
    if how["n_stacks"]:
        lines.append(("stacks", f"{how['n_stacks']:,} files with several frames"))
    if how["orientation"]:
        n = sum(how["orientation"].values())
        lines.append(("turned", f"{n:,} frames, as their EXIF orientation says"))
    if how["inverted"]:
        lines.append(("polarity", "the nerve is black in the masks, as chosen"))
    if chosen.get("nerve_label"):
        lines.append(("nerve", f"label {chosen['nerve_label']}, as chosen"))
    if chosen.get("luminance"):
        lines.append(("colour", "read as luminance, as chosen"))
    for one in how["not_read"]:
        remedy = f"; {one['remedy']}" if one["remedy"] else ""
        count = f"{len(one['files']):,} ({one['kind']}): "
        lines.append(("not read", count + names_line(one["files"]) + remedy))
    return lines


_LAYOUTS = {
    "kaggle": "frames with their masks beside them",
    "images-masks": "frames and masks in folders of their own",
    "plain": "frames alone",
    "file": "one file",
}


def _mask_text(how: Mapping[str, Any]) -> str:
    if how["masks_in"] is not None:
        return f"run lengths in {how['masks_in']}"
    text = ", ".join(f"{rule} ({n:,})" for rule, n in how["masks"].items())
    joined = f"; {how['n_joined']:,} frames have several, which are joined"
    return (text or "none found") + (joined if how["n_joined"] else "")
