"""A replay's files, and how the disk's refusals are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from haven_client.errors import OutputError
from haven_client.messages import Event, FrameTracks, Track, TrackEnded
from haven_client.outputs import ReplayOutputs

SECOND = 1_000_000_000


def test_tracks_and_the_replayed_cameras_events_are_written(tmp_path: Path) -> None:
    track = Track(4, (1.0, 2.0, 3.0, 5.0), 0.5, "confirmed", 1, None, None)
    with ReplayOutputs({"cam1": SECOND}, tmp_path / "mot", tmp_path / "new" / "events.jsonl") as outputs:
        outputs.write_update(FrameTracks("cam1", 0, SECOND, 64, 48, (track,)))
        outputs.write_update(TrackEnded("cam1", 4, 7, "high"))
        for camera_id in ("cam1", "cam2", None):
            outputs.write_event(Event(1, "TRACK_ENDED", 3 * SECOND, camera_id, 4, 7, {}))
    assert (tmp_path / "mot" / "cam1.txt").read_text() == "1,7,1.00,2.00,2.00,3.00,0.5000,-1,-1,-1\n"
    (line,) = (tmp_path / "new" / "events.jsonl").read_text().splitlines()
    assert (json.loads(line)["camera_id"], json.loads(line)["at_s"]) == ("cam1", 2.0)


@pytest.mark.parametrize(("mot", "events"), [("file/mot", None), (None, "file/events.jsonl"), ("mot", ".")])
def test_a_place_that_cannot_be_written_is_named_at_once(tmp_path: Path, mot: str | None, events: str | None) -> None:
    (tmp_path / "file").touch()
    places = (tmp_path / place if place else None for place in (mot, events))
    with pytest.raises(OutputError, match=f"{tmp_path}.*: cannot be written .*choose another place"):
        ReplayOutputs({"cam1": 0}, *places)


def test_a_camera_whose_mot_file_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "cam2.txt").mkdir()
    with pytest.raises(OutputError, match=r"cam2\.txt: cannot be written"):
        ReplayOutputs({"cam1": 0, "cam2": 0}, tmp_path, None)


def test_a_disk_that_fills_up_is_told_when_the_file_is_closed() -> None:
    outputs = ReplayOutputs({"cam1": 0}, None, Path("/dev/full"))
    outputs.write_event(Event(1, "TRACK_ENDED", 0, "cam1", 4, 7, {}))
    with pytest.raises(OutputError, match=r"/dev/full: cannot be written .No space left"):
        outputs.close()
