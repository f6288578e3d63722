"""Gather what is seen of each track: Frame, TrackUpdate, Pose -> Tracklet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from haven_core.quality import laplacian_variance
from haven_server.reid.quality import best_quality, preference, view_quality
from haven_server.reid.samples import SpreadSamples
from haven_server.reid.walks import Walks
from haven_server.settings import GaitSettings, QualitySettings
from haven_server.types import NANOSECONDS, Frame, Pose, PoseWindow, Sample, Track, Tracklet, TrackUpdate, visible_part


@dataclass(slots=True)
class _Life:
    """One track so far; ``told`` is what the last tracklet held, ``told_at`` when it was made."""

    samples: SpreadSamples
    walks: Walks | None
    first_seen: int
    last_seen: int
    frame_count: int = 0
    told: tuple[Sample, ...] = ()
    told_walks: tuple[PoseWindow, ...] = ()
    told_at: int | None = None


class TrackletBuilder:
    """Remembers the best views of one camera's tracks and says when there is something new to recognise.

    Args:
        samples: views per tracklet at most.
        refresh_s: least time between two tracklets of one live track, s.
        gait: how walks are gathered; None: they are not.
    """

    def __init__(
        self,
        camera_id: str,
        quality: QualitySettings,
        samples: int,
        refresh_s: float,
        gait: GaitSettings | None = None,
    ) -> None:
        self._camera_id = camera_id
        self._quality = quality
        self._samples = samples
        self._refresh = round(refresh_s * NANOSECONDS)
        self._gait = gait
        self._lives: dict[int, _Life] = {}

    def update(self, frame: Frame, update: TrackUpdate, poses: Mapping[int, Pose] | None) -> tuple[Tracklet, ...]:
        """Look at one frame.

        Args:
            poses: by track id, of those visible tracks that have one; None: nobody could look for poses.
        Returns:
            By ascending track id: tracks that have just become recognisable, live ones whose views got better
            since ``refresh_s``, and every track that ended and had ever been visible.
        """
        ready: dict[int, Tracklet] = {}
        for track in update.visible:
            life = self._lives.get(track.track_id)
            if life is None:
                life = self._lives[track.track_id] = self._begin(frame.captured_at)
            life.last_seen = frame.captured_at
            life.frame_count += 1
            pose = None if poses is None else poses.get(track.track_id)
            self._look(frame, track, pose, life.samples, unposed=poses is None)
            if life.walks is not None and pose is not None:
                life.walks.offer(frame.captured_at, pose.keypoints)
            if self._has_news(life):
                ready[track.track_id] = self._tell(track.track_id, life, ended=False)
        ready |= {tracklet.track_id: tracklet for tracklet in self._close(update.ended)}
        return tuple(ready[track_id] for track_id in sorted(ready))

    def retell(self) -> None:
        """Take everything told of live tracks as unheard: each is told again when it is next seen."""
        for life in self._lives.values():
            life.told, life.told_at = (), None

    def finish(self) -> tuple[Tracklet, ...]:
        """Close all tracks that are left, those included whose end was never told because a stage broke.

        Returns:
            The last word on each, by ascending track id; without samples where no view was usable.
        """
        return self._close(sorted(self._lives))

    def _close(self, ended: Iterable[int]) -> tuple[Tracklet, ...]:
        """Close tracks; those that were never visible are passed over."""
        return tuple(
            self._tell(track_id, self._lives.pop(track_id), ended=True) for track_id in ended if track_id in self._lives
        )

    def _begin(self, start: int) -> _Life:
        walks = None if self._gait is None else Walks(self._gait)
        return _Life(SpreadSamples(self._samples, start), walks, start, start)

    def _look(self, frame: Frame, track: Track, pose: Pose | None, samples: SpreadSamples, unposed: bool) -> None:
        """Keep this view if it is usable and better than what is there; sharpness, the costly part, comes last."""
        view = visible_part(frame.image, track.box)
        height, width = view.shape[:2]
        if width == 0 or height < self._quality.min_bbox_size:
            return
        keypoints = None if pose is None else pose.keypoints
        factor = preference(keypoints)
        if factor * best_quality(track.score, height * width) <= samples.bar(frame.captured_at):
            return
        sharpness = laplacian_variance(view)
        if sharpness < self._quality.min_sharpness:
            return
        quality = view_quality(track.score, height * width, sharpness)
        if factor * quality <= samples.bar(frame.captured_at):
            return
        # A copy: a view would keep the whole frame in memory for as long as the track lives.
        sample = Sample(
            frame.index, frame.captured_at, view.copy(), track.box, keypoints, track.score, sharpness, quality, unposed
        )
        samples.offer(sample, factor * quality)

    def _has_news(self, life: _Life) -> bool:
        if life.frame_count < self._quality.min_tracklet_frames:
            return False
        if life.told_at is not None and life.last_seen - life.told_at < self._refresh:
            return False
        # A first walk is worth another look; more of them alone are not, since the networks would see the same views.
        first_walk = life.walks is not None and bool(life.walks.pick()) and not life.told_walks
        return first_walk or life.samples.pick() != life.told

    def _tell(self, track_id: int, life: _Life, ended: bool) -> Tracklet:
        life.told, life.told_at = life.samples.pick(), life.last_seen
        life.told_walks = life.walks.pick() if life.walks is not None else ()
        quality = sum(sample.quality for sample in life.told) / len(life.told) if life.told else 0.0
        return Tracklet(
            self._camera_id,
            track_id,
            life.first_seen,
            life.last_seen,
            life.frame_count,
            life.told,
            quality,
            ended,
            life.told_walks,
        )
