"""Draw a person into a picture: Person, Outfit, Posture, Camera -> Canvas."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Canvas, Light
from haven_server.sources.synthetic.figures.body import Body
from haven_server.sources.synthetic.figures.face_texture import head_texture
from haven_server.sources.synthetic.figures.garments import body_texture
from haven_server.sources.synthetic.figures.hair import hair_shapes
from haven_server.sources.synthetic.figures.head import ROWS_PER_HALF, Skull, head_shapes
from haven_server.sources.synthetic.figures.impostors import Floats32, Hits, draw_shapes
from haven_server.sources.synthetic.figures.mipmap import Mipmap
from haven_server.sources.synthetic.figures.patches import TEXELS_PER_M
from haven_server.sources.synthetic.figures.quadrics import box_round, boxes, clipped, view_axes
from haven_server.sources.synthetic.figures.shading import Drawn, composed, lit, openness, smoothed
from haven_server.sources.synthetic.figures.shapes import Shapes
from haven_server.sources.synthetic.people import Outfit, Person
from haven_server.sources.synthetic.skeleton import Joint, Posture

SOFT_EDGE_PX = np.array([-1.0, -1.0, 1.0, 1.0])


class Figure:
    """A person in clothes, ready to be drawn in any posture."""

    def __init__(self, person: Person, outfit: Outfit) -> None:
        """Make shapes and textures once."""
        self.person, self.outfit = person, outfit
        self._head = Shapes.joined(head_shapes(person), *hair_shapes(person))
        self._head_texture = Mipmap.of(head_texture(person), ROWS_PER_HALF / Skull.of(person).half_m)
        self._body = Body(person, outfit)
        self._body_texture = Mipmap.of(body_texture(person, outfit), TEXELS_PER_M)
        self._placed: tuple[Posture, Shapes] | None = None

    def silhouette_box(self, camera: Camera, posture: Posture) -> Floats32:
        """Bound the whole body as if nothing hid it.

        Returns:
            (4,) xyxy px, not clipped to the picture; NaN where nothing of it is in front of the camera.
        """
        return box_round(boxes(self._shapes(posture), camera)).astype(np.float32)

    def draw(self, canvas: Canvas, camera: Camera, posture: Posture, light: Light, owner: int) -> None:
        """Draw where nothing on the canvas is nearer.

        Args:
            camera: whose picture the canvas is.
            owner: number of the person, 1 to 255.
        """
        shapes = self._shapes(posture)
        bounds = boxes(shapes, camera)
        whole = (box_round(bounds) + SOFT_EDGE_PX)[None]
        left, top, right, bottom = clipped(whole, camera.width, camera.height)[0].tolist()
        if left >= right or top >= bottom:
            return
        depth = canvas.depth[top:bottom, left:right].copy()
        seen = draw_shapes(shapes, camera, bounds, depth, (left, top))
        if not len(seen.pixels):
            return
        drawn = Drawn((left, top), depth, seen, camera.focal_px / float(np.median(seen.points[2])))
        body_from = int(np.searchsorted(seen.shapes, len(self._head)))
        colours = self._colours(seen, body_from, drawn.pixels_per_m)
        normals = smoothed(drawn, body_from)
        composed(canvas, drawn, lit(colours, seen, normals, openness(drawn), light, view_axes(camera)), owner)
        canvas.touched.append((left, top, right, bottom))

    def _shapes(self, posture: Posture) -> Shapes:
        """Place all shapes; the last ones are kept, since whoever is drawn is measured, too."""
        if self._placed is None or self._placed[0] is not posture:
            head = self._head.placed(posture.joints[Joint.HEAD], posture.head)
            self._placed = posture, Shapes.joined(head, self._body.shapes(posture))
        return self._placed[1]

    def _colours(self, seen: Hits, body_from: int, pixels_per_m: float) -> npt.NDArray[np.uint8]:
        head, body = np.s_[:body_from], np.s_[body_from:]
        return np.concatenate(
            [
                self._head_texture.sampled(seen.columns[head], seen.rows[head], pixels_per_m),
                self._body_texture.sampled(seen.columns[body], seen.rows[body], pixels_per_m),
            ]
        )
