"""Draw a person into a picture: Person, Outfit, Posture, Camera -> Canvas."""

from __future__ import annotations

import numpy as np

from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Canvas, Light
from haven_server.sources.synthetic.face_texture import head_texture
from haven_server.sources.synthetic.hair import hair_shapes
from haven_server.sources.synthetic.head import ROWS_PER_HALF, Skull, head_shapes
from haven_server.sources.synthetic.impostors import Shapes, boxes, cast, clipped, hits, view_axes
from haven_server.sources.synthetic.people import Outfit, Person
from haven_server.sources.synthetic.shading import Texture, composed, lit
from haven_server.sources.synthetic.skeleton import Joint, Posture


class Figure:
    """A person in clothes, ready to be drawn in any posture."""

    def __init__(self, person: Person, outfit: Outfit) -> None:
        """Make shapes and textures once."""
        self.person, self.outfit = person, outfit
        hair = hair_shapes(person)
        self._head = head_shapes(person) if hair is None else Shapes.joined(head_shapes(person), hair)
        self._head_texture = Texture.of(head_texture(person), ROWS_PER_HALF / Skull.of(person).half_m)

    def draw(self, canvas: Canvas, camera: Camera, posture: Posture, light: Light, owner: int) -> None:
        """Draw where nothing on the canvas is nearer.

        Args:
            camera: whose picture the canvas is.
            owner: number of the person, 1 to 255.
        """
        shapes = self._head.placed(posture.joints[Joint.HEAD], posture.head)
        whole = clipped(_around(boxes(shapes, camera)), camera.width, camera.height)[0]
        left, top, right, bottom = (int(value) for value in whole)
        if left >= right or top >= bottom:
            return
        depth = canvas.depth[top:bottom, left:right].copy()
        equations, owners = cast(shapes, camera, depth, left, top)
        seen = hits(shapes, equations, camera, depth, owners, left, top)
        distance = float(camera.to_view(posture.joints[Joint.HEAD])[2])
        colours = self._head_texture.sampled(seen.columns, seen.rows, camera.focal_px / max(distance, 0.1))
        shaded = lit(colours, seen, seen.normals, light, view_axes(camera))
        composed(canvas, (left, top, right, bottom), depth, seen, shaded, owner)


def _around(bounds: np.ndarray) -> np.ndarray:
    """Give the box (1, 4) round all boxes, with a margin for soft edges."""
    low, high = np.nanmin(bounds[:, :2], axis=0) - 1, np.nanmax(bounds[:, 2:], axis=0) + 1
    return np.concatenate([low, high])[None]
