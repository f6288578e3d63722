"""Surfaces that go on for ever, drawn as tiles that join at their edges: a random generator -> shades.

Every function gives (512, 512) float32 shades in about [0, 1], 0.5 on average, whose grain runs along the columns'
direction (u). A material mixes its two colours by them.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Shades = npt.NDArray[np.float32]
"""(H, W) float32, about [0, 1]."""

SIDE = 512


def clouds(rng: np.random.Generator, cells_v: int, cells_u: int, octaves: int = 1) -> Shades:
    """Draw soft noise of about [-1, 1] with so many cells a side, that joins at the edges."""
    total = np.zeros((SIDE, SIDE), np.float32)
    for octave in range(octaves):
        rows, columns = min(cells_v << octave, SIDE), min(cells_u << octave, SIDE)
        cells = np.pad(rng.standard_normal((rows, columns), np.float32), 3, mode="wrap")
        scale_v, scale_u = SIDE // rows, SIDE // columns
        wide = cv2.resize(cells, None, fx=scale_u, fy=scale_v, interpolation=cv2.INTER_CUBIC)
        top, left = (wide.shape[0] - SIDE) // 2, (wide.shape[1] - SIDE) // 2
        total += wide[top : top + SIDE, left : left + SIDE] * np.float32(0.5 ** (octave + 1))
    return total


def _grid() -> tuple[Shades, Shades]:
    """Give v and u of every texel's middle, in [0, 1)."""
    axis = (np.arange(SIDE, dtype=np.float32) + np.float32(0.5)) / np.float32(SIDE)
    return np.repeat(axis[:, None], SIDE, axis=1), np.repeat(axis[None], SIDE, axis=0)


def _groove(place: Shades, width: float) -> Shades:
    """Give 1 where ``place``, counted in cells, lies within ``width`` of a border between two cells."""
    fraction = place - np.floor(place)
    return np.asarray(np.minimum(fraction, 1 - fraction) < width, np.float32)


def wood(rng: np.random.Generator) -> Shades:
    """Veneer: long fibres with a slow swing."""
    fibres = 0.22 * clouds(rng, 32, 2, 3) + 0.2 * clouds(rng, 8, 1, 2) + 0.08 * clouds(rng, 256, 8)
    return np.asarray(0.5 + fibres, np.float32)


def planks(rng: np.random.Generator, rows: int = 16, joints: int = 2) -> Shades:
    """Boards along u whose ends are staggered."""
    v, u = _grid()
    row = (v * rows).astype(np.int64)
    along = u * joints + rng.random(rows).astype(np.float32)[row]
    board = np.floor(along).astype(np.int64) % joints
    tone = rng.uniform(-1, 1, (rows, joints)).astype(np.float32)[row, board]
    fibres = 0.2 * clouds(rng, 64, 4, 3) + 0.12 * clouds(rng, 16, 2)
    gaps = np.maximum(_groove(v * rows, 0.025), _groove(along, 0.002))
    return np.asarray(0.52 + 0.26 * tone + fibres - 0.55 * gaps, np.float32)


def parquet(rng: np.random.Generator) -> Shades:
    """Squares of six staves that lie crosswise by turns."""
    squares, staves = 4, 6
    v, u = _grid()
    turn = (np.floor(v * squares) + np.floor(u * squares)) % 2 == 1
    across = np.where(turn, u, v) * squares
    stave = (across * staves).astype(np.int64) % (squares * staves)
    square = (np.where(turn, v, u) * squares).astype(np.int64)
    tone = rng.uniform(-1, 1, (2, squares * staves, squares)).astype(np.float32)[turn.astype(np.int64), stave, square]
    fibres = clouds(rng, 128, 8, 2)
    grain = np.where(turn, fibres.T, fibres)
    gaps = np.maximum(0.5 * _groove(across * staves, 0.05), 0.6 * _groove(across, 0.008))
    return np.asarray(0.52 + 0.2 * tone + 0.16 * grain - 0.6 * gaps, np.float32)


def tiles(rng: np.random.Generator) -> Shades:
    """Square tiles with joints between them."""
    count = 4
    v, u = _grid()
    tone = rng.uniform(-1, 1, (count, count)).astype(np.float32)
    own = tone[(v * count).astype(np.int64), (u * count).astype(np.int64)]
    joints = np.maximum(_groove(v * count, 0.008), _groove(u * count, 0.008))
    return np.asarray(0.6 + 0.1 * own + 0.1 * clouds(rng, 8, 8, 4) - 0.55 * joints, np.float32)


def carpet(rng: np.random.Generator) -> Shades:
    """Short pile."""
    return 0.5 + 0.16 * clouds(rng, 256, 256) + 0.08 * clouds(rng, 16, 16, 3)


