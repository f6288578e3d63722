from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from haven_server.perception.detector import PersonDetector
from haven_server.ports import Engine
from haven_server.types import BGRImage, Frame

MakePicture = Callable[..., BGRImage]
TALL, SMALL = (40, 60, 120, 260), (400, 100, 460, 200)


def frame(image: BGRImage) -> Frame:
    return Frame("door", 0, 0, image)


@pytest.mark.parametrize("resize_width", [64, 320, 640])
@pytest.mark.parametrize("scale", [1, 3])
async def test_people_are_found_in_source_pixels_whatever_the_network_sees(
    engine: Engine, make_picture: MakePicture, resize_width: int, scale: int
) -> None:
    patches = [(tuple(scale * edge for edge in box), "red") for box in (TALL, SMALL)]
    picture = make_picture(*patches, height=360 * scale, width=640 * scale)
    found = await PersonDetector(engine, resize_width, 0.1).detect(frame(picture))
    network_pixel = scale * 640 / min(resize_width, 320)
    np.testing.assert_allclose(found.boxes, np.multiply(scale, [TALL, SMALL]), atol=1.1 * network_pixel)
    np.testing.assert_allclose(found.scores, [0.9, 0.7], atol=1e-6)


async def test_people_under_the_least_score_are_left_out(engine: Engine, make_picture: MakePicture) -> None:
    picture = make_picture((TALL, "red"), (SMALL, "red"))
    found = await PersonDetector(engine, 640, 0.8).detect(frame(picture))
    assert len(found.boxes) == len(found.scores) == 1


async def test_an_empty_room_gives_empty_detections(engine: Engine, make_picture: MakePicture) -> None:
    found = await PersonDetector(engine, 640, 0.1).detect(frame(make_picture()))
    assert found.boxes.shape == (0, 4)
    assert found.scores.shape == (0,)


async def test_frames_of_changing_size_are_taken_as_they_come(engine: Engine, make_picture: MakePicture) -> None:
    detector = PersonDetector(engine, 640, 0.1)
    for height, width in ((360, 640), (640, 360), (200, 200)):
        found = await detector.detect(frame(make_picture(((40, 60, 120, 160), "red"), height=height, width=width)))
        np.testing.assert_allclose(found.boxes, [[40, 60, 120, 160]], atol=3)
