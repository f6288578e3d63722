"""What a camera makes of the light that reaches it: picture -> frame."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.errors import InvalidInputError
from haven_server.sources.synthetic.scene import Sensor
from haven_server.types import BGRImage

_PLAY_PX = 96
"""How far the noise is shifted about, so that no two frames have the same."""
_GREY = 128


class Exposure:
    """A camera's sensor with all that does not change from frame to frame worked out beforehand.

    Args:
        sensor: what it does.
        width, height: of its pictures, px.
        seed: of its noise; with a frame's number it decides that frame's noise.
    """

    def __init__(self, sensor: Sensor, width: int, height: int, seed: int) -> None:
        self._sensor = sensor
        self._shape = (height, width)
        self._seed = seed
        self._tones = _tones(sensor)
        self._falloff = _falloff(width, height, sensor.vignette) if sensor.vignette > 0 else None
        self._noise = _grain(width, height, sensor.noise, seed) if sensor.noise > 0 else None

    def frame(self, picture: BGRImage, number: int) -> BGRImage:
        """Take a frame; the same picture and number give the same bytes.

        Args:
            picture: (H, W, 3) uint8 BGR; it is left as it is.
        Raises:
            InvalidInputError: the picture is of another size than the sensor.
        """
        if picture.shape[:2] != self._shape:
            height, width = self._shape
            raise InvalidInputError(f"picture of shape {picture.shape}: this sensor takes ({height}, {width}, 3)")
        rng = np.random.default_rng((self._seed, number))
        taken = picture
        if self._sensor.blur_px >= 0.2:
            taken = np.asarray(cv2.GaussianBlur(taken, (0, 0), self._sensor.blur_px), np.uint8)
        taken = np.asarray(cv2.LUT(taken, self._tones), np.uint8)
        if self._falloff is not None:
            taken = np.asarray(cv2.multiply(taken, self._falloff, scale=1 / 255), np.uint8)
        if self._noise is not None:
            top, left = (int(value) for value in rng.integers(0, _PLAY_PX, 2))
            height, width = self._shape
            grain = self._noise[top : top + height, left : left + width]
            taken = np.asarray(cv2.addWeighted(taken, 1, grain, 1, -_GREY), np.uint8)
        if self._sensor.jpeg_quality is not None:
            _, packed = cv2.imencode(".jpg", taken, [cv2.IMWRITE_JPEG_QUALITY, self._sensor.jpeg_quality])
            taken = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
        return taken


def expose(picture: BGRImage, sensor: Sensor, rng: np.random.Generator) -> BGRImage:
    """Take a single picture with a sensor; for many of one size keep an ``Exposure``."""
    height, width = picture.shape[:2]
    return Exposure(sensor, width, height, int(rng.integers(1 << 31))).frame(picture, 0)


def _tones(sensor: Sensor) -> npt.NDArray[np.uint8]:
    """Give the table (1, 256, 3) of exposure, white balance and gamma; what is too bright runs softly into white."""
    grey = np.linspace(0, 1, 256)[:, None] * np.array(sensor.gain)
    over = np.maximum(grey - 0.85, 0)
    soft = (grey - over + over / (1 + over * 4)) ** (1 / sensor.gamma)
    return np.asarray(np.clip(soft * 255 + 0.5, 0, 255), np.uint8)[None]


def _falloff(width: int, height: int, vignette: float) -> npt.NDArray[np.uint8]:
    """Give what is left of the light (H, W, 3), 255 for all."""
    x = (np.arange(width) + 0.5) / width * 2 - 1
    y = (np.arange(height) + 0.5) / height * 2 - 1
    square = (x[None] ** 2 + y[:, None] ** 2) / 2
    return np.repeat(np.asarray((1 - vignette * square**1.5) * 255 + 0.5, np.uint8)[..., None], 3, axis=2)


def _grain(width: int, height: int, noise: float, seed: int) -> npt.NDArray[np.uint8]:
    """Give noise round grey, larger than a picture by the play; mostly brightness, a little colour."""
    rng = np.random.default_rng((seed, 0x4E4F4953))
    shape = (height + _PLAY_PX, width + _PLAY_PX)
    brightness = rng.standard_normal((*shape, 1), np.float32)
    colour = rng.standard_normal((*shape, 3), np.float32)
    grain = (brightness * np.float32(0.85) + colour * np.float32(0.53)) * np.float32(noise)
    return np.asarray(np.clip(grain + np.float32(_GREY + 0.5), 0, 255), np.uint8)
