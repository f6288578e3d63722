"""The track table's rows, beyond what a short scene reaches."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from haven_server.tracking.lifecycle import REMEMBERED_REMOVALS, TrackTable


def standing(count: int, left: float = 0) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Boxes and scores of people who stand side by side."""
    x = left + 50 * np.arange(count, dtype=np.float32)
    boxes = np.stack((x, np.zeros(count), x + 40, np.full(count, 100)), axis=1).astype(np.float32)
    return boxes, np.full(count, 0.9, np.float32)


def test_growing_keeps_the_tracks_that_are_there() -> None:
    table = TrackTable()
    table.begin(*standing(3), frame=1)
    table.begin(*standing(400, left=1000), frame=1)
    assert table.ids[table.followed].tolist() == list(range(1, 404))
    np.testing.assert_array_equal(table.boxes(table.followed[:3]), standing(3)[0])


def test_rows_of_ended_tracks_are_used_again() -> None:
    table = TrackTable()
    for frame in range(2, 500):
        table.begin(*standing(10), frame=frame)
        table.settle(frame, remembered_from=frame)
    assert len(table.ids) == 64
    assert table.ids[table.followed].tolist() == list(range(4971, 4981))


def revived(table: TrackTable) -> int:
    """Take one track up in the frame after its removal; return its row."""
    table.begin(*standing(1), frame=1)
    (row,) = rows = table.followed
    table.settle(1, 0)
    table.settle(2, 1)
    table.settle(3, 2)
    table.predict(rows)
    table.see(rows, *standing(1), frame=4)
    assert len(table.settle(4, 3)) == 0 and table.followed.tolist() == [row]
    return int(row)


def test_a_removed_track_taken_up_again_is_dropped_when_lost() -> None:
    table = TrackTable()
    row = revived(table)
    assert table.settle(5, 4).tolist() == [row]


def test_many_removals_later_a_removed_track_counts_as_any_other() -> None:
    table = TrackTable()
    row = revived(table)
    for frame in (5, 6):
        table.see(np.array([row]), *standing(1), frame=frame)
        if frame == 5:
            table.begin(*standing(REMEMBERED_REMOVALS, left=1000), frame=frame)
        table.settle(frame, frame - 1)
    assert len(table.settle(7, 6)) == 0 and table.lost.tolist() == [row]
