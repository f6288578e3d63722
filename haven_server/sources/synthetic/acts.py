"""Everything people of the demo world do: the builders of all acts in one place."""

from __future__ import annotations

from haven_server.sources.synthetic.motion import Act
from haven_server.sources.synthetic.standing import stand
from haven_server.sources.synthetic.steps import move_over, turn, walk

__all__ = ["Act", "move_over", "stand", "turn", "walk"]
