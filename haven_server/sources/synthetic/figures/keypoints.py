"""Where the points that networks look for are on a drawn person: Person, Posture -> points, visibility, face box."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.camera import Camera, Points
from haven_server.sources.synthetic.canvas import Canvas
from haven_server.sources.synthetic.figures.head import Skull, ear_points, nose_point
from haven_server.sources.synthetic.figures.impostors import Floats32
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.skeleton import Joint, Posture

Seen = npt.NDArray[np.bool_]

BODY_JOINTS: Final = (
    Joint.LEFT_SHOULDER,
    Joint.RIGHT_SHOULDER,
    Joint.LEFT_ELBOW,
    Joint.RIGHT_ELBOW,
    Joint.LEFT_WRIST,
    Joint.RIGHT_WRIST,
    Joint.LEFT_HIP,
    Joint.RIGHT_HIP,
    Joint.LEFT_KNEE,
    Joint.RIGHT_KNEE,
    Joint.LEFT_ANKLE,
    Joint.RIGHT_ANKLE,
)
"""The last twelve of COCO's points; the first five are nose, eyes and ears."""
COVER_M: Final = np.array([0.03] * 3 + [0.06] * 2 + [0.14] * 2 + [0.09] * 4 + [0.17] * 2 + [0.11] * 2 + [0.09] * 2)
"""(17,) how far one's own body may be seen before each point: joints lie below skin and clothes."""
AWAY_RAD: Final = np.deg2rad(70)
"""Turn of the head away from the camera from which on there is no face to be seen."""
FACE_TOP: Final = 0.62
"""Height in the head, in halves of its height, up to which a face's box reaches."""
FACE_SIDE_RAD: Final = 1.25
"""How far round the head, to both sides, a face's box reaches."""


def body_points(person: Person, posture: Posture) -> Points:
    """Give COCO's 17 points, (17, 3) world m; left and right are the person's own."""
    head = posture.joints[Joint.HEAD] + _marks(person)[:5] @ posture.head.T
    return np.concatenate([head, posture.joints[list(BODY_JOINTS)]])


def face_points(person: Person, posture: Posture) -> Points:
    """Give left eye, right eye, nose, left and right corner of the mouth, (5, 3) world m.

    Left and right are those of a picture of somebody who looks at the camera, as face detectors count: the left eye is
    the person's right one.
    """
    return np.asarray(posture.joints[Joint.HEAD] + _marks(person)[[2, 1, 0, 6, 5]] @ posture.head.T)


def visible(person: Person, posture: Posture, camera: Camera, canvas: Canvas, owner: int) -> tuple[Seen, Seen]:
    """Say which points a camera sees, once everything is drawn: in the picture, and nothing before them.

    Args:
        canvas: the camera's picture; it may be one cut out by ``Camera.window``.
        owner: the person's number on it.

    Returns:
        (17,) of ``body_points`` and (5,) of ``face_points``.
    """
    body = _uncovered(body_points(person, posture), camera, canvas, owner, COVER_M)
    face = _uncovered(face_points(person, posture), camera, canvas, owner, COVER_M[:1])
    return body, face & (turned_away(posture, camera) < AWAY_RAD)


def face_box(person: Person, posture: Posture, camera: Camera) -> Floats32 | None:
    """Bound the face in the picture, from forehead to chin and from cheek to cheek.

    Returns:
        (4,) xyxy px, not clipped to the picture; None when the face looks away or is behind the camera.
    """
    if turned_away(posture, camera) > AWAY_RAD:
        return None
    outline = posture.joints[Joint.HEAD] + _outline(person) @ posture.head.T
    places = camera.project(outline)
    if places[:, 2].min() <= 0:
        return None
    return np.concatenate([places[:, :2].min(axis=0), places[:, :2].max(axis=0)]).astype(np.float32)


def turned_away(posture: Posture, camera: Camera) -> float:
    """Give the angle between where the face looks and the way to the camera, rad in [0, pi]."""
    way = camera.position - posture.joints[Joint.HEAD]
    return float(np.arccos(np.clip(posture.head[:, 0] @ way / np.linalg.norm(way), -1, 1)))


def _uncovered(points: Points, camera: Camera, canvas: Canvas, owner: int, cover_m: Points) -> Seen:
    x, y, depth = camera.project(points).T
    height, width = canvas.depth.shape
    inside = (depth > 0) & (x >= 0) & (x < width) & (y >= 0) & (y < height)
    column, row = (np.where(inside, place, 0).astype(np.int64) for place in (x, y))
    allowed = np.where(canvas.owner[row, column] == owner, cover_m, 0.0)
    return np.asarray(inside & (canvas.depth[row, column] > depth - allowed))


@lru_cache(maxsize=256)
def _marks(person: Person) -> Points:
    """Nose, the person's left and right eye, ears and corners of the mouth, (7, 3) m in the head's frame."""
    skull, face = Skull.of(person), person.face
    eye = face.eye_distance * face.width_ratio
    mouth, corner = face.mouth_width * face.width_ratio, face.mouth_height + 1.6 * face.smile
    marks = [nose_point(skull, face)]
    marks += [skull.surface(side * eye, face.eye_height) for side in (1, -1)]
    marks += list(ear_points(skull, face))
    marks += [skull.surface(side * mouth, corner) for side in (1, -1)]
    return np.stack(marks)


@lru_cache(maxsize=256)
def _outline(person: Person) -> Points:
    """Points on the rim of the face and in its middle, (P, 3) m in the head's frame."""
    skull = Skull.of(person)
    heights = np.linspace(-1, FACE_TOP, 12)[:, None]
    angles = np.linspace(-FACE_SIDE_RAD, FACE_SIDE_RAD, 7)[None, :]
    radii = skull.radii(heights)
    points = np.stack(
        [radii * np.cos(angles), radii * skull.width * np.sin(angles), np.broadcast_to(heights, (12, 7))], axis=-1
    )
    return np.asarray(points.reshape(-1, 3) * skull.half_m)
