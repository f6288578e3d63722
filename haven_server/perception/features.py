"""Tell everything by which a tracklet's person can be recognised: Tracklet -> Features."""

from __future__ import annotations

from haven_server.perception.appearance import AppearanceDescriber
from haven_server.perception.face import FaceRecogniser
from haven_server.perception.gait import GaitDescriber
from haven_server.ports import Engine
from haven_server.settings import ReIDSettings
from haven_server.types import Feature, Features, GaitModel, Modality, Tracklet


class FeatureExtractor:
    """Runs the signals that the settings switch on.

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

    async def extract(self, tracklet: Tracklet) -> Features:
        """Make the features of one tracklet.

        Returns:
            One feature per signal that is on and shows; empty for a tracklet without samples and walks.

        Raises:
            EngineError: a network failed.
        """
        features: dict[Modality, Feature] = {}
        if self._face is not None and tracklet.samples:
            face = await self._face.recognise(tracklet.samples)
            if face is not None:
                features[Modality.FACE] = face
        if self._gait is not None and tracklet.walks:
            gait = await self._gait.describe(tracklet.walks)
            if gait is not None:
                features[Modality.GAIT] = gait
        if self._appearance is not None and tracklet.samples:
            features[Modality.APPEARANCE] = await self._appearance.describe(tracklet.samples, tracklet.quality)
        return features
