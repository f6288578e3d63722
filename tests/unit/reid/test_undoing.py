"""Merges that are undone leave no trace, whatever happened meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from haven_server.reid.correction_book import read_correction
from haven_server.types import Features

Maker = Callable[..., Features]
PEOPLE = 4
Steps = list[tuple[str, int, int]]
steps = st.lists(
    st.tuples(st.sampled_from(["new", "live", "live", "merge", "undo"]), st.integers(0, 3), st.integers(0, 3)),
    min_size=4,
    max_size=24,
)


def newest_merge(office: Any) -> Any:
    """The newest merge in force, by the ledger alone."""
    lines = [read_correction(line) for line in office.store.ledger.corrections()]
    undone = {line.undoes for line in lines}
    return next((line for line in reversed(lines) if line.undoes is None and line.number not in undone), None)


class TestUndoingAMerge:
    """Whatever is merged and undone, and whatever the tracks teach meanwhile: at the end it never happened."""

    @settings(
        max_examples=25,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(script=steps, restart=st.booleans())
    def test_leaves_all_as_if_they_had_never_been_merged(
        self, script: Steps, restart: bool, features: Maker, make_office: Any
    ) -> None:
        merged, plain = (make_office({"multi_prototype": {"memory_size": 3}}, cached=True) for _ in range(2))
        for office in (merged, plain):
            for person in range(PEOPLE):
                office.meet(self.view(features, person, 0), track=person, camera=f"cam{person}", ended=False)
        for time, (kind, one, other) in enumerate(script, 1):
            self.step(merged, plain, features, time, kind, one + 1, other + 1)
        while newest_merge(merged) is not None:
            self.undo_newest(merged)
        assert merged.dump() == plain.dump()
        if restart:
            merged.open()
            plain.open()
        for person in range(PEOPLE):
            view = self.view(features, person, 99)
            assert merged.ask(view) == plain.ask(view)
        final = [office.meet(self.view(features, 0, 100), at=500, camera="cam9") for office in (merged, plain)]
        assert final[0].decision == final[1].decision
        assert merged.dump() == plain.dump()

    def step(self, merged: Any, plain: Any, features: Maker, time: int, kind: str, one: int, other: int) -> None:
        root = merged.gallery.root
        if kind == "merge" and root(one) != root(other):
            merged.merge(root(one), root(other))
        elif kind == "undo":
            self.undo_newest(merged)
        elif kind == "live" or (kind == "new" and len(merged.gallery.members(root(one))) == 1):
            # Four people who are one share the room of one, so that a new track of them may be decided otherwise.
            track = {"track": one - 1, "camera": f"cam{one - 1}"} if kind == "live" else {"track": 1000 + time}
            for office in (merged, plain):
                office.meet(self.view(features, one - 1, time), at=3 * time, ended=kind == "new", **track)

    def undo_newest(self, office: Any) -> None:
        if (newest := newest_merge(office)) is not None:
            office.undo(newest.other)

    def view(self, features: Maker, person: int, time: int) -> Features:
        parts = np.zeros(24)
        parts[person] = 0.9
        parts[4 + np.random.default_rng([person, time]).integers(20)] = 0.3
        return features(face=parts, appearance=parts)
