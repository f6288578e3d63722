"""Find the people in a frame: Frame -> Detections."""

from __future__ import annotations

from haven_server.perception.finder import ObjectFinder
from haven_server.ports import Engine
from haven_server.types import Detections, Frame, ModelRole


class PersonDetector:
    """The person detector above whatever engine runs its network.

    Args:
        resize_width: px to which a frame's width is shrunk at most for the network.
        min_score: people with a lower score are left out; the tracker wants weak ones too.

    Raises:
        ModelError: no person detector is installed.
    """

    def __init__(self, engine: Engine, resize_width: int, min_score: float) -> None:
        self._finder = ObjectFinder(engine, ModelRole.PERSON_DETECTOR, min_score, resize_width)

    async def detect(self, frame: Frame) -> Detections:
        """Find the people in one frame.

        Returns:
            Boxes in source pixels, clipped to the picture, best score first.

        Raises:
            EngineError: the network failed.
        """
        (people,) = await self._finder.find([frame.image])
        return Detections(people.boxes, people.scores)
