"""Frames of several cameras must come in capture order."""

from __future__ import annotations

import numpy as np
import pytest

from haven_server.errors import InvalidInputError
from haven_server.rpc.frame_order import FrameOrder
from haven_server.types import Frame, Watermark

IMAGE = np.zeros((2, 2, 3), np.uint8)


def frame(camera_id: str, index: int, captured_at: int) -> Frame:
    return Frame(camera_id, index, captured_at, IMAGE)


def test_a_frame_promises_its_time_for_every_other_camera() -> None:
    order = FrameOrder(["a", "b", "c"])
    assert order.accept(frame("b", 0, 50)) == (Watermark("a", 50), Watermark("c", 50))


def test_a_single_camera_promises_nothing_for_others() -> None:
    assert FrameOrder(["a"]).accept(frame("a", 0, 50)) == ()


def test_cameras_may_share_a_capture_time() -> None:
    order = FrameOrder(["a", "b"])
    order.accept(frame("a", 0, 50))
    assert order.accept(frame("b", 0, 50)) == (Watermark("a", 50),)


def test_nothing_is_promised_of_a_camera_that_has_ended() -> None:
    order = FrameOrder(["a", "b"])
    order.end("a")
    assert order.accept(frame("b", 0, 50)) == ()


def test_a_frame_earlier_than_another_cameras_is_refused() -> None:
    order = FrameOrder(["a", "b"])
    order.accept(frame("a", 0, 50))
    with pytest.raises(InvalidInputError, match="camera 'b', frame 0: captured at 49 ns"):
        order.accept(frame("b", 0, 49))


def test_a_frame_that_is_refused_leaves_the_order_as_it_was() -> None:
    order = FrameOrder(["a"])
    order.accept(frame("a", 3, 50))
    with pytest.raises(InvalidInputError, match="came after frame 3"):
        order.accept(frame("a", 3, 60))
    assert order.accept(frame("a", 4, 55)) == ()


def test_a_camera_ends_once() -> None:
    order = FrameOrder(["a", "b"])
    order.end("a")
    with pytest.raises(InvalidInputError, match="camera 'a' is not in this stream, or has ended"):
        order.end("a")
