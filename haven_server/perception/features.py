"""Tell everything by which a tracklet's person can be recognised: Tracklet -> Impression."""

from __future__ import annotations

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
        features: dict[Modality, Feature] = {}
        missing: set[Modality] = set()
        for modality, looking in self._looks(tracklet):
            try:
                feature = await looking
            except EngineError as error:
                log.warning("a signal is missing", signal=modality.value, camera=tracklet.camera_id, problem=str(error))
                missing.add(modality)
            else:
                if feature is not None:
                    features[modality] = feature
        if self._face is not None and Modality.FACE not in features and any(one.unposed for one in tracklet.samples):
            missing.add(Modality.FACE)
        return Impression(features, frozenset(missing))

    def _looks(self, tracklet: Tracklet) -> Iterator[tuple[Modality, Awaitable[Feature | None]]]:
        """Begin to look for one signal after the other."""
        if self._face is not None and tracklet.samples:
            yield Modality.FACE, self._face.recognise(tracklet.samples)
        if self._gait is not None and tracklet.walks:
            yield Modality.GAIT, self._gait.describe(tracklet.walks)
        if self._appearance is not None and tracklet.samples:
            yield Modality.APPEARANCE, self._appearance.describe(tracklet.samples, tracklet.quality)
