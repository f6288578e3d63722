"""The story of one camera: Frame -> Tracklet."""

from __future__ import annotations

from haven_server.events.overlay import Overlay
from haven_server.perception.appearance import AppearanceDescriber
from haven_server.perception.detector import PersonDetector
from haven_server.perception.pose import PoseEstimator
from haven_server.pipeline.merge import Channel
from haven_server.ports import Source
from haven_server.reid.tracklets import TrackletBuilder
from haven_server.telemetry import StageTimes
from haven_server.tracking import Places, Tracker
from haven_server.types import Detections, Frame, FrameOutcome, TrackUpdate, Watermark


class CameraPipeline:
    """Follows people through one camera's frames, from its first to its last.

    Attributes:
        frames: frames followed so far.
    """

    def __init__(
        self,
        source: Source,
        detector: PersonDetector,
        tracker: Tracker,
        looks: AppearanceDescriber | None,
        poses: PoseEstimator | None,
        tracklets: TrackletBuilder,
        overlay: Overlay,
        channel: Channel,
        times: StageTimes,
    ) -> None:
        self.frames = 0
        self._source = source
        self._detector = detector
        self._tracker = tracker
        self._looks = looks
        self._poses = poses
        self._tracklets = tracklets
        self._overlay = overlay
        self._channel = channel
        self._times = times
        self._last: Frame | None = None

    async def run(self) -> None:
        """Follow every frame, then close all tracks, whether the source ended or broke.

        Raises:
            SourceError: the frames stopped coming before their end.
            EngineError: a network failed.
        """
        try:
            async for item in self._source.frames():
                if isinstance(item, Watermark):
                    self._channel.promise(item.captured_at)
                else:
                    await self.follow(item)
        except Exception:
            await self._finish()
            raise
        await self._finish()

    async def follow(self, frame: Frame) -> None:
        """Take one frame through every stage."""
        with self._times.stage("detect"):
            detections = await self._detector.detect(frame)
        update = await self._track(frame, detections)
        with self._times.stage("pose"):
            poses = await self._poses.estimate(frame, update.visible) if self._poses else {}
        tracklets = await self._times.in_thread("tracklets", self._tracklets.update, frame, update, poses)
        with self._times.stage("show"):
            await self._overlay.show(frame, update.visible)
        with self._times.stage("hand over"):
            await self._channel.send(
                FrameOutcome(frame.camera_id, frame.index, frame.captured_at, update.visible, tracklets)
            )
        self.frames += 1
        self._last = frame

    async def _track(self, frame: Frame, detections: Detections) -> TrackUpdate:
        """Follow the detections; people in doubt are looked at where somebody can."""
        times, tracker, looks = self._times, self._tracker, self._looks
        if looks is None:
            return await times.in_thread("track", tracker.update, detections, frame.captured_at, frame.image)
        doubted, update = await times.in_thread("track", self._track_without_looks, frame, detections)
        if update is not None:
            return update
        with times.stage("look"):
            vectors = await looks.look(frame.image, detections.boxes[doubted])
        return await times.in_thread("track", tracker.end_frame, doubted, vectors)

    def _track_without_looks(self, frame: Frame, detections: Detections) -> tuple[Places, TrackUpdate | None]:
        """Follow the detections as far as it goes without looks: to the end where nobody is in doubt."""
        doubted = self._tracker.begin_frame(detections, frame.captured_at, frame.image)
        return doubted, None if len(doubted) else self._tracker.end_frame()

    async def _finish(self) -> None:
        """End what is still followed; its last word comes a nanosecond after the last frame."""
        self._tracker.finish()
        tracklets = self._tracklets.finish()
        if self._last is not None and tracklets:
            last = self._last
            await self._channel.send(FrameOutcome(last.camera_id, last.index, last.captured_at + 1, (), tracklets))
