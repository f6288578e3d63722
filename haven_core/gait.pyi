"""How somebody walks: a window of poses -> a descriptor by which people differ."""

import numpy as np
import numpy.typing as npt

DIMENSION: int
"""Length of a descriptor: 128."""

def describe(
    poses: npt.NDArray[np.float32], times: npt.NDArray[np.int64], least_score: float, least_poses: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Describe a window of poses of one person.

    The same walk at another place or scale of the picture, or mirrored, gives the same descriptor. Its unit of length
    is the trunk, from the middle of the shoulders to that of the hips, as long as it is in the picture on the average;
    x points where the person goes, y down; places are as seen from the middle of the hips:

    =========  =======================================================================================================
    0 - 15     mean length of bones as the picture shows them: left and right upper arm, forearm, thigh, shank; between
               the shoulders, between the hips, down the left and the right side; nose to the middle of the shoulders,
               ear to ear; left and right ankle to the middle of the hips
    16 - 31    their standard deviations
    32 - 65    mean place of the 17 keypoints, x and y in turn
    66 - 99    their standard deviations
    100 - 101  velocity of the hips, x and y, trunks/s
    102 - 103  standard deviation of the hips about an even course: sway and bounce
    104 - 127  spectra of the left ankle, knee and wrist as seen from the right one: shares of the motion, [0, 1], at
               0.4, 0.6 ... 1.8 Hz; they are greatest about the cadence in double steps a second
    =========  =======================================================================================================

    Descriptors of different people are much alike until they are whitened (``haven_core.whitening``).

    Args:
        poses: (T, 17, 3) float32, contiguous: x px, y px, score, in COCO's order. Poses without both shoulders and
            both hips are passed over.
        times: (T,) int64 ns, ascending.
        least_score: of a keypoint that is seen, [0, 1]; the others may lie anywhere, NaN included.
        least_poses: in which the points must be seen that a value rests on, at least 2.
    Returns:
        (128,) float32, 0 where unknown; (128,) bool: which are known. Spectra of what does not move are unknown, and
        so is everything when the trunk has no length.
    Raises:
        ValueError: wrong shape or dtype; a seen keypoint that is NaN or beyond 1e9 px, a score that is NaN; times that
            do not ascend; a bound out of its range.
    Source: proportions and motion of joints, as in Wang et al., Fusion of static and dynamic body biometrics for gait
        recognition, IEEE TCSVT 14(2), 2004; which ones serve was decided on walks of the drawn world.
    """
