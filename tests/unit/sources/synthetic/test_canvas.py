"""A canvas forgets the people on it, and only them."""

from __future__ import annotations

import numpy as np

from haven_server.sources.synthetic.canvas import Canvas


def test_a_cleared_canvas_shows_the_room_again_where_somebody_was_drawn() -> None:
    colour, depth = np.full((20, 30, 3), 90, np.uint8), np.full((20, 30), 4.0, np.float32)
    canvas = Canvas.over(colour, depth)
    canvas.colour[5:9, 3:7], canvas.depth[5:9, 3:7], canvas.owner[5:9, 3:7] = 200, 1.0, 2
    canvas.touched.append((3, 5, 7, 9))
    canvas.clear(colour, depth)
    assert np.array_equal(canvas.colour, colour) and np.array_equal(canvas.depth, depth)
    assert not canvas.owner.any() and not canvas.touched
