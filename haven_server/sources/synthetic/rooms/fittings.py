"""What makes a room of four walls: windows, doors, lamps, plants, rugs, and what hangs and stands about.

As in ``furniture``; what belongs to a wall has its back at x = 0.
"""

from __future__ import annotations

from haven_server.sources.synthetic.rooms.furniture import Piece, part
from haven_server.sources.synthetic.scene import Shape, Solid


def window(
    width: float, sill: float, head: float, frame: str, curtain: str | None, variant: int, kind: str = "window"
) -> Piece:
    """A window from sill to head, m over the floor, in a wall at x = 0; with curtains, or a radiator.

    Args:
        kind: ``window``, or ``sunny`` where the sun shines in.
    """
    half = width / 2
    solids = [
        part(f"{kind}:{frame}:{variant}", (-0.01, 0.015), (-half, half), (sill, head), blocks=False),
        part(f"paint:{frame}", (0.0, 0.14), (-half - 0.06, half + 0.06), (sill - 0.045, sill), blocks=False),
    ]
    for y in (-half, half):
        solids.append(part(f"paint:{frame}", (0.0, 0.035), (y - 0.035, y + 0.035), (sill, head), blocks=False))
    solids.append(
        part(f"paint:{frame}", (0.0, 0.035), (-half - 0.035, half + 0.035), (head - 0.01, head + 0.06), blocks=False)
    )
    if curtain is not None:
        rod = head + 0.12
        solids.append(part("metal:brass", (0.1, 0.125), (-half - 0.45, half + 0.45), (rod, rod + 0.025), blocks=False))
        for y in (-half - 0.18, half + 0.18):
            solids.append(
                part(f"curtain:{curtain}", (0.06, 0.15), (y - 0.2, y + 0.2), (0.06, rod + 0.01), blocks=False)
            )
    elif sill > 0.7:
        solids.append(part(f"panels:{frame}", (0.03, 0.12), (-half * 0.8, half * 0.8), (0.14, sill - 0.12)))
    return Piece(tuple(solids))


def door_frame(width: float, height: float, deep: float, colour: str = "white") -> tuple[Solid, ...]:
    """The frame round a door or doorway in a wall at x = 0, ``deep`` m into the wall."""
    half, board = width / 2, 0.08
    return (
        part(f"paint:{colour}", (-deep, 0.03), (-half - board, -half), (0, height + board), blocks=False),
        part(f"paint:{colour}", (-deep, 0.03), (half, half + board), (0, height + board), blocks=False),
        part(f"paint:{colour}", (-deep, 0.03), (-half, half), (height, height + board), blocks=False),
    )


def closed_door(colour: str, variant: int, width: float = 0.9) -> Piece:
    """A door that stays shut, in a wall at x = 0."""
    half, height = width / 2, 2.05
    return Piece(
        (
            part(f"door:{colour}:{variant}", (0.0, 0.02), (-half, half), (0, height), blocks=False),
            *door_frame(width, height, 0.0),
        )
    )


def picture(width: float, height: float, middle: float, mat: str, variant: int) -> Piece:
    """A framed picture on a wall at x = 0, its middle at a height."""
    span = (middle - height / 2, middle + height / 2)
    return Piece((part(f"picture:{mat}:{variant}", (0.0, 0.025), (-width / 2, width / 2), span, blocks=False),))


def clock(diameter: float, middle: float) -> Piece:
    """A clock on a wall at x = 0."""
    radius = diameter / 2
    span = (middle - radius, middle + radius)
    return Piece((part("clock:walnut", (0.0, 0.03), (-radius, radius), span, blocks=False),))


def handrail(length: float) -> Piece:
    """A rail to hold on to, along a wall at x = 0."""
    half = length / 2
    solids = [part("wood:ash", (0.04, 0.075), (-half, half), (0.86, 0.92), blocks=False)]
    for y in (-half + 0.2, 0.0, half - 0.2):
        solids.append(part("metal:steel", (0.0, 0.05), (y - 0.015, y + 0.015), (0.87, 0.9), blocks=False))
    return Piece(tuple(solids))


def coat_rack(colours: tuple[str, ...]) -> Piece:
    """A board with hooks and coats on a wall at x = 0."""
    half = 0.14 * len(colours) + 0.1
    solids = [part("wood:oak", (0.0, 0.03), (-half, half), (1.62, 1.74), blocks=False)]
    for index, colour in enumerate(colours):
        y = -half + 0.2 + 0.28 * index
        low = (0.82, 0.98, 0.74)[index % 3]
        solids.append(part("metal:brass", (0.03, 0.09), (y - 0.012, y + 0.012), (1.66, 1.685), blocks=False))
        solids.append(part(f"cushion:{colour}:{index}", (0.03, 0.17), (y - 0.15, y + 0.15), (low, 1.67), blocks=False))
    return Piece(tuple(solids))


def half_wall(length: float, height: float, paint: str, cap: str) -> Piece:
    """A low wall along y with a wooden cap."""
    half = length / 2
    return Piece(
        (
            part(f"plaster:{paint}", (-0.06, 0.06), (-half, half), (0, height)),
            part(f"wood:{cap}", (-0.09, 0.09), (-half - 0.03, half + 0.03), (height, height + 0.04)),
        )
    )


