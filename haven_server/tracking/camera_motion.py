"""How the camera itself moves: two pictures -> affine map."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.types import BGRImage, BoxesXYXY

Motion: TypeAlias = npt.NDArray[np.float64]
"""(2, 3) float64: maps a place in the picture before, source px, to the place where it is now."""

WIDTH = 320
"""Pictures are measured at this width in px at most."""
CORNERS = 400
"""Greatest number of points that are followed."""
AGREEMENT_PX = 2.0
"""How near to where the map takes it a point ends that agrees, in px of the measured picture: a wide lens bends a fast
pan by no more. With 1 px the map was refused in 11 of 70 frames of `bench.tracking.panning`, with 2 px in one."""
LEAST_CORNERS = 12
"""With fewer that agree the camera is taken to stand still."""
LEAST_SHARE = 0.5
"""Least share of the points that must agree, likewise."""
RANSAC_SEED = 0
STILL: Motion = np.eye(2, 3)


class CameraMotion:
    """Measures from picture to picture where the background has gone.

    Corners beside people are followed by sparse optical flow; RANSAC, seeded anew for each picture, finds the shift,
    turn and zoom that most of them agree on. The same pictures give the same maps.

    Source: Aharon et al., BoT-SORT, arXiv 2206.14651, 2022, section 3.2.
    """

    def __init__(self) -> None:
        """Begin before the first picture."""
        self.clear()

    def clear(self) -> None:
        """Forget the picture before."""
        self._before: npt.NDArray[np.uint8] | None = None
        self._size: tuple[int, ...] = ()
        self._corners = _NO_POINTS

    def measure(self, image: BGRImage, people: BoxesXYXY) -> Motion:
        """Compare a picture with the one before.

        Args:
            people: (N, 4) float32 xyxy, source px, what moves by itself in this picture.
        Returns:
            The map; `STILL` for the first picture, for one of another size, and where too few points agree.
        """
        grey, scale = _shrunk(image)
        before, size, corners = self._before, self._size, self._corners
        self._before, self._size, self._corners = grey, image.shape, _background_corners(grey, people * scale)
        if before is None or size != image.shape or len(corners) < LEAST_CORNERS:
            return STILL
        found, status, _ = cv2.calcOpticalFlowPyrLK(before, grey, corners, corners.copy())
        followed = status.ravel() == 1
        return _agreed(corners[followed], found[followed], scale)


_NO_POINTS: npt.NDArray[np.float32] = np.empty((0, 1, 2), np.float32)


def _shrunk(image: BGRImage) -> tuple[npt.NDArray[np.uint8], float]:
    """Make a small grey picture; return it and its px per source px."""
    height, width = image.shape[:2]
    scale = min(1.0, WIDTH / width)
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    if scale < 1:
        size = (round(width * scale), max(1, round(height * scale)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(grey, np.uint8), scale


def _background_corners(grey: npt.NDArray[np.uint8], people: BoxesXYXY) -> npt.NDArray[np.float32]:
    """Find (K, 1, 2) float32 corners x, y that are on nobody."""
    mask = np.full(grey.shape, 255, np.uint8)
    limits = np.array([grey.shape[1], grey.shape[0]] * 2)
    for x1, y1, x2, y2 in np.clip(people, 0, limits).astype(int).tolist():
        mask[y1 : y2 + 1, x1 : x2 + 1] = 0
    corners = cv2.goodFeaturesToTrack(grey, CORNERS, qualityLevel=0.01, minDistance=1, mask=mask, blockSize=3)
    return _NO_POINTS if corners is None else np.asarray(corners, np.float32)


def _agreed(corners: npt.NDArray[np.float32], found: npt.NDArray[np.float32], scale: float) -> Motion:
    """Fit shift, turn and zoom to what most points did; in source px."""
    if len(corners) < LEAST_CORNERS:
        return STILL
    cv2.setRNGSeed(RANSAC_SEED)
    motion, inliers = cv2.estimateAffinePartial2D(corners, found, method=cv2.RANSAC, ransacReprojThreshold=AGREEMENT_PX)
    if motion is None or inliers.sum() < max(LEAST_CORNERS, LEAST_SHARE * len(corners)):
        return STILL
    agreed: Motion = np.ascontiguousarray(motion, np.float64)
    agreed[:, 2] /= scale
    return agreed
