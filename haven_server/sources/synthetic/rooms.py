"""The rooms of the demo world, by name."""

from __future__ import annotations

from collections.abc import Mapping

from haven_server.sources.synthetic import furniture as make
from haven_server.sources.synthetic.canvas import Light
from haven_server.sources.synthetic.interior import Interior, Wall
from haven_server.sources.synthetic.scene import Room, Sensor


def _living_room() -> Room:
    """A living room with a sofa that one passes behind."""
    room = Interior((6.4, 5.2, 2.6))
    room.doorway("hall", Wall.WEST, 0.95, hide=-1)
    room.doorway("kitchen", Wall.NORTH, 0.95, hide=-1)
    room.put_on_wall(make.window(1.7, 0.85, 2.15, "white", "cream", 1), Wall.NORTH, 3.6)
    room.put(make.rug(2.7, 1.9, "cream", 4), 3.55, 2.35, 1.5708)
    room.put(make.sofa(2.1, 3, "sage", ("mustard", "rust")), 3.55, 3.4, -1.5708, "sofa")
    room.put(make.table(1.1, 0.6, 0.42, "wood:oak"), 3.55, 2.1, 1.5708)
    room.put(make.vase("terracotta", 0.42, "moss"), 3.3, 2.1)
    room.put(make.sofa(0.92, 1, "rust", ()), 5.35, 1.75, 2.7, "armchair")
    room.put_on_wall(make.cupboard(1.5, 0.5, 0.4, "oak", 2), Wall.SOUTH, 3.4)
    room.put_on_wall(make.television(1.1, 0.53), Wall.SOUTH, 3.4, gap=0.2)
    room.put_on_wall(make.cupboard(1.2, 2.0, 0.32, "walnut", 5, "books"), Wall.EAST, 4.2)
    room.put(make.plant(1.45, "terracotta"), 5.9, 0.5)
    room.put(make.floor_lamp("cream"), 5.75, 2.75)
    room.put(make.pendant("cream", 2.6), 3.4, 2.4)
    room.put_on_wall(make.picture(0.8, 0.8, 1.55, "white", 3), Wall.WEST, 2.6)
    room.put_on_wall(make.picture(0.5, 0.5, 1.55, "white", 8), Wall.WEST, 3.5)
    room.spot("window", 3.6, 4.65, -90)
    room.spot("middle", 2.0, 2.3, 0)
    room.mount("a", (6.2, 0.25, 2.2), (1.9, 2.6, 1.0), 72, Sensor())
    room.mount("b", (0.25, 4.95, 2.1), (3.2, 1.5, 1.0), 70, Sensor(gain=(0.95, 1.0, 1.05), noise=3.0))
    return room.finish("living_room", "planks:oak:1", "plaster:cream:1", "plaster:white", Light())


ROOMS: Mapping[str, Room] = {room.name: room for room in (_living_room(),)}
