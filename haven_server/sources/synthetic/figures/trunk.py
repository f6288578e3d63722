"""The parts of a body that do not bend: breast and hips, in the frames of chest and pelvis -> Shapes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from haven_server.sources.synthetic.figures.build import Build
from haven_server.sources.synthetic.figures.garments import hem_height
from haven_server.sources.synthetic.figures.modelling import Wrap, ball, capsule
from haven_server.sources.synthetic.figures.patches import BAG, PELVIS_ROW, TEXELS_PER_M, TRUNK
from haven_server.sources.synthetic.figures.shapes import Shapes
from haven_server.sources.synthetic.motion.measures import Measures
from haven_server.sources.synthetic.people import Outfit

THIGH_M: Final = 0.09
"""How far thighs reach beside the hip joint."""


def breast_shapes(measures: Measures, build: Build) -> Shapes:
    """Make ribs and shoulders, round the neck joint in the frame of the chest."""
    row = PELVIS_ROW - measures.trunk * TEXELS_PER_M
    wrap = Wrap.round_axis(row, -TEXELS_PER_M, TRUNK.columns, TRUNK.rows)
    low, high = (0, 0, -measures.breast), (-0.008, 0, -0.09 * build.size)
    ribs = capsule(low, high, (build.chest, build.collar), wrap, (1, build.wide))
    slopes = [
        capsule(
            (-0.012, side * 0.048 * build.girth, -0.008),
            (-0.004, side * measures.shoulder_width * 0.46, -measures.shoulder_drop),
            (0.06 * build.girth, 0.05 * build.girth),
            wrap,
            (1.3, 1),
        )
        for side in (-1, 1)
    ]
    return Shapes.joined(ribs.picked([0, 2]), *(slope.picked([0, 1]) for slope in slopes))


def hip_shapes(measures: Measures, build: Build, outfit: Outfit) -> Shapes:
    """Make hips, hem and bag, round the pelvis joint in the frame of the pelvis."""
    wrap = Wrap.round_axis(PELVIS_ROW, -TEXELS_PER_M, TRUNK.columns, TRUNK.rows)
    low = (-0.012, 0, -0.07 * build.size)
    parts = [capsule((-0.004, 0, 0), low, (build.hip, build.hip * 0.93), wrap, (1, build.wide)).picked([0, 2])]
    if hem_height(outfit) > 0:
        radii = np.array((0.085, 0.088, 0.1)) * build.girth
        parts += [ball((-0.04 * build.girth, side * 0.07 * build.girth, -0.045), radii, wrap) for side in (-1, 1)]
    else:
        parts.append(_hem(measures, build, outfit, wrap))
    if outfit.bag is not None:
        cloth = Wrap.round_axis(BAG.top + 24, -100, BAG.columns, BAG.rows)
        centre = (0, -(build.hip * build.wide + 0.03), -0.07)
        parts.append(ball(centre, (0.125 * build.size, 0.05, 0.115 * build.size), cloth))
    return Shapes.joined(*parts)


def _hem(measures: Measures, build: Build, outfit: Outfit, wrap: Wrap) -> Shapes:
    """The part of a top that hangs over the hips: it leaves the waist smoothly and is wide enough for the thighs."""
    thighs = (measures.hip_width / 2 + THIGH_M * build.girth) / build.wide
    radii = (build.waist * 0.98, max(build.hip * 1.03 + 0.012, thighs))
    low = (-0.006, 0, hem_height(outfit))
    cone = capsule((0, 0, 0.1 * build.size), low, radii, wrap, (1, build.wide)).picked([0])
    return replace(cone, hollow=np.array([True]))