def screen(length: float, height: float, cloth: str) -> Piece:
    """A folding screen of cloth that stands off a wall at x = 0."""
    return Piece(
        (
            part("metal:steel", (0.0, length), (-0.015, 0.015), (height, height + 0.03)),
            part("metal:steel", (0.0, 0.03), (-0.015, 0.015), (0, height)),
            part("metal:steel", (length - 0.03, length), (-0.015, 0.015), (0, height)),
            part("metal:steel", (length - 0.04, length - 0.01), (-0.2, 0.2), (0, 0.03)),
            part(f"curtain:{cloth}:2", (0.03, length - 0.03), (-0.02, 0.02), (0.18, height)),
        )
    )


def floor_lamp(shade: str) -> Piece:
    """A standing lamp, 1.6 m high."""
    round_shape = Shape.CYLINDER
    return Piece(
        (
            part("metal:charcoal", (-0.15, 0.15), (-0.15, 0.15), (0, 0.025), shape=round_shape),
            part("metal:charcoal", (-0.013, 0.013), (-0.013, 0.013), (0, 1.36), shape=round_shape),
            part(f"lampshade:{shade}", (-0.2, 0.2), (-0.2, 0.2), (1.32, 1.62), blocks=False, shape=round_shape),
        )
    )


def table_lamp(shade: str, foot: str, height: float) -> Piece:
    """A small lamp that stands at a height."""
    return Piece(
        (
            part(
                f"ceramic:{foot}",
                (-0.075, 0.075),
                (-0.075, 0.075),
                (height, height + 0.22),
                blocks=False,
                shape=Shape.ELLIPSOID,
            ),
            part(
                f"lampshade:{shade}",
                (-0.13, 0.13),
                (-0.13, 0.13),
                (height + 0.2, height + 0.39),
                blocks=False,
                shape=Shape.CYLINDER,
            ),
        )
    )


def pendant(shade: str, ceiling: float, drop: float = 0.55, diameter: float = 0.42) -> Piece:
    """A lamp that hangs from the ceiling."""
    radius, low = diameter / 2, ceiling - drop
    return Piece(
        (
            part("metal:charcoal", (-0.008, 0.008), (-0.008, 0.008), (low, ceiling), False, Shape.CYLINDER),
            part(
                f"lampshade:{shade}",
                (-radius, radius),
                (-radius, radius),
                (low - 0.16, low + 0.1),
                False,
                Shape.ELLIPSOID,
            ),
        )
    )


def ceiling_panel(ceiling: float, length: float = 1.2, width: float = 0.3) -> Piece:
    """A flat lamp on the ceiling, as in a care home."""
    half_x, half_y = length / 2, width / 2
    return Piece(
        (
            part(
                "paint:white",
                (-half_x - 0.03, half_x + 0.03),
                (-half_y - 0.03, half_y + 0.03),
                (ceiling - 0.03, ceiling),
                False,
            ),
            part("bulb:white", (-half_x, half_x), (-half_y, half_y), (ceiling - 0.045, ceiling - 0.028), False),
        )
    )


def plant(height: float, pot: str, leaves: str = "leaf", spread: float = 0.75) -> Piece:
    """A plant in a pot; its leaves spread over ``spread`` m."""
    tall = min(0.34, height * 0.3)
    radius = tall * 0.5
    return Piece(
        (
            part(f"ceramic:{pot}", (-radius, radius), (-radius, radius), (0, tall), shape=Shape.CYLINDER),
            part(
                "carpet:espresso",
                (-radius * 0.88, radius * 0.88),
                (-radius * 0.88, radius * 0.88),
                (tall - 0.05, tall + 0.005),
                shape=Shape.CYLINDER,
            ),
            part(
                f"leaf:{leaves}",
                (-spread / 2, spread / 2),
                (-spread / 2, spread / 2),
                (tall, height),
                False,
                Shape.FOLIAGE,
            ),
        )
    )


def vase(colour: str, bottom: float, leaves: str | None = None) -> Piece:
    """A vase that stands at a height, perhaps with twigs."""
    solids = [part(f"ceramic:{colour}", (-0.07, 0.07), (-0.07, 0.07), (bottom, bottom + 0.2), False, Shape.ELLIPSOID)]
    if leaves is not None:
        solids.append(
            part(f"leaf:{leaves}", (-0.2, 0.2), (-0.2, 0.2), (bottom + 0.17, bottom + 0.52), False, Shape.FOLIAGE)
        )
    return Piece(tuple(solids))


def rug(length: float, width: float, colour: str, variant: int) -> Piece:
    """A rug, its length along y."""
    return Piece(
        (
            part(
                f"rug:{colour}:{variant}",
                (-width / 2, width / 2),
                (-length / 2, length / 2),
                (0.0, 0.012),
                blocks=False,
            ),
        )
    )


def television(width: float, bottom: float) -> Piece:
    """A screen on a foot that stands at a height."""
    half, tall = width / 2, width * 0.57
    return Piece(
        (
            part("screen:slate", (-0.02, 0.02), (-half, half), (bottom + 0.05, bottom + 0.05 + tall), blocks=False),
            part("metal:charcoal", (-0.1, 0.1), (-0.2, 0.2), (bottom, bottom + 0.015), blocks=False),
            part("metal:charcoal", (-0.045, -0.02), (-0.05, 0.05), (bottom, bottom + 0.2), blocks=False),
        )
    )
