"""The rooms of the demo world, by name.

In each, x runs to the east and y to the north; every room's first doorway and its cameras are placed so that who comes
in walks towards a camera.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import pi

from haven_server.sources.synthetic.canvas import Light
from haven_server.sources.synthetic.rooms import fittings
from haven_server.sources.synthetic.rooms import furniture as make
from haven_server.sources.synthetic.rooms.interior import Interior, Wall
from haven_server.sources.synthetic.scene import Room, Sensor

_SOUTHWARDS, _NORTHWARDS, _WESTWARDS = -pi / 2, pi / 2, pi


def _living_room() -> Room:
    """A living room whose sofa one passes behind."""
    room = Interior((6.4, 5.2, 2.6))
    room.doorway("hall", Wall.WEST, 0.95, hide=-1)
    room.doorway("kitchen", Wall.NORTH, 0.95, hide=1)
    room.put_on_wall(fittings.window(1.7, 0.85, 2.15, "white", "cream", 1, "sunny"), Wall.NORTH, 3.6)
    room.put(fittings.rug(2.7, 1.9, "cream", 4), 3.55, 2.15, _NORTHWARDS)
    room.put(make.sofa(2.1, 3, "sage", ("mustard", "rust")), 3.55, 3.4, _SOUTHWARDS, "sofa")
    room.put(make.table(1.1, 0.6, 0.42, "wood:oak"), 3.55, 1.75, _NORTHWARDS)
    room.put(fittings.vase("terracotta", 0.42, "moss"), 3.3, 1.75)
    room.put(make.sofa(0.92, 1, "rust", ()), 5.4, 2.0, 2.8, "armchair")
    room.put_on_wall(make.cupboard(1.5, 0.5, 0.4, "oak", 2), Wall.SOUTH, 3.5)
    room.put_on_wall(fittings.television(1.1, 0.53), Wall.SOUTH, 3.5, gap=0.2)
    room.put_on_wall(make.cupboard(1.2, 2.0, 0.32, "walnut", 5, "books"), Wall.EAST, 4.3)
    room.put(fittings.plant(1.45, "terracotta"), 5.95, 0.45)
    room.put(fittings.floor_lamp("cream"), 5.95, 3.05)
    room.put(fittings.pendant("cream", 2.6), 3.5, 2.3)
    room.put_on_wall(fittings.picture(0.6, 0.6, 1.6, "white", 27), Wall.SOUTH, 1.9)
    room.put_on_wall(fittings.picture(0.8, 0.8, 1.55, "white", 3), Wall.WEST, 2.6)
    room.put_on_wall(fittings.picture(0.5, 0.5, 1.55, "white", 8), Wall.WEST, 3.5)
    room.spot("window", 3.6, 4.45, -90)
    room.spot("middle", 1.9, 2.2, -20)
    room.spot("bookcase", 5.4, 4.3, 0)
    room.spot("television", 4.9, 0.95, 150)
    room.spot("behind_sofa", 2.4, 4.4, -60)
    room.mount("a", (6.2, 0.2, 2.05), (2.2, 2.35, 0.95), 74, Sensor(gain=(0.97, 1.0, 1.02), noise=2.0))
    room.mount("b", (0.2, 5.0, 2.25), (3.3, 1.7, 0.8), 76, Sensor(gain=(1.05, 1.0, 0.96), noise=3.0, jpeg_quality=80))
    return room.finish("living_room", "planks:oak:1", "plaster:cream:1", "plaster:white", Light())


def _hall() -> Room:
    """A hall with three doorways and a low wall across half of it."""
    room = Interior((6.2, 3.3, 2.5))
    room.doorway("living_room", Wall.EAST, 2.3, hide=-1)
    room.doorway("bedroom", Wall.NORTH, 1.2, hide=1)
    room.doorway("entrance", Wall.WEST, 1.0, hide=-1)
    room.put(fittings.rug(3.6, 0.9, "dusk", 6), 3.0, 1.45, _NORTHWARDS)
    room.put(fittings.half_wall(1.15, 1.15, "sage", "oak"), 3.3, 2.72)
    room.put(fittings.plant(0.75, "cream", "moss", 0.5), 3.85, 2.95)
    room.put_on_wall(make.cupboard(1.2, 0.82, 0.36, "ash", 11), Wall.SOUTH, 2.5)
    room.put_on_wall(fittings.table_lamp("cream", "teal", 0.85), Wall.SOUTH, 2.15, gap=0.18)
    room.put_on_wall(fittings.vase("rose", 0.85, "sage"), Wall.SOUTH, 2.85, gap=0.18)
    room.put_on_wall(fittings.coat_rack(("navy", "mustard", "rust", "olive")), Wall.NORTH, 4.75)
    room.put_on_wall(fittings.picture(0.9, 0.7, 1.6, "cream", 21), Wall.SOUTH, 4.4)
    room.put_on_wall(fittings.picture(0.5, 0.65, 1.6, "white", 22), Wall.NORTH, 2.35)
    room.put_on_wall(fittings.closed_door("white", 4), Wall.SOUTH, 5.5)
    room.put(fittings.pendant("cream", 2.5, 0.4, 0.36), 1.5, 1.6)
    room.put(fittings.pendant("cream", 2.5, 0.4, 0.36), 4.7, 1.6)
    room.spot("middle", 3.0, 1.45, 0)
    room.spot("coats", 4.75, 2.55, 90)
    room.spot("sideboard", 2.5, 0.85, -90)
    room.spot("behind_wall", 2.6, 2.6, 0)
    room.spot("east", 5.2, 1.3, 180)
    room.mount("a", (6.05, 0.2, 2.2), (2.6, 1.55, 1.0), 68, Sensor(gain=(0.9, 0.98, 1.04), gamma=1.08, noise=3.5))
    room.mount("b", (0.15, 3.1, 2.0), (3.4, 1.3, 1.0), 70, Sensor(gain=(0.98, 0.98, 0.98), noise=2.5, vignette=0.2))
    lamplight = Light(colour=(0.52, 0.60, 0.66), ambient=(0.46, 0.48, 0.49))
    return room.finish("hall", "parquet:honey:2", "stripes:mint:1", "plaster:white", lamplight)


def _bedroom() -> Room:
    """A bedroom with a double bed."""
    room = Interior((5.2, 4.6, 2.5))
    room.doorway("hall", Wall.WEST, 0.9, hide=-1)
    room.put_on_wall(fittings.window(1.5, 0.85, 2.1, "white", "dusk", 7, "sunny"), Wall.EAST, 2.3)
    room.put_on_wall(make.bed(1.6, "white", "petrol", "wood:walnut", -1, pillows=2), Wall.NORTH, 2.7, name="bed")
    for along, lamp in ((1.45, "cream"), (3.95, "cream")):
        room.put_on_wall(make.cupboard(0.45, 0.5, 0.38, "walnut", 31), Wall.NORTH, along)
        room.put_on_wall(fittings.table_lamp(lamp, "clay", 0.53), Wall.NORTH, along, gap=0.19)
    room.put(fittings.rug(2.3, 1.7, "blush", 15), 2.5, 1.75, _NORTHWARDS)
    room.put_on_wall(make.cupboard(1.5, 2.05, 0.58, "cream", 35), Wall.WEST, 3.4)
    room.put(make.sofa(0.85, 1, "clay", ("cream",)), 4.4, 0.95, 2.4, "armchair")
    room.put(fittings.plant(1.2, "white", "leaf", 0.6), 4.8, 3.75)
    room.put(fittings.pendant("blush", 2.5, 0.45, 0.5), 2.5, 1.9)
    room.put_on_wall(fittings.picture(1.1, 0.75, 1.6, "white", 5), Wall.NORTH, 2.7)
    room.put_on_wall(fittings.picture(0.5, 0.5, 1.5, "cream", 9), Wall.WEST, 2.05)
    room.spot("middle", 2.3, 1.45, 90)
    room.spot("window", 4.5, 2.4, 0)
    room.spot("wardrobe", 1.05, 3.0, 180)
    room.spot("foot_of_bed", 2.9, 1.9, 180)
    room.mount("a", (5.0, 0.2, 2.35), (2.1, 2.5, 0.75), 76, Sensor(gain=(1.0, 0.98, 0.97), noise=2.5))
    room.mount(
        "b", (0.95, 4.42, 2.2), (2.75, 1.5, 0.75), 80, Sensor(gain=(1.04, 1.02, 0.98), noise=4.0, jpeg_quality=75)
    )
    evening = Light(colour=(0.57, 0.60, 0.64), ambient=(0.48, 0.48, 0.48))
    return room.finish("bedroom", "carpet:sand:1", "plaster:blush:3", "plaster:white", evening)


def _entrance() -> Room:
    """A wide entrance with a counter and a bench."""
    room = Interior((7.0, 5.4, 2.8))
    room.doorway("street", Wall.SOUTH, 1.6, hide=-1, width=1.2)
    room.doorway("hall", Wall.NORTH, 5.7, hide=1)
    room.put_on_wall(fittings.window(2.2, 0.5, 2.3, "charcoal", None, 12, "sunny"), Wall.SOUTH, 4.6)
    room.put_on_wall(fittings.window(1.6, 0.9, 2.2, "charcoal", None, 14), Wall.WEST, 3.9)
    room.put(fittings.rug(1.8, 1.2, "slate", 21), 1.6, 1.0, _NORTHWARDS)
    room.put(make.counter(2.2, 1.05, "sage", "oak"), 3.1, 3.75, _SOUTHWARDS)
    room.put(fittings.vase("white", 1.09, "leaf"), 2.3, 3.75)
    room.put_on_wall(make.bench(1.6, "clay", "wood:oak"), Wall.EAST, 2.4, gap=0.05, name="bench")
    room.put_on_wall(fittings.picture(1.3, 0.9, 1.7, "cream", 44), Wall.EAST, 2.4)
    room.put_on_wall(make.cupboard(1.8, 1.9, 0.34, "oak", 46, "books"), Wall.NORTH, 1.3)
    room.put(fittings.plant(1.7, "charcoal", "leaf", 0.9), 6.4, 0.65)
    room.put(fittings.plant(1.25, "clay", "moss", 0.7), 0.55, 2.6)
    room.put(make.round_table(0.7, 0.74, "wood:oak"), 5.35, 1.15)
    room.put(make.chair("wood:oak", "teal"), 4.6, 1.1, 2.2, "chair")
    for x in (2.0, 3.5, 5.0):
        room.put(fittings.pendant("white", 2.8, 0.45, 0.4), x, 2.7)
    room.put_on_wall(fittings.clock(0.42, 2.1), Wall.NORTH, 4.4)
    room.spot("counter", 3.1, 2.85, 90)
    room.spot("behind_counter", 3.6, 4.5, -90)
    room.spot("mat", 1.6, 1.3, 90)
    room.spot("middle", 3.4, 2.1, 0)
    room.spot("clock", 4.8, 4.4, 90)
    room.mount("a", (2.6, 5.2, 2.5), (2.5, 1.8, 0.8), 80, Sensor(gain=(1.06, 1.02, 0.98), noise=2.0, jpeg_quality=85))
    room.mount("b", (6.8, 5.1, 2.3), (3.4, 2.0, 0.8), 70, Sensor(gain=(1.0, 1.0, 1.0), gamma=0.95, noise=2.5))
    daylight = Light(colour=(0.64, 0.64, 0.63), ambient=(0.54, 0.53, 0.51))
    return room.finish("entrance", "tiles:stone:1", "plaster:cream:2", "plaster:white", daylight, "charcoal")


def _ward() -> Room:
    """A care room with two beds and a screen between them."""
    room = Interior((6.4, 5.0, 2.7))
    room.doorway("hall", Wall.SOUTH, 1.2, hide=1, width=1.1)
    room.put_on_wall(fittings.window(2.4, 0.85, 2.25, "white", "mint", 17, "sunny"), Wall.EAST, 2.9)
    room.put_on_wall(make.hospital_bed("white", "sky", 1), Wall.NORTH, 1.7, gap=0.03, name="bed_1")
    room.put_on_wall(make.hospital_bed("white", "mint", -1), Wall.NORTH, 4.6, gap=0.03, name="bed_2")
    room.put_on_wall(fittings.screen(1.5, 1.75, "mint"), Wall.NORTH, 3.25, gap=0.15)
    for along, variant in ((0.8, 51), (5.5, 52)):
        room.put_on_wall(make.cupboard(0.45, 0.75, 0.42, "ash", variant), Wall.NORTH, along)
    room.put_on_wall(fittings.vase("dusk", 0.78, "sage"), Wall.NORTH, 0.8, gap=0.2)
    room.put_on_wall(fittings.table_lamp("white", "sky", 0.78), Wall.NORTH, 5.5, gap=0.2)
    room.put(make.chair("wood:ash", "teal"), 3.25, 0.6, _NORTHWARDS, "chair")
    room.put(make.sofa(0.9, 1, "dusk", ()), 5.55, 0.95, 2.2, "armchair")
    room.put_on_wall(make.cupboard(0.9, 1.95, 0.5, "ash", 57), Wall.SOUTH, 4.4)
    room.put_on_wall(fittings.handrail(2.6), Wall.WEST, 2.3)
    room.put_on_wall(fittings.picture(0.7, 0.5, 1.7, "white", 61), Wall.WEST, 2.6)
    room.put_on_wall(fittings.clock(0.36, 2.1), Wall.SOUTH, 2.6)
    for x in (1.8, 4.6):
        room.put(fittings.ceiling_panel(2.7), x, 2.2)
    room.spot("middle", 3.2, 1.75, 90)
    room.spot("window", 5.6, 3.0, 0)
    room.spot("bedside_1", 0.65, 2.9, 0)
    room.spot("bedside_2", 5.7, 2.3, 180)
    room.mount("a", (6.25, 0.9, 2.5), (2.9, 2.6, 0.5), 78, Sensor(gain=(0.97, 0.96, 0.94), noise=2.0))
    room.mount("b", (0.2, 4.8, 2.3), (2.6, 1.5, 0.7), 80, Sensor(gain=(1.0, 1.02, 1.05), noise=3.0, jpeg_quality=80))
    clinical = Light(colour=(0.57, 0.58, 0.58), ambient=(0.52, 0.52, 0.51))
    return room.finish("ward", "vinyl:#b9b3a2:2", "plaster:mint:2", "plaster:white", clinical)


ROOMS: Mapping[str, Room] = {room.name: room for room in (_living_room(), _hall(), _bedroom(), _entrance(), _ward())}
