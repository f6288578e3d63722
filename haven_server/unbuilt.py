"""What the configuration may name and this version does not do yet: Settings -> warning or error."""

from __future__ import annotations

from pydantic import BaseModel

from haven_server.errors import ConfigurationError
from haven_server.settings import Settings
from haven_server.telemetry import logger

WITHOUT_EFFECT = (
    "adl",
    "api.websocket",
    "api.mjpeg",
)
"""Sections and keys that are checked and do nothing yet."""

log = logger(__name__)


def warn_of_unbuilt(settings: Settings) -> None:
    """Log which of the sections that a person wrote down have no effect yet."""
    written = [path for path in WITHOUT_EFFECT if _is_written(settings, path.split("."))]
    written += _camera_keys(settings)
    if any("usual_s" in link.model_fields_set for link in settings.topology.links):
        written.append("topology.links[].usual_s")
    if written:
        log.warning("settings without effect in this version", keys=", ".join(written))


def _camera_keys(settings: Settings) -> list[str]:
    """List the keys of cameras that do nothing: a bed that nobody watches, a login or a source that nobody opens."""
    without_login = [camera for camera in settings.cameras if camera.type != "rtsp"]
    useless = {
        "source": any(camera.source is not None for camera in settings.cameras if camera.type == "pushed"),
        "bed_zone": any(camera.bed_zone is not None for camera in settings.cameras),
        "username": any(camera.username is not None for camera in without_login),
        "password": any(camera.password is not None for camera in without_login),
    }
    return [f"cameras[].{key}" for key, is_useless in useless.items() if is_useless]


def refuse_rtsp(settings: Settings) -> None:
    """Refuse to serve a camera that this version cannot open.

    Raises:
        ConfigurationError: a camera of type rtsp is enabled.
    """
    cameras = [camera.id for camera in settings.cameras if camera.enabled and camera.type == "rtsp"]
    if cameras:
        raise ConfigurationError(
            f"cameras {', '.join(cameras)}: type rtsp cannot be opened by this version; set enabled: false, or type: "
            "pushed and send their frames with a client"
        )


def _is_written(section: BaseModel, path: list[str]) -> bool:
    """Say whether a section stands in the configuration itself and was not left to its defaults."""
    name, *rest = path
    return name in section.model_fields_set and (not rest or _is_written(getattr(section, name), rest))
