"""Pieces of furniture round their own origin on the floor: what is behind lies at -x, the front looks to +x."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import pi

from haven_server.sources.synthetic.scene import Bed, Place, Seat, Shape, Solid

FOOT_M = 0.45
"""How far in front of a seat one stands before sitting down."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that can be put into a room as a whole.

    Attributes:
        solids: its parts.
        seats, beds: what one can do with it, by a short name.
    """

    solids: tuple[Solid, ...]
    seats: Mapping[str, Seat] = field(default_factory=dict)
    beds: Mapping[str, Bed] = field(default_factory=dict)


def part(
    material: str,
    x: tuple[float, float],
    y: tuple[float, float],
    z: tuple[float, float],
    blocks: bool = True,
    shape: Shape = Shape.BOX,
) -> Solid:
    """Make a solid from where it begins and ends along each axis, m."""
    centre = ((x[0] + x[1]) / 2, (y[0] + y[1]) / 2, (z[0] + z[1]) / 2)
    return Solid(centre, (x[1] - x[0], y[1] - y[0], z[1] - z[0]), 0.0, material, blocks, shape)


def _legs(material: str, half_x: float, half_y: float, height: float, thick: float = 0.05) -> list[Solid]:
    """Make four legs whose outer corners are at +-half_x, +-half_y."""
    return [
        part(material, (x, x + thick), (y, y + thick), (0, height))
        for x in (-half_x, half_x - thick)
        for y in (-half_y, half_y - thick)
    ]


def _seat(x: float, y: float, height_m: float, edge: float) -> Seat:
    """Make a seat that looks to +x, with its front edge at x = edge."""
    return Seat(Place(x, y), height_m, Place(edge + FOOT_M, y))


def sofa(width: float, places: int, cover: str, cushions: tuple[str, ...], legs: str = "wood:walnut") -> Piece:
    """A sofa, or an armchair with one place; 0.95 m deep."""
    half, arm = width / 2, 0.18
    solids = [
        part(f"fabric:{cover}", (-0.46, 0.44), (-half + 0.04, half - 0.04), (0.08, 0.3)),
        part(f"fabric:{cover}", (-0.475, -0.2), (-half + 0.02, half - 0.02), (0.1, 0.82)),
        part(f"fabric:{cover}", (-0.46, 0.47), (-half, -half + arm), (0.08, 0.6)),
        part(f"fabric:{cover}", (-0.46, 0.47), (half - arm, half), (0.08, 0.6)),
        *_legs(legs, 0.44, half - 0.03, 0.1, 0.06),
    ]
    each = (width - 2 * arm) / places
    seats = {}
    for index in range(places):
        y = -half + arm + each * (index + 0.5)
        span = (y - each / 2 + 0.006, y + each / 2 - 0.006)
        solids.append(part(f"cushion:{cover}:1", (-0.24, 0.48), span, (0.27, 0.45)))
        solids.append(part(f"cushion:{cover}:2", (-0.25, -0.06), (span[0] + 0.02, span[1] - 0.02), (0.43, 0.86)))
        seats[str(index + 1)] = _seat(0.08, y, 0.45, 0.48)
    for index, colour in enumerate(cushions):
        y = (-1) ** index * (half - arm - 0.24)
        solids.append(part(f"cushion:{colour}:3", (-0.1, 0.06), (y - 0.21, y + 0.21), (0.44, 0.82), blocks=False))
    return Piece(tuple(solids), seats)


def chair(material: str, cushion: str | None = None) -> Piece:
    """A chair without arms, 0.45 m wide."""
    solids = [
        part(material, (-0.22, 0.23), (-0.225, 0.225), (0.42, 0.455)),
        *_legs(material, 0.205, 0.21, 0.42, 0.038),
        part(material, (-0.22, -0.185), (-0.21, -0.172), (0.45, 0.9)),
        part(material, (-0.22, -0.185), (0.172, 0.21), (0.45, 0.9)),
        part(material, (-0.225, -0.195), (-0.215, 0.215), (0.66, 0.92)),
    ]
    if cushion is not None:
        solids.append(part(f"cushion:{cushion}", (-0.19, 0.22), (-0.2, 0.2), (0.44, 0.5), blocks=False))
    return Piece(tuple(solids), {"1": _seat(0.0, 0.0, 0.47, 0.23)})


def table(length: float, width: float, height: float, material: str) -> Piece:
    """A table, its length along y."""
    half_x, half_y = width / 2, length / 2
    solids = [
        part(material, (-half_x, half_x), (-half_y, half_y), (height - 0.04, height)),
        part(
            material,
            (-half_x + 0.07, half_x - 0.07),
            (-half_y + 0.07, half_y - 0.07),
            (height - 0.1, height - 0.04),
        ),
        *_legs(material, half_x - 0.05, half_y - 0.05, height - 0.04, 0.06),
    ]
    return Piece(tuple(solids))


def round_table(diameter: float, height: float, material: str) -> Piece:
    """A round table on one foot."""
    radius = diameter / 2
    return Piece(
        (
            part(material, (-radius, radius), (-radius, radius), (height - 0.035, height), shape=Shape.CYLINDER),
            part(material, (-0.05, 0.05), (-0.05, 0.05), (0.02, height - 0.03), shape=Shape.CYLINDER),
            part(material, (-0.22, 0.22), (-0.22, 0.22), (0, 0.03), shape=Shape.CYLINDER),
        )
    )


def bench(length: float, cushion: str, wood: str) -> Piece:
    """A bench for two along a wall at x = 0."""
    half = length / 2
    solids = (
        part(wood, (0.0, 0.46), (-half, half), (0.36, 0.41)),
        part(wood, (0.04, 0.42), (-half + 0.05, -half + 0.1), (0, 0.36)),
        part(wood, (0.04, 0.42), (half - 0.1, half - 0.05), (0, 0.36)),
        part(f"cushion:{cushion}:2", (0.01, 0.46), (-half + 0.02, half - 0.02), (0.4, 0.47)),
    )
    seats = {str(index + 1): _seat(0.24, (index - 0.5) * half, 0.46, 0.46) for index in range(2)}
    return Piece(solids, seats)


def counter(length: float, height: float, paint: str, top: str) -> Piece:
    """A counter along y whose front looks to +x."""
    half = length / 2
    return Piece(
        (
            part(f"panels:{paint}", (-0.3, 0.24), (-half, half), (0.06, height)),
            part("paint:charcoal", (-0.26, 0.18), (-half + 0.04, half - 0.04), (0, 0.06)),
            part(f"wood:{top}", (-0.34, 0.32), (-half - 0.04, half + 0.04), (height, height + 0.04)),
        )
    )


def cupboard(width: float, height: float, depth: float, colour: str, variant: int, kind: str = "drawers") -> Piece:
    """A sideboard, wardrobe or bookcase; its back is at x = 0."""
    half = width / 2
    solids = [part(f"{kind}:{colour}:{variant}", (depth - 0.02, depth), (-half, half), (0.06, height))]
    body = "wood" if kind == "books" else "paint"
    solids.append(part(f"{body}:{colour}", (0.0, depth - 0.02), (-half, half), (0.06, height)))
    solids.append(
        part(f"{body}:{colour}", (0.0, depth + 0.015), (-half - 0.015, half + 0.015), (height, height + 0.03))
    )
    solids.append(part("paint:charcoal", (0.0, depth - 0.05), (-half + 0.03, half - 0.03), (0, 0.06)))
    return Piece(tuple(solids))


def bed(width: float, sheet: str, throw: str, frame: str, side: int, pillows: int = 1) -> Piece:
    """A bed, 2.1 m long, its head at x = 0; one gets out to the left (side 1) or right (side -1) of who looks to +x."""
    half, length, top = width / 2, 2.1, 0.52
    solids = [
        part(frame, (0.0, 0.05), (-half - 0.03, half + 0.03), (0.05, 1.0)),
        part(frame, (0.05, length), (-half - 0.02, half + 0.02), (0.16, 0.32)),
        part(frame, (length - 0.02, length + 0.02), (-half - 0.03, half + 0.03), (0.05, 0.46)),
        *[
            part(frame, (x, x + 0.07), (y, y + 0.07), (0, 0.2))
            for x in (0.1, length - 0.12)
            for y in (-half, half - 0.07)
        ],
        part(f"linen:{sheet}", (0.06, length - 0.03), (-half, half), (0.3, top)),
        part(f"throw:{throw}", (length * 0.62, length - 0.01), (-half - 0.025, half + 0.025), (0.34, top + 0.025)),
    ]
    each = width / pillows
    for index in range(pillows):
        y = -half + each * (index + 0.5)
        reach = min(0.35, each / 2 - 0.04)
        solids.append(
            part("cushion:white:2", (0.09, 0.47), (y - reach, y + reach), (top - 0.03, top + 0.1), blocks=False)
        )
    stand = Place(1.05, side * (half + FOOT_M), side * pi / 2)
    zone = ((0.06, -half), (length, -half), (length, half), (0.06, half))
    lying = Bed(Place(1.05, 0.0, pi), top, stand, zone)
    return Piece(tuple(solids), beds={"1": lying})


def hospital_bed(sheet: str, throw: str, side: int) -> Piece:
    """A care bed with rails at its head and foot; as ``bed``."""
    plain = bed(0.95, sheet, throw, "paint:white", side)
    rails = [
        part("wood:ash", (2.1, 2.14), (-0.5, 0.5), (0.3, 0.86)),
        part("wood:ash", (-0.01, 0.06), (-0.52, 0.52), (0.4, 1.1)),
        *[
            part("metal:steel", (0.35, 1.0), (y - 0.012, y + 0.012), (z, z + 0.03))
            for y in (-0.5,)
            for z in (0.6, 0.74)
        ],
    ]
    mirrored = [_mirrored(solid) for solid in rails] if side < 0 else rails
    return Piece((*plain.solids, *mirrored), beds=plain.beds)


def _mirrored(solid: Solid) -> Solid:
    """Swap left and right."""
    x, y, z = solid.centre
    return Solid((x, -y, z), solid.size, -solid.yaw_rad, solid.material, solid.blocks, solid.shape)
