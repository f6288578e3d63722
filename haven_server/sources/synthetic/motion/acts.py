"""Everything people of the demo world do: the builders of all acts in one place."""

from __future__ import annotations

from haven_server.sources.synthetic.motion.act import Act
from haven_server.sources.synthetic.motion.bed import edge_of, get_out_of_bed, lie, lie_down
from haven_server.sources.synthetic.motion.falling import Fall, fall, get_up_from_floor, lie_on_floor
from haven_server.sources.synthetic.motion.gestures import bend, reach, wave
from haven_server.sources.synthetic.motion.kneeling import kneel
from haven_server.sources.synthetic.motion.sitting import sit, sit_down, stand_up
from haven_server.sources.synthetic.motion.standing import stand
from haven_server.sources.synthetic.motion.steps import move_over, turn, walk

__all__ = [
    "Act",
    "Fall",
    "bend",
    "edge_of",
    "fall",
    "get_out_of_bed",
    "get_up_from_floor",
    "kneel",
    "lie",
    "lie_down",
    "lie_on_floor",
    "move_over",
    "reach",
    "sit",
    "sit_down",
    "stand",
    "stand_up",
    "turn",
    "walk",
    "wave",
]