def plaster(rng: np.random.Generator) -> Shades:
    """A wall painted with a roller."""
    return 0.5 + 0.2 * clouds(rng, 4, 4, 3) + 0.12 * clouds(rng, 128, 128)


def paint(rng: np.random.Generator) -> Shades:
    """Lacquer: almost nothing to see."""
    return 0.5 + 0.15 * clouds(rng, 4, 4, 2)


def stripes(rng: np.random.Generator) -> Shades:
    """Wallpaper with upright stripes, two by two."""
    _, u = _grid()
    count = int(rng.integers(5, 9))
    phase = u * count - np.floor(u * count)
    wide = np.asarray(phase < 0.5, np.float32)
    thin = np.asarray(np.abs(phase - 0.75) < 0.03, np.float32)
    return np.asarray(0.3 + 0.45 * np.maximum(wide, thin) + 0.05 * clouds(rng, 128, 128), np.float32)


def sprigs(rng: np.random.Generator) -> Shades:
    """Wallpaper with small sprigs, staggered."""
    v, u = _grid()
    count = 8
    row = np.floor(v * count)
    y, x = v * count - row - 0.5, (u * count + 0.5 * (row % 2)) % 1 - 0.5
    angle = np.arctan2(y, x) + float(rng.uniform(0, np.pi))
    radius = np.hypot(x, y)
    petals = int(rng.integers(3, 6))
    figure = np.clip((0.21 + 0.11 * np.cos(petals * angle) - radius) * 14, 0, 1)
    return np.asarray(0.38 + 0.45 * figure + 0.04 * clouds(rng, 64, 64), np.float32)


def panels(rng: np.random.Generator) -> Shades:
    """Tongue and groove, upright."""
    v, u = _grid()
    count = 12
    fraction = u * count - np.floor(u * count)
    edge = np.clip((0.05 - np.minimum(fraction, 1 - fraction)) * 20, 0, 1)
    light = np.clip((0.1 - np.abs(fraction - 0.1)) * 5, 0, 1) * 0.3
    return np.asarray(0.55 - 0.55 * edge + light + 0.05 * clouds(rng, 8, 64) + 0 * v, np.float32)


def fabric(rng: np.random.Generator) -> Shades:
    """Upholstery: a coarse weave."""
    threads = 128
    v, u = _grid()
    weave = np.sin(v * threads * 2 * np.pi) * np.sin(u * threads * 2 * np.pi)
    wear = 0.1 * clouds(rng, 128, 128) + 0.1 * clouds(rng, 8, 8, 3)
    return np.asarray(0.5 + 0.18 * weave + wear, np.float32)


def linen(rng: np.random.Generator) -> Shades:
    """Bedclothes: soft folds."""
    folded = 0.3 * clouds(rng, 8, 4, 2) + 0.1 * clouds(rng, 32, 16, 2) + 0.05 * clouds(rng, 256, 256)
    return np.asarray(0.5 + folded, np.float32)


def plaid(rng: np.random.Generator) -> Shades:
    """A blanket with a tartan of two tones."""
    v, u = _grid()
    count = int(rng.integers(3, 6))
    bars = [np.asarray(np.abs((axis * count) % 1 - 0.5) < 0.22, np.float32) for axis in (v, u)]
    lines = [np.asarray(np.abs((axis * count) % 1 - 0.05) < 0.03, np.float32) for axis in (v, u)]
    return np.asarray(
        0.25 + 0.25 * (bars[0] + bars[1]) + 0.2 * np.maximum(*lines) + 0.06 * clouds(rng, 128, 128), np.float32
    )


def folds(rng: np.random.Generator) -> Shades:
    """A curtain's folds, along u."""
    v, _ = _grid()
    count = int(rng.integers(7, 11))
    wander = 0.25 * clouds(rng, 8, 2)
    wave = np.sin(2 * np.pi * (v * count + wander))
    return np.asarray(0.5 + 0.33 * wave + 0.12 * np.sin(4 * np.pi * (v * count + 0.2)), np.float32)


def metal(rng: np.random.Generator) -> Shades:
    """Brushed metal."""
    return 0.5 + 0.15 * clouds(rng, 256, 2) + 0.1 * clouds(rng, 4, 4)


def leaf(rng: np.random.Generator) -> Shades:
    """Leaves: a light midrib over mottled green."""
    v, _ = _grid()
    rib = np.clip(1 - np.abs(v - 0.5) * 40, 0, 1)
    return np.asarray(0.45 + 0.3 * clouds(rng, 8, 8, 3) + 0.3 * rib, np.float32)
