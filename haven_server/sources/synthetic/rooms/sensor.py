"""What a camera makes of the light that reaches it: picture -> frame."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.errors import InvalidInputError
from haven_server.sources.synthetic.canvas import Window
from haven_server.sources.synthetic.scene import Sensor
from haven_server.types import BGRImage

GRAINS = 16
"""Pictures in turn have this many different noises: so many that nobody sees one again, so few that they are kept."""
JPEG_UNIT_PX = 16
"""Side of the squares that JPEG compresses one by one, with colours at half the resolution."""
_PLAY_PX = 96
"""How far the noise is shifted about."""
_GREY = 128
_LEAST_BLUR_PX = 0.2


class Exposure:
    """A camera's sensor with all that does not change from frame to frame worked out beforehand.

    Args:
        sensor: what it does.
        width, height: of its pictures, px.
        seed: of its noise; with a frame's number it decides that frame's noise.
    """

    def __init__(self, sensor: Sensor, width: int, height: int, seed: int) -> None:
        self.width, self.height = width, height
        self._sensor = sensor
        self._tones = _tones(sensor)
        self._falloff = _falloff(width, height, sensor.vignette) if sensor.vignette > 0 else None
        self._noise = _grain(width, height, sensor.noise, seed) if sensor.noise > 0 else None
        self._shifts = np.random.default_rng(seed).integers(0, _PLAY_PX, (GRAINS, 2)).tolist()

    def frame(self, picture: BGRImage, number: int) -> BGRImage:
        """Take a frame; the same picture and number give the same bytes.

        Args:
            picture: (H, W, 3) uint8 BGR; it is left as it is.
        Raises:
            InvalidInputError: the picture is of another size than the sensor.
        """
        if picture.shape[:2] != (self.height, self.width):
            raise InvalidInputError(
                f"picture of shape {picture.shape}: this sensor takes ({self.height}, {self.width}, 3)"
            )
        return self.part(picture, number, (0, 0, self.width, self.height))

    def part(self, picture: BGRImage, number: int, window: Window) -> BGRImage:
        """Take a part of a frame alone.

        Args:
            window: left and top are multiples of ``JPEG_UNIT_PX``.
        Returns:
            What ``frame`` gives there, but for the outermost two pixels on every side that is not the picture's own
            edge: compression carries colours so far.
        """
        left, top, right, bottom = window
        area = np.s_[top:bottom, left:right]
        taken = self._softened(picture, window)
        taken = np.asarray(cv2.LUT(taken, self._tones), np.uint8)
        if self._falloff is not None:
            taken = np.asarray(cv2.multiply(taken, self._falloff[area], scale=1 / 255), np.uint8)
        if self._noise is not None:
            down, across = self._shifts[number % GRAINS]
            grain = self._noise[down + top : down + bottom, across + left : across + right]
            taken = np.asarray(cv2.addWeighted(taken, 1, grain, 1, -_GREY), np.uint8)
        if self._sensor.jpeg_quality is not None:
            _, packed = cv2.imencode(".jpg", taken, [cv2.IMWRITE_JPEG_QUALITY, self._sensor.jpeg_quality])
            taken = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
        return taken

    def _softened(self, picture: BGRImage, window: Window) -> BGRImage:
        """Cut a part out of a picture, as the lens blurs it."""
        left, top, right, bottom = window
        blur_px = self._sensor.blur_px
        if blur_px < _LEAST_BLUR_PX:
            return picture[top:bottom, left:right]
        reach = self.blur_reach_px
        x0, y0 = max(left - reach, 0), max(top - reach, 0)
        soft = cv2.GaussianBlur(picture[y0 : bottom + reach, x0 : right + reach], (0, 0), blur_px)
        return np.asarray(soft[top - y0 : bottom - y0, left - x0 : right - x0], np.uint8)

    @property
    def blur_reach_px(self) -> int:
        """How far the lens carries light; OpenCV cuts its bell off at three standard deviations."""
        return int(3 * self._sensor.blur_px) + 1 if self._sensor.blur_px >= _LEAST_BLUR_PX else 0


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
