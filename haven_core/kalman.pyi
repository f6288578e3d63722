"""The motion filter of boxes: constant velocity over centre x, centre y, aspect or width, and height.

Noise is independent per coordinate and so is the first covariance, therefore the 8 x 8 covariance is at all times four
2 x 2 blocks, and the filter is four filters of position and velocity. That is exact, not an approximation. The states
of all tracks lie in two flat arrays; each function works on the rows it is told and leaves the others alone:

    mean        (C, 8) float64: centre x px, centre y px, width / height (with ``by_width`` width px), height px, then
                their change per step
    covariance  (C, 4, 3) float64: per coordinate the variance of the position, the covariance of both, the variance of
                the velocity

Every function raises ValueError, and changes nothing, for a wrong shape or dtype, a row outside [0, C), a value that
is NaN or infinite, or a box without area.

Source: Wojke et al., DeepSORT, ICIP 2017, with the noise weights of Zhang et al., ByteTrack, ECCV 2022; ``by_width``:
Aharon et al., BoT-SORT, arXiv 2206.14651, 2022.
"""

import numpy as np
import numpy.typing as npt

def initiate(
    mean: npt.NDArray[np.float64],
    covariance: npt.NDArray[np.float64],
    rows: npt.NDArray[np.intp],
    boxes: npt.NDArray[np.float32],
    by_width: bool = False,
) -> None:
    """Begin tracks at rest on their first boxes.

    Args:
        rows: (K,) intp, which tracks.
        boxes: (K, 4) float32 xyxy px, one per row.
    """

def predict(
    mean: npt.NDArray[np.float64],
    covariance: npt.NDArray[np.float64],
    rows: npt.NDArray[np.intp],
    elapsed: float = 1.0,
    by_width: bool = False,
) -> None:
    """Move tracks on.

    Args:
        rows: (K,) intp, which tracks, each at most once.
        elapsed: how many steps, 0 or more, such as frames; a whole number is as that many single steps where the size
            does not change.
    """

def correct(
    mean: npt.NDArray[np.float64],
    covariance: npt.NDArray[np.float64],
    rows: npt.NDArray[np.intp],
    boxes: npt.NDArray[np.float32],
    by_width: bool = False,
) -> None:
    """Draw tracks towards the boxes they were matched with.

    Args:
        rows: (K,) intp, which tracks, each at most once.
        boxes: (K, 4) float32 xyxy px, one per row.
    """

def to_boxes(
    mean: npt.NDArray[np.float64], rows: npt.NDArray[np.intp], by_width: bool = False
) -> npt.NDArray[np.float32]:
    """Read tracks as boxes.

    Args:
        rows: (K,) intp, which tracks.
    Returns:
        (K, 4) float32 xyxy px. A filter may drift to a side or aspect below zero: such a box is inside out.
    """
