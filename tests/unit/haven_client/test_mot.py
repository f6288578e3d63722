"""MOTChallenge files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from haven_client.mot import MOTWriter


def test_a_tracks_rows_are_written_when_it_ends_under_its_final_id(tmp_path: Path) -> None:
    writer = MOTWriter(tmp_path)
    writer.add("cam1", 0, 1, (10.0, 20.0, 40.25, 90.5), 0.87654)
    writer.add("cam1", 2, 1, (11.5, 20.0, 41.0, 90.0), 1.0)
    writer.end("cam1", 1, 7)
    writer.close()
    assert (tmp_path / "cam1.txt").read_text() == (
        "1,7,10.00,20.00,30.25,70.50,0.8765,-1,-1,-1\n3,7,11.50,20.00,29.50,70.00,1.0000,-1,-1,-1\n"
    )


def test_tracks_stand_in_the_order_in_which_they_ended(tmp_path: Path) -> None:
    writer = MOTWriter(tmp_path)
    for track_id in (1, 2):
        writer.add("cam1", 0, track_id, (0, 0, 1, 1), 1)
    writer.end("cam1", 2, 20)
    writer.end("cam1", 1, 10)
    writer.close()
    assert [line.split(",")[1] for line in (tmp_path / "cam1.txt").read_text().splitlines()] == ["20", "10"]


def test_a_track_nobody_could_recognise_has_no_rows(tmp_path: Path) -> None:
    writer = MOTWriter(tmp_path, ["cam1"])
    writer.add("cam1", 0, 1, (0, 0, 1, 1), 1)
    writer.end("cam1", 1, None)
    writer.close()
    assert (tmp_path / "cam1.txt").read_bytes() == b""


def test_cameras_have_files_of_their_own(tmp_path: Path) -> None:
    writer = MOTWriter(tmp_path / "new" / "folder")
    for camera_id in ("cam1", "cam2"):
        writer.add(camera_id, 4, 1, (0, 0, 1, 1), 1)
        writer.end(camera_id, 1, 3)
    writer.close()
    files = sorted((tmp_path / "new" / "folder").iterdir())
    assert [file.name for file in files] == ["cam1.txt", "cam2.txt"]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_arrays_and_tuples_of_the_same_numbers_give_the_same_bytes(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    boxes = rng.uniform(0, 2000, (500, 4)).astype(np.float32)
    scores = rng.uniform(0, 1, 500)
    for name, in_process in (("run", True), ("replay", False)):
        writer = MOTWriter(tmp_path / name)
        for index, (box, score) in enumerate(zip(boxes, scores, strict=True)):
            if in_process:
                writer.add("cam1", index, 1, box, float(score))
            else:
                writer.add("cam1", index, 1, tuple(float(edge) for edge in box), float(np.float32(score)))
        writer.end("cam1", 1, 1)
        writer.close()
    assert (tmp_path / "run" / "cam1.txt").read_bytes() == (tmp_path / "replay" / "cam1.txt").read_bytes()
