"""Requests that are nearly right: message type -> bytes of odd values, some damaged on the way."""

from __future__ import annotations

import random
from typing import Any

import cv2
import numpy as np
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from haven.v1 import tracking_pb2, tracking_service_pb2

CAMERAS = tuple(f"fuzz{number}" for number in range(1, 33))
TEXTS = ("", "fuzz1", "hall", "kitchen", "x" * 200, "../x", "a b", "\0", "\u0661", "-1", "7", "9" * 25)
WHOLE = (0, 1, 2, 3, 7, 100, 1000, 1001, 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1, -1, -(2**31), -(2**63))
REAL = (0.0, 1.0, -1.0, 0.5, 1e-300, 1e300, float("inf"), float("nan"))
DEEPEST = 3
"""How far messages are nested."""
BOUNDS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_ENUM: (0, 100),
}
EPOCH_S = 1_767_225_600


def request(message: Message, chance: random.Random) -> bytes:
    """Write an empty message with odd values, damaged as often as not."""
    fill(message, chance)
    return damage(message.SerializeToString(), chance)


def stream_of_frames(chance: random.Random) -> list[bytes]:
    """Write a stream of frames; most openings are right, so that what follows is looked at."""
    camera = chance.choice(CAMERAS)
    opening = tracking_service_pb2.StreamOpening(
        cameras=[tracking_service_pb2.CameraOpening(camera_id=camera)], lossless=chance.random() < 0.5
    )
    messages = [tracking_service_pb2.StreamFramesRequest(opening=opening).SerializeToString()]
    if chance.random() < 0.2:
        messages = [request(tracking_service_pb2.StreamFramesRequest(), chance)]
    for index in range(chance.randrange(4)):
        frame = tracking_pb2.Frame(camera_id=camera, index=index, jpeg=damage(_jpeg(chance), chance))
        frame.captured_at.FromSeconds(EPOCH_S + index)
        sent = tracking_service_pb2.StreamFramesRequest(frame=frame).SerializeToString()
        messages.append(damage(sent, chance) if chance.random() < 0.3 else sent)
    if chance.random() < 0.3:
        messages.append(request(tracking_service_pb2.StreamFramesRequest(), chance))
    return messages


def fill(message: Message, chance: random.Random, depth: int = 0) -> None:
    """Set about half of a message's fields, and of those of the messages in it."""
    for field in message.DESCRIPTOR.fields:
        if chance.random() < 0.4 or (field.message_type is not None and depth == DEEPEST):
            continue
        for _ in range(chance.choice((1, 1, 2, 70)) if field.is_repeated else 1):
            holder = getattr(message, field.name)
            if field.message_type is not None:
                below = holder.add() if field.is_repeated else holder
                below.SetInParent()
                fill(below, chance, depth + 1)
            elif field.is_repeated:
                holder.append(_value(field, chance))
            else:
                setattr(message, field.name, _value(field, chance))


def damage(data: bytes, chance: random.Random) -> bytes:
    """Change bytes, as often as not: turn, drop, repeat or insert some, or cut the end off."""
    damaged = bytearray(data)
    while chance.random() < 0.5:
        at, count = chance.randrange(len(damaged) + 1), chance.choice((1, 1, 2, 8, 64))
        match chance.randrange(5):
            case 0:
                damaged[at : at + 1] = chance.randbytes(1)
            case 1:
                del damaged[at : at + count]
            case 2:
                damaged[at:at] = damaged[at : at + count]
            case 3:
                damaged[at:at] = chance.randbytes(count)
            case _:
                del damaged[at:]
    return bytes(damaged)


def _value(field: Any, chance: random.Random) -> object:
    if field.cpp_type in BOUNDS:
        least, greatest = BOUNDS[field.cpp_type]
        return min(max(chance.choice(WHOLE), least), greatest)
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_BOOL:
            return chance.random() < 0.5
        case FieldDescriptor.CPPTYPE_STRING:
            if field.type == FieldDescriptor.TYPE_BYTES:
                return damage(_jpeg(chance), chance)
            return chance.choice(TEXTS)
        case _:
            return chance.choice(REAL)


def _jpeg(chance: random.Random) -> bytes:
    noise = np.frombuffer(chance.randbytes(16 * 16 * 3), np.uint8).reshape(16, 16, 3)
    return cv2.imencode(".jpg", cv2.resize(noise, (96, 64)))[1].tobytes()
