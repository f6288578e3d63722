"""CameraService: CameraStatus -> Camera."""

from __future__ import annotations

from typing import Any

import grpc
from haven.v1 import camera_service_pb2, camera_service_pb2_grpc

from haven_server.rpc import convert
from haven_server.rpc.facade import CameraBoard


class CameraServicer(camera_service_pb2_grpc.CameraServiceServicer):
    """Answers how the cameras fare."""

    def __init__(self, cameras: CameraBoard) -> None:
        self._cameras = cameras

    async def ListCameras(  # noqa: N802
        self, request: camera_service_pb2.ListCamerasRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> camera_service_pb2.ListCamerasResponse:
        """List every camera."""
        return camera_service_pb2.ListCamerasResponse(
            cameras=[convert.camera(status) for status in self._cameras.list()],
            run_start=convert.timestamp(self._cameras.run_start),
            fps_limit=self._cameras.fps_limit,
        )
