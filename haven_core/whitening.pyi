"""Descriptors that are all alike -> vectors whose cosines tell people apart."""

import numpy as np
import numpy.typing as npt

def whiten(
    values: npt.NDArray[np.float32],
    known: npt.NDArray[np.bool_],
    mean: npt.NDArray[np.float32],
    matrix: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32] | None:
    """Centre and turn a descriptor, so that strangers' cosines have a mean of 0.

    Uncentred, the descriptors of any two people have cosines near 1. What is unknown takes the mean's place and so
    says nothing. A matrix that whitens the covariance *within* people, as linear discriminant analysis has it, is what
    tells them apart; one that whitens the covariance of all descriptors mostly lifts noise.

    Args:
        values: (V,) float32, of one descriptor.
        known: (V,) bool; where False, neither the value nor what belongs to it is looked at.
        mean: (V,) float32, of many people's descriptors.
        matrix: (D, V) float32, contiguous.
    Returns:
        (D,) float32 of unit norm along ``matrix @ (values - mean)``; None where that is 0, as when nothing is known.
    Raises:
        ValueError: wrong shape or dtype; a number that is NaN or infinite.
    Source: Fisher, The use of multiple measurements in taxonomic problems, Annals of Eugenics 7(2), 1936.
    """
