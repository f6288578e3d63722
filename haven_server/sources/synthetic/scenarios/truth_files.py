"""Write what is true of a film: FrameTruth, Production -> text in MOTChallenge's and our own forms."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from haven_server.errors import writing
from haven_server.sources.synthetic.scenarios.director import Production
from haven_server.sources.synthetic.scenarios.scenario import CameraPlan, Scenario
from haven_server.sources.synthetic.scenarios.truth import FrameTruth, PersonTruth
from haven_server.sources.synthetic.scenarios.visits import Visit

CLASS_PEDESTRIAN = 1
"""MOTChallenge's number of the only class we have."""
OUT_OF_SIGHT_S = 2.0
"""How long somebody may be in a doorway or a dead corner on either side of a journey."""


def mot_rows(truth: FrameTruth, picture_height: int) -> str:
    """Write one picture's rows: frame, id, x, y, w, h, whether it counts, class, visibility.

    Args:
        picture_height: px.
    Source: Milan et al., MOT16, 2016, section 3.2; frames count from 1.
    """
    return "".join(_mot_row(truth.index + 1, person, picture_height) for person in truth.people)


def _mot_row(frame: int, person: PersonTruth, picture_height: int) -> str:
    x1, y1, x2, y2 = person.box.tolist()
    box = f"{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f}"
    counts = int(person.is_asked_for(picture_height))
    return f"{frame},{person.global_id},{box},{counts},{CLASS_PEDESTRIAN},{person.visibility:.3f}\n"


def pose_line(truth: FrameTruth) -> str:
    """Write one picture's people as a line of JSON."""
    people = [
        {
            "global_id": person.global_id,
            "stance": person.stance.value,
            "visibility": round(person.visibility, 3),
            "box": _rounded(person.box),
            "keypoints": _rounded(person.body),
            "face_box": None if person.face_box is None else _rounded(person.face_box),
            "face_points": None if person.face_box is None else _rounded(person.face),
        }
        for person in truth.people
    ]
    return json.dumps({"frame": truth.index + 1, "people": people}) + "\n"


def write_records(production: Production, folder: Path, sizes: Mapping[str, tuple[int, int]]) -> None:
    """Write everything that is certain without taking a picture.

    Args:
        sizes: width and height of each camera's pictures, px.
    Raises:
        OutputError: the disk refuses; the message names the file.
    """
    scenario = production.scenario
    texts = {
        "events.jsonl": "".join(json.dumps(event) + "\n" for event in events(production)),
        "people.json": json.dumps(people(production), indent=2) + "\n",
        "seqinfo.ini": "\n".join(_sequence(scenario, camera, sizes[camera.id]) for camera in scenario.cameras),
        "topology.yaml": yaml.safe_dump({"topology": {"links": links(production)}}, sort_keys=False),
        "scenario.yaml": yaml.safe_dump(
            scenario.model_dump(mode="json", by_alias=True, exclude_unset=True), sort_keys=False, width=120
        ),
    }
    for name, text in texts.items():
        write_text(folder / name, text)


def write_text(path: Path, text: str) -> None:
    """Write a file whole.

    Raises:
        OutputError: the disk refuses; the message names the file.
    """
    with writing(path):
        path.write_text(text, encoding="utf-8")


def events(production: Production) -> list[dict[str, Any]]:
    """List what happens, one entry per camera of the room, by time; what comes after the film's end is left out."""
    scenario = production.scenario
    happenings = [
        {
            "kind": mark.happening.value,
            "camera_id": camera.id,
            "global_id": part.role.global_id,
            "at_s": round(mark.at_s, 3),
        }
        for part in production.parts
        for visit in part.visits
        for mark in visit.marks
        for camera in scenario.cameras
        if camera.room == visit.room and mark.at_s < scenario.duration_s
    ]
    return sorted(happenings, key=lambda event: (event["at_s"], event["global_id"], event["camera_id"]))


def people(production: Production) -> list[dict[str, Any]]:
    """List who plays: ids, names, strangers, look-alikes, and the numbers of the outfits worn in turn."""
    ids = {part.role.plan.name: part.role.global_id for part in production.parts}
    return [
        {
            "global_id": part.role.global_id,
            "name": part.role.plan.name,
            "stranger": part.role.plan.person == "stranger",
            "look_alike_of": ids.get(part.role.plan.look_alike_of or ""),
            "outfits": [f"{visit.clothes.outfit} {visit.clothes.shirt or ''}".strip() for visit in part.visits],
        }
        for part in production.parts
    ]


def links(production: Production) -> list[dict[str, Any]]:
    """List the journeys between cameras that the scripts make, as `topology.links` of sources.yaml."""
    cameras = production.scenario.cameras
    found: dict[tuple[str, str], list[float]] = {}
    for part in production.parts:
        for before, after in pairwise(part.visits):
            for start, stop in _camera_pairs(cameras, before, after):
                found.setdefault((start.id, stop.id), []).append(after.start_s - before.end_s)
    return [
        {
            "from": start,
            "to": stop,
            "min_s": round(min(times), 1),
            "usual_s": round(float(np.median(times)) + OUT_OF_SIGHT_S, 1),
            "max_s": round(max(times) + 2 * OUT_OF_SIGHT_S, 1),
        }
        for (start, stop), times in sorted(found.items())
    ]


def _camera_pairs(
    cameras: tuple[CameraPlan, ...], before: Visit, after: Visit
) -> Iterator[tuple[CameraPlan, CameraPlan]]:
    for start, stop in product(cameras, cameras):
        if start.room == before.room and stop.room == after.room and start is not stop:
            yield start, stop


def _sequence(scenario: Scenario, camera: CameraPlan, size: tuple[int, int]) -> str:
    return (
        f"[{camera.id}]\nname={camera.name or camera.id}\nframeRate={scenario.fps:g}\n"
        f"seqLength={scenario.frame_count}\nimWidth={size[0]}\nimHeight={size[1]}\n"
    )


def _rounded(values: Any) -> Any:
    return np.round(np.asarray(values, np.float64), 2).tolist()
