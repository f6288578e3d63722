"""Tell exactly who is to be seen where in a picture: canvas, postures -> FrameTruth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.camera import Camera, Points
from haven_server.sources.synthetic.canvas import Canvas
from haven_server.sources.synthetic.figures import keypoints
from haven_server.sources.synthetic.scenarios.director import Actor
from haven_server.sources.synthetic.skeleton import Joint, Posture, Stance
from haven_server.types import BoxXYXY

LEAST_VISIBILITY = 0.2
"""Of whom less is to be seen, no detector is asked for."""
LEAST_HEIGHT = 0.05
"""Of the picture's height; whoever is smaller is not asked for either."""
HEAD_RADIUS_M = 0.07
"""Within which points of the head are looked for; a head is wider everywhere."""

PicturePoints = npt.NDArray[np.float32]
"""(N, 3) float32: x px, y px, and 0 out of the picture, 1 hidden, 2 visible."""


@dataclass(frozen=True, slots=True, eq=False)
class PersonTruth:
    """One person in one picture.

    Attributes:
        global_id: the same in all cameras.
        box: around the whole body as if nothing hid it, cut off at the picture's edges.
        visibility: share of the body that is to be seen, in [0, 1].
        body: (17, 3) in COCO order.
        face: (5, 3): eyes, nose, corners of the mouth as the picture shows them, left first; all three columns 0
            while the face looks away.
        face_box: None while the face looks away.
    """

    global_id: int
    box: BoxXYXY
    visibility: float
    stance: Stance
    body: PicturePoints
    face: PicturePoints
    face_box: BoxXYXY | None

    def is_asked_for(self, picture_height: int) -> bool:
        """Tell whether a detector ought to find this person; missing others is no fault."""
        height = float(self.box[3] - self.box[1])
        return self.visibility >= LEAST_VISIBILITY and height >= LEAST_HEIGHT * picture_height


@dataclass(frozen=True, slots=True, eq=False)
class FrameTruth:
    """Everybody in one picture, by ascending id.

    Attributes:
        index: of the picture in its film, from 0.
    """

    index: int
    people: tuple[PersonTruth, ...]


def person_truth(actor: Actor, camera: Camera, canvas: Canvas) -> PersonTruth | None:
    """Measure one person on a finished canvas.

    Returns:
        None for somebody of whom no part would be in the picture even if nothing were in the way.
    """
    whole = actor.figure.silhouette_box(camera, actor.posture)
    box = np.clip(whole, 0, [camera.width, camera.height, camera.width, camera.height]).astype(np.float32)
    # NaN, where nobody is in front of the camera, is not over 1 either.
    if not (box[2] - box[0] >= 1 and box[3] - box[1] >= 1):
        return None
    person = actor.figure.person
    body_visible, face_visible = keypoints.visible(person, actor.posture, camera, canvas, actor.global_id)
    face_box = keypoints.face_box(person, actor.posture, camera)
    face = _in_picture(camera, keypoints.face_points(person, actor.posture), face_visible)
    return PersonTruth(
        actor.global_id,
        box,
        _visibility(actor.posture, camera, canvas, actor.global_id),
        actor.posture.stance,
        _in_picture(camera, keypoints.body_points(person, actor.posture), body_visible),
        face if face_box is not None else np.zeros_like(face),
        face_box,
    )


def _in_picture(camera: Camera, points: Points, visible: npt.NDArray[np.bool_]) -> PicturePoints:
    projected = camera.project(points)
    inside = _inside(camera, projected)
    return np.column_stack([projected[:, :2], np.where(inside, 1 + (visible & inside), 0)]).astype(np.float32)


def _inside(camera: Camera, projected: Points) -> npt.NDArray[np.bool_]:
    x, y, depth = projected[:, 0], projected[:, 1], projected[:, 2]
    return np.asarray((depth > 0) & (x >= 0) & (x < camera.width) & (y >= 0) & (y < camera.height))


def _visibility(posture: Posture, camera: Camera, canvas: Canvas, owner: int) -> float:
    """Look for points spread evenly over the body, and tell of which share the person's own pixels are seen."""
    head = posture.joints[Joint.HEAD] + HEAD_RADIUS_M * _HEAD_OFFSETS @ posture.head.T
    projected = camera.project(np.concatenate([_BODY_WEIGHTS @ posture.joints, head]))
    inside = _inside(camera, projected)
    x, y = projected[inside, :2].astype(np.intp).T
    return float((canvas.owner[y, x] == owner).sum() / len(projected))


def _body_weights() -> npt.NDArray[np.float64]:
    """Spread points over limbs and trunk, one for about 50 square centimetres: (N, 21) shares of the joints."""
    limbs = (
        ("HIP", "KNEE", 13),
        ("KNEE", "ANKLE", 9),
        ("ANKLE", "TOE", 4),
        ("SHOULDER", "ELBOW", 5),
        ("ELBOW", "WRIST", 4),
        ("WRIST", "HAND", 2),
    )
    rows = []
    for side in ("LEFT", "RIGHT"):
        for start, end, count in limbs:
            for share in (np.arange(count) + 0.5) / count:
                rows.append({f"{side}_{start}": 1 - share, f"{side}_{end}": share})
    for across in (np.arange(6) + 0.5) / 6:
        for down in (np.arange(6) + 0.5) / 6:
            rows.append(
                {
                    "LEFT_SHOULDER": (1 - across) * (1 - down),
                    "RIGHT_SHOULDER": across * (1 - down),
                    "LEFT_HIP": (1 - across) * down,
                    "RIGHT_HIP": across * down,
                }
            )
    weights = np.zeros((len(rows), len(Joint)))
    for row, shares in enumerate(rows):
        for joint, share in shares.items():
            weights[row, Joint[joint]] = share
    return weights


_BODY_WEIGHTS = _body_weights()
_HEAD_OFFSETS = np.array([[0, 0, 0], *np.eye(3), *-np.eye(3)])
