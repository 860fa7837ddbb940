"""Names for the labels as of one moment.

A snapshot's id is ``<content>-<action>``: the first twelve hexadecimal digits of a
sha256 over what holds (each frame's mask digest and status, each verdict), and the
last action. The log is append-only, so the action alone brings the labels back; the
content proves that they are the same.
"""

from __future__ import annotations

import hashlib
import json
import re

from .derived_state import DerivedState

_DIGITS = 12
_ID = re.compile(rf"[0-9a-f]{{{_DIGITS}}}-(\d{{1,15}})")


def snapshot_id(derived: DerivedState) -> str:
    """Return the id of what holds now."""
    return f"{content_digest(derived)[:_DIGITS]}-{derived.last}"


def last_action_of(name: str) -> int | None:
    """Return the action that a snapshot's id ends with; None if it is not one."""
    match = _ID.fullmatch(name)
    return int(match[1]) if match else None


def content_digest(derived: DerivedState) -> str:
    """Return the sha256 of what holds: equal labels give equal digests."""
    masks = {frame: version.digest for frame, version in derived.masks.items()}
    frames = sorted(masks.keys() | derived.statuses.keys())
    verdicts = sorted(
        [sorted(v.group), v.verdict, v.kept or "", sorted(v.concerned)]
        for v in derived.verdicts()
    )
    content = {
        "frames": [[f, masks.get(f), derived.statuses.get(f)] for f in frames],
        "verdicts": verdicts,
    }
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
