"""The store against the plainest model of what it should hold."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from itertools import dropwhile
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from training.data.store import (
    STATUSES,
    GroupActionError,
    LabelStore,
    MaskChange,
    VerdictRecord,
)

FRAMES = ("1_1", "1_2", "1_3")
frames = st.sampled_from(FRAMES)
groups = st.lists(frames, min_size=1, max_size=3, unique=True).map(tuple)
areas = st.integers(0, 20)


def change(area: int) -> MaskChange:
    mask = np.zeros((4, 5), bool)
    mask.flat[:area] = True
    return MaskChange(mask, "painted")


#: ``verdict`` is the group of a verdict that set its statuses.
_NOTHING: dict[str, Any] = {"undoes": (), "masks": {}, "statuses": {}, "verdict": None}


@dataclass
class Model:
    """All actions in a list; everything is worked out anew at each question."""

    actions: list[dict[str, Any]] = field(default_factory=list)

    def add(self, **action: Any) -> None:
        self.actions.append(_NOTHING | action)

    def in_effect(self) -> list[bool]:
        holds = [True] * len(self.actions)
        for n in reversed(range(len(self.actions))):
            for target in self.actions[n]["undoes"] if holds[n] else ():
                holds[target] = False
        return holds

    def lifted(self, group: tuple[str, ...]) -> dict[str, str]:
        """What frames get back whose status a verdict set that is replaced now."""
        found = {}
        for frame in group:
            set_by = [
                action
                for action, holds in zip(self.actions, self.in_effect(), strict=True)
                if holds and frame in action["statuses"]
            ]
            others = list(dropwhile(lambda action: action["verdict"], set_by[::-1]))
            if len(others) < len(set_by):
                before = others[0]["statuses"][frame] if others else "unreviewed"
                found[frame] = before
        return found

    def current(self, what: str) -> dict[str, Any]:
        state: dict[str, Any] = {}
        for action, holds in zip(self.actions, self.in_effect(), strict=True):
            if holds:
                state |= action[what]
        return state


def state_of(store: LabelStore) -> tuple[Any, ...]:
    masks = {frame: store.current_mask(frame) for frame in FRAMES}
    return (
        {f: None if m is None else m.tobytes() for f, m in masks.items()},
        store.statuses(),
        [(v.group, v.verdict) for v in store.verdicts()],
    )


class StoreMachine(RuleBasedStateMachine):
    """Random work by two programs on one file."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "labels.sqlite"
        self.store, self.other = LabelStore.open(self.path), LabelStore.open(self.path)
        self.model = Model()

    def teardown(self) -> None:
        self.store.close()
        self.other.close()
        self.folder.cleanup()

    @rule(group=groups, area=areas)
    def paint(self, group: tuple[str, ...], area: int) -> None:
        self.store.act("paint", masks={frame: change(area) for frame in group})
        self.model.add(masks=dict.fromkeys(group, area))

    @rule(group=groups, status=st.sampled_from(STATUSES))
    def status(self, group: tuple[str, ...], status: str) -> None:
        self.store.act("status", statuses=dict.fromkeys(group, status))
        self.model.add(statuses=dict.fromkeys(group, status))

    @rule(group=groups, area=areas)
    def decide(self, group: tuple[str, ...], area: int) -> None:
        record = VerdictRecord(group, "redraw")
        masks = {group[0]: change(area)}
        lifted = self.model.lifted(group)
        self.store.act("verdict", masks=masks, verdict=record)
        flagged = dict.fromkeys(group, "flagged")
        self.model.add(masks={group[0]: area}, statuses=lifted | flagged, verdict=group)

    @rule(group=groups)
    def keep(self, group: tuple[str, ...]) -> None:
        lifted = self.model.lifted(group)
        record = VerdictRecord(group, "keep", kept=group[0])
        self.store.act("verdict", verdict=record)
        self.model.add(statuses=lifted)

    @precondition(lambda self: self.model.actions)
    @rule(data=st.data())
    def undo_or_redo(self, data: st.DataObject) -> None:
        n = data.draw(st.integers(0, len(self.model.actions) - 1))
        if self.model.in_effect()[n]:
            self.store.undo(n + 1)
            self.model.add(undoes=(n,))
        else:
            before = len(self.store.history())
            self.store.redo(n + 1)
            for action in self.store.history()[before:]:
                assert action.undoes is not None
                self.model.add(undoes=(action.undoes - 1,))

    @precondition(lambda self: self.model.actions)
    @rule(data=st.data(), force=st.booleans())
    def undo_then_redo_is_identity(self, data: st.DataObject, force: bool) -> None:
        n = data.draw(st.integers(0, len(self.model.actions) - 1))
        if not self.model.in_effect()[n]:
            return
        before, length = state_of(self.store), len(self.model.actions)
        try:
            self.store.undo(n + 1, force=force)
        except GroupActionError:
            assert len(self.store.history()) == length
            return
        self.store.redo(n + 1)
        assert state_of(self.store) == before
        for action in self.store.history()[length:]:
            assert action.undoes is not None
            self.model.add(undoes=(action.undoes - 1,))

    @rule(group=groups, area=areas)
    def act_then_undo_is_identity(self, group: tuple[str, ...], area: int) -> None:
        before = state_of(self.store)
        record = VerdictRecord(group, "exclude")
        masks = {frame: change(area) for frame in group}
        action = self.store.act("verdict", masks=masks, verdict=record)
        self.store.undo(action)
        assert state_of(self.store) == before
        excluded = dict.fromkeys(group, "excluded")
        self.model.add(
            masks=dict.fromkeys(group, area), statuses=excluded, verdict=group
        )
        self.model.add(undoes=(action - 1,))

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = LabelStore.open(self.path)

    @rule()
    def let_the_other_program_write(self) -> None:
        self.store, self.other = self.other, self.store
        self.store.refresh()

    @invariant()
    def agrees(self) -> None:
        current = {f: self.store.current_area(f) for f in self.store.edited()}
        assert current == self.model.current("masks")
        assert self.store.statuses() == self.model.current("statuses")
        holds = [action.in_effect for action in self.store.history()]
        assert holds == self.model.in_effect()


StoreMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=25)
TestStore = StoreMachine.TestCase


@given(st.lists(st.one_of(areas, st.sampled_from(["undo", "redo"])), max_size=25))
@settings(max_examples=40)
def test_one_frame_behaves_like_an_editors_two_stacks(steps: list[int | str]) -> None:
    done: list[int] = []
    undone: list[int] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        LabelStore.open(Path(folder) / "labels.sqlite") as store,
    ):
        for step in steps:
            if isinstance(step, int):
                store.act("paint", masks={"1_1": change(step)})
                done, undone = [*done, step], []
            elif step == "undo":
                assert (store.undo_frame("1_1") is not None) == bool(done)
                undone += done[-1:]
                del done[-1:]
            else:
                assert (store.redo_frame("1_1") is not None) == bool(undone)
                done += undone[-1:]
                del undone[-1:]
            assert store.current_area("1_1") == (done[-1] if done else None)


@given(data=st.data(), group=groups)
@settings(max_examples=25)
def test_a_forced_undo_leaves_what_was_before(
    data: st.DataObject, group: tuple[str, ...]
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        LabelStore.open(Path(folder) / "labels.sqlite") as store,
    ):
        for frame, area in data.draw(st.lists(st.tuples(frames, areas), max_size=4)):
            store.act("paint", masks={frame: change(area)})
        before = state_of(store)
        action = store.act("rule", masks={frame: change(3) for frame in group})
        later = st.lists(st.tuples(st.sampled_from(group), areas), max_size=6)
        for frame, area in data.draw(later):
            store.act("paint", masks={frame: change(area)})
        store.undo(action, force=True)
        assert state_of(store) == before


def test_the_model_itself_tells_undo_from_redo() -> None:
    model = Model()
    model.add(masks={"1_1": 4})
    model.add(undoes=(0,))
    assert model.current("masks") == {}
    model.add(undoes=(1,))
    assert model.current("masks") == {"1_1": 4}
    with pytest.raises(IndexError):
        model.actions[3]
