"""Draw a person into a picture: Person, Outfit, Posture, Camera -> Canvas."""

from __future__ import annotations

import numpy as np

from haven_server.sources.synthetic.body import Body
from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Canvas, Light
from haven_server.sources.synthetic.face_texture import head_texture
from haven_server.sources.synthetic.garments import TEXELS_PER_M, body_texture
from haven_server.sources.synthetic.hair import hair_shapes
from haven_server.sources.synthetic.head import ROWS_PER_HALF, Skull, head_shapes
from haven_server.sources.synthetic.impostors import Floats32, Shapes, boxes, cast, clipped, hits, view_axes
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
        self._body = Body(person, outfit)
        self._body_texture = Texture.of(body_texture(person, outfit), TEXELS_PER_M)

    def silhouette_box(self, camera: Camera, posture: Posture) -> Floats32:
        """Bound the whole body as if nothing hid it.

        Returns:
            (4,) xyxy px, not clipped to the picture; NaN where it is not in front of the camera.
        """
        bounds = boxes(self._shapes(posture), camera)
        if np.isnan(bounds).all():
            return np.full(4, np.nan, np.float32)
        return np.concatenate([np.nanmin(bounds[:, :2], axis=0), np.nanmax(bounds[:, 2:], axis=0)]).astype(np.float32)

    def draw(self, canvas: Canvas, camera: Camera, posture: Posture, light: Light, owner: int) -> None:
        """Draw where nothing on the canvas is nearer.

        Args:
            camera: whose picture the canvas is.
            owner: number of the person, 1 to 255.
        """
        shapes = self._shapes(posture)
        box = self.silhouette_box(camera, posture)
        whole = clipped((box + (-1, -1, 1, 1))[None].astype(np.float64), camera.width, camera.height)[0]
        left, top, right, bottom = (int(value) for value in whole)
        if left >= right or top >= bottom:
            return
        depth = canvas.depth[top:bottom, left:right].copy()
        equations, owners = cast(shapes, camera, depth, left, top)
        seen = hits(shapes, equations, camera, depth, owners, left, top)
        if not len(seen.pixels):
            return
        distance = max(float(camera.to_view(posture.joints[Joint.HEAD])[2]), 0.1)
        scale = camera.focal_px / distance
        split = int(np.searchsorted(seen.shapes, len(self._head.origin)))
        colours = np.concatenate(
            [
                self._head_texture.sampled(seen.columns[:split], seen.rows[:split], scale),
                self._body_texture.sampled(seen.columns[split:], seen.rows[split:], scale),
            ]
        )
        shaded = lit(colours, seen, seen.normals, light, view_axes(camera))
        composed(canvas, (left, top, right, bottom), depth, seen, shaded, owner)

    def _shapes(self, posture: Posture) -> Shapes:
        head = self._head.placed(posture.joints[Joint.HEAD], posture.head)
        return Shapes.joined(head, self._body.shapes(posture))
