# Numbers that would poison a search are refused here, by name, and nothing behind this looks at them again.

import numpy as np

from haven_core._given import rejected

from libc.math cimport fabs, isfinite, sqrt

from haven_core._kernels cimport NORM_TOLERANCE
from haven_core._typedefs cimport float32_t, float64_t, uint8_t


cdef class CheckedRules:
    """`Rules` whose every array has the shape and dtype that kernels read."""

    def __init__(self, rules, intp_t signals):
        shape, square = (signals,), (signals, signals)
        cdef const float64_t[::1] weights = as_weights(rules.weights, signals)
        cdef const float64_t[::1] thresholds = _numbers(rules.thresholds, shape, np.float64, "thresholds")
        cdef const float64_t[:, ::1] floors = _numbers(rules.floors, square, np.float64, "floors")
        cdef const uint8_t[:, ::1] required = _numbers(rules.required, square, np.uint8, "required")
        cdef const float64_t[::1] vetoes = _numbers(rules.vetoes, shape, np.float64, "vetoes")
        cdef const float64_t[::1] reaches = _numbers(rules.reaches, shape, np.float64, "reaches")
        if not (np.asarray(reaches) >= 0).all():
            raise ValueError(f"reaches: wanted numbers of at least 0, got {rules.reaches!r}")
        self.arrays = (weights, thresholds, floors, required, vetoes, reaches)
        self.terms = Terms(
            &weights[0],
            &thresholds[0],
            &floors[0, 0],
            &required[0, 0],
            &vetoes[0],
            &reaches[0],
            bool((np.asarray(vetoes) > -np.inf).any()),
        )


def _numbers(given, shape, dtype, name):
    array = np.asarray(given)
    if array.shape != shape or not np.can_cast(array.dtype, dtype) or np.isnan(array).any():
        raise ValueError(f"{name}: wanted {shape} numbers of {np.dtype(dtype)}, got {given!r}")
    return np.ascontiguousarray(array, dtype)


cdef as_weights(given, intp_t signals):
    """Return one weight per signal."""
    weights = _numbers(given, (signals,), np.float64, "weights")
    if not ((weights > 0) & np.isfinite(weights)).all():
        raise ValueError(f"weights: wanted positive, finite numbers, got {given!r}")
    return weights


cdef as_unit(vector, intp_t dimension, str name):
    """Return a vector of unit norm, contiguous."""
    if not isinstance(vector, np.ndarray) or vector.shape != (dimension,) or vector.dtype != np.float32:
        raise rejected(name, vector, f"({dimension},) float32")
    cdef const float32_t[::1] values = np.ascontiguousarray(vector)
    cdef float64_t square = 0
    cdef intp_t index
    for index in range(values.shape[0]):
        square += <float64_t>values[index] * values[index]
    if not isfinite(square):
        raise ValueError(f"{name}: wanted finite numbers, got NaN or Inf")
    if fabs(sqrt(square) - 1) > NORM_TOLERANCE:
        raise ValueError(f"{name}: wanted unit norm, got {sqrt(square):.6g}")
    return np.asarray(values)
