"""Join live tracks with identities for whoever watches: Frame, Track, Identification -> FrameResult."""

from __future__ import annotations

from collections.abc import Collection

from haven_server.events.picture import Picture
from haven_server.events.viewer import FrameResult, SeenTrack, Viewer, ViewRequest
from haven_server.ports import Clock
from haven_server.types import CameraEnded, Frame, Identification, Track


class Overlay:
    """Where the camera half's tracks meet the site half's identities. One event loop only.

    Args:
        clock: paces viewers that ask for ``max_fps``.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._who: dict[str, dict[int, Identification]] = {}
        self._viewers: list[Viewer] = []
        self._released = False

    async def show(self, frame: Frame, tracks: tuple[Track, ...]) -> None:
        """Tell viewers of a frame and the tracks visible in it; waits while a lossless viewer is behind."""
        viewers = [viewer for viewer in self._viewers if viewer.watches(frame.camera_id)]
        if not viewers:
            return
        height, width = frame.image.shape[:2]
        seen = tuple(self._join(track) for track in tracks)
        result = FrameResult(frame.camera_id, frame.index, frame.captured_at, width, height, seen)
        picture = Picture(frame.image)
        for viewer in viewers:
            await viewer.show(result, picture)

    def identify(self, identification: Identification) -> None:
        """Learn who a track is.

        Args:
            identification: a final one is the track's end; each ended track needs one, with or without a global id.
        """
        camera = self._who.setdefault(identification.camera_id, {})
        if identification.final:
            camera.pop(identification.track_id, None)
            self._tell(identification)
        else:
            camera[identification.track_id] = identification

    def end_camera(self, camera_id: str, problem: str = "") -> None:
        """Tell viewers that no frame and no identification of a camera will follow, and why if it failed."""
        self._who.pop(camera_id, None)
        self._tell(CameraEnded(camera_id, problem))

    def watch(
        self,
        cameras: Collection[str] | None = None,
        *,
        lossless: bool = False,
        max_fps: float | None = None,
        image: bool = False,
        max_width: int | None = None,
    ) -> Viewer:
        """Subscribe a viewer; it sees what comes from now on. Use it as a context, iterate over it.

        Args:
            cameras: ids, None: all.
            lossless: True: the cameras wait while this viewer is behind, until ``release``. False: it loses the oldest
                frames.
            max_fps: frames per second and camera at most by the server's clock, None: all.
            image: True: a JPEG with each frame, no wider than ``max_width`` px.
        """
        request = ViewRequest(cameras, lossless, max_fps, image, max_width)
        viewer = Viewer(request, self._clock, self._leave)
        self._viewers.append(viewer)
        if self._released:
            viewer.release()
        return viewer

    def release(self) -> None:
        """Let no viewer hold a camera back from now on; what waits and the ends of tracks and cameras are still told.

        For a server that stops: a client that reads no more must not hold that up. Safe to call twice.
        """
        self._released = True
        for viewer in self._viewers:
            viewer.release()

    def close(self) -> None:
        """End every viewer's iteration, after what waits for it. Safe to call twice."""
        for viewer in list(self._viewers):
            viewer.close()

    def _join(self, track: Track) -> SeenTrack:
        who = self._who.get(track.camera_id, {}).get(track.track_id)
        return SeenTrack(track, None, None) if who is None else SeenTrack(track, who.global_id, who.confidence)

    def _tell(self, notice: Identification | CameraEnded) -> None:
        for viewer in list(self._viewers):
            if viewer.watches(notice.camera_id):
                viewer.tell(notice)

    def _leave(self, viewer: Viewer) -> None:
        if viewer in self._viewers:
            self._viewers.remove(viewer)
