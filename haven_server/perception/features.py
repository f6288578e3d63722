"""Tell everything by which a tracklet's person can be recognised: Tracklet -> Impression."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator

from haven_server.errors import EngineError
from haven_server.perception.appearance import AppearanceDescriber
from haven_server.perception.face import FaceRecogniser
from haven_server.perception.gait import GaitDescriber
from haven_server.ports import Engine
from haven_server.settings import ReIDSettings
from haven_server.telemetry import logger
from haven_server.types import Feature, GaitModel, Impression, Modality, Tracklet

log = logger(__name__)


class FeatureExtractor:
    """Runs the signals that the settings switch on; one whose network fails does not take the others with it.

    Args:
        gait: what makes walks comparable; None: gait is not used.

    Raises:
        ModelError: a network that a signal needs is not installed.
    """

    def __init__(self, engine: Engine, settings: ReIDSettings, gait: GaitModel | None = None) -> None:
        face, appearance = (settings.enabled and signal.enabled for signal in (settings.face, settings.appearance))
        self._face = FaceRecogniser(engine, settings.face) if face else None
        self._appearance = AppearanceDescriber(engine) if appearance else None
        self._gait = GaitDescriber(gait) if gait else None

    async def extract(self, tracklet: Tracklet) -> Impression:
        """Make the features of one tracklet.

        Returns:
            One feature per signal that is on and shows, none for a tracklet without samples and walks; and the signals
            that could not be looked for.
        """
        looks = dict(self._looks(tracklet))
        found = await asyncio.gather(*(self._finish(*look, tracklet.camera_id) for look in looks.items()))
        answers = dict(zip(looks, found, strict=True))
        features = {signal: one for signal, one in answers.items() if isinstance(one, Feature)}
        missing = {signal for signal, one in answers.items() if isinstance(one, EngineError)}
        if self._face is not None and Modality.FACE not in features and any(one.unposed for one in tracklet.samples):
            missing.add(Modality.FACE)
        return Impression(features, frozenset(missing))

    def _looks(self, tracklet: Tracklet) -> Iterator[tuple[Modality, Awaitable[Feature | None]]]:
        """Say what to look for; the networks run side by side, as far as the engine lets them."""
        if self._face is not None and tracklet.samples:
            yield Modality.FACE, self._face.recognise(tracklet.samples)
        if self._gait is not None and tracklet.walks:
            yield Modality.GAIT, self._gait.describe(tracklet.walks)
        if self._appearance is not None and tracklet.samples:
            yield Modality.APPEARANCE, self._appearance.describe(tracklet.samples, tracklet.quality)

    async def _finish(
        self, modality: Modality, looking: Awaitable[Feature | None], camera_id: str
    ) -> Feature | EngineError | None:
        """Look for one signal; a network's failure is an answer, too."""
        try:
            return await looking
        except EngineError as error:
            log.warning("a signal is missing", signal=modality.value, camera=camera_id, problem=str(error))
            return error
