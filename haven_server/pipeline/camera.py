"""The story of one camera: Frame -> Tracklet.

Networks may go and come back. Of a live camera, frames then pass in which nobody is found, so that tracks end as when
people leave; without poses and looks it goes on. A file's frames wait: there the engine is patient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from haven_server.errors import EngineError, EngineOverloadedError
from haven_server.events.overlay import Overlay
from haven_server.perception.appearance import AppearanceDescriber
from haven_server.perception.detector import PersonDetector
from haven_server.perception.pose import PoseEstimator
from haven_server.pipeline.merge import Channel
from haven_server.ports import Source
from haven_server.reid.tracklets import TrackletBuilder
from haven_server.telemetry import StageTimes
from haven_server.tracking import Places, Tracker
from haven_server.types import Detections, Frame, FrameOutcome, Pose, TrackUpdate, Watermark

NOBODY: Final = Detections(np.empty((0, 4), np.float32), np.empty(0, np.float32))


class CameraPipeline:
    """Follows people through one camera's frames, from its first to its last.

    Attributes:
        frames: frames followed so far.
        shed: frames given up because the detector had no room for them.
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
        recoveries: Callable[[], int] = lambda: 0,
    ) -> None:
        """Begin before the first frame.

        Args:
            looks: tells people in doubt apart for the tracker; None: by place alone.
            poses: None: none are estimated.
            recoveries: how often any network came back; what was told before that may have gone unheard.
        """
        self.frames = 0
        self.shed = 0
        self._source = source
        self._detector = detector
        self._tracker = tracker
        self._looks = looks
        self._poses = poses
        self._tracklets = tracklets
        self._overlay = overlay
        self._channel = channel
        self._times = times
        self._recoveries = recoveries
        self._recovered = recoveries()
        self._last: Frame | None = None

    async def run(self) -> None:
        """Follow every frame, then close all tracks, whether the source ended or broke.

        Raises:
            SourceError: the frames stopped coming before their end.
            EngineError: a file's networks did not come back in time.
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
            detections = await self._detect(frame)
        if detections is None:
            self.shed += 1
            return self._channel.promise(frame.captured_at + 1)
        update = await self._track(frame, detections)
        with self._times.stage("pose"):
            poses = await self._estimate(frame, update)
        self._heed_recovery()
        tracklets = await self._times.in_thread("tracklets", self._tracklets.update, frame, update, poses)
        with self._times.stage("show"):
            await self._overlay.show(frame, update.visible)
        with self._times.stage("hand over"):
            await self._channel.send(
                FrameOutcome(frame.camera_id, frame.index, frame.captured_at, update.visible, tracklets)
            )
        self.frames += 1
        self._last = frame

    def _heed_recovery(self) -> None:
        """Tell everybody anew once a network is back: what it would have seen of them may be missing."""
        recoveries = self._recoveries()
        if recoveries != self._recovered:
            self._recovered = recoveries
            self._tracklets.retell()

    async def _detect(self, frame: Frame) -> Detections | None:
        """Find the people; nobody while the detector is away, None where it has no room for a live frame."""
        try:
            return await self._detector.detect(frame)
        except EngineOverloadedError:
            return None
        except EngineError:
            if self._source.lossless:
                raise
            return NOBODY

    async def _estimate(self, frame: Frame, update: TrackUpdate) -> Mapping[int, Pose] | None:
        """Find the poses of who is visible, none where they are not wanted; None: nobody can look for them."""
        try:
            return await self._poses.estimate(frame, update.visible) if self._poses else {}
        except EngineError:
            return None

    async def _track(self, frame: Frame, detections: Detections) -> TrackUpdate:
        """Follow the detections; people in doubt are looked at where somebody can."""
        times, tracker, looks = self._times, self._tracker, self._looks
        if looks is None:
            return await times.in_thread("track", tracker.update, detections, frame.captured_at, frame.image)
        doubted, update = await times.in_thread("track", self._track_without_looks, frame, detections)
        if update is not None:
            return update
        try:
            with times.stage("look"):
                vectors = await looks.look(frame.image, detections.boxes[doubted])
        except EngineError:
            return await times.in_thread("track", tracker.end_frame)
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
