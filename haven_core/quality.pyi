"""How good a picture of a person is."""

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
