"""How good pictures and poses of a person are."""

import numpy as np
import numpy.typing as npt

def laplacian_variance(image: npt.NDArray[np.uint8]) -> float:
    """Measure sharpness: the variance of the second derivative of the grey picture.

    Args:
        image: (H, W, 3) uint8 BGR, at least one pixel; a slice of a larger picture will do, it is not copied.
    Returns:
        Grey levels squared, at least 0; a blurred picture has little.
    Raises:
        ValueError: wrong shape or dtype, or no pixel.
    Source: Pertuz et al., Analysis of focus measure operators, Pattern Recognition 46, 2013 (LAPV); as
        ``cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var()``.
    """

def nose_offset(landmarks: npt.NDArray[np.float32]) -> tuple[float, float] | None:
    """Measure where the nose lies between eyes and mouth; turning the face moves it, rolling the head does not.

    Args:
        landmarks: (5, 2) float32 x, y px, contiguous: left eye, right eye, nose, left and right corner of the mouth.
    Returns:
        How far beside the line from between the eyes to between the mouth's corners, in distances of the eyes, at least
        0; and how far down that line, 0 between the eyes and 1 between the mouth's corners. None when either distance
        is 0: that is no face.
    Raises:
        ValueError: wrong shape or dtype, or a number that is NaN or infinite.
    """

def movement(poses: npt.NDArray[np.float32], least_score: float) -> float:
    """Measure how much a person moves over a window of poses.

    Args:
        poses: (T, 17, 3) float32, contiguous: x px, y px, score, in COCO's order.
        least_score: of a keypoint that is seen, [0, 1]; the others may lie anywhere, NaN included.
    Returns:
        Root mean square distance of the seen keypoints from their own mean places, px; 0 when none is seen.
    Raises:
        ValueError: wrong shape or dtype; a seen keypoint that is NaN or beyond 1e9 px, a score that is NaN, or
            ``least_score`` out of its range.
    """

def completeness(poses: npt.NDArray[np.float32], least_score: float) -> float:
    """Count which share of the 12 points of trunk and limbs is seen, over all poses: [0, 1]; see ``movement``."""
