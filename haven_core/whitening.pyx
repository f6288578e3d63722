# Linear discriminants of a descriptor; their statistics come with the call, which is what the whole is about.

import numpy as np

from haven_core._given import required

from libc.math cimport isfinite, sqrt

from haven_core._typedefs cimport float32_t, float64_t, intp_t, uint8_t


def whiten(values, known, mean, matrix):
    cdef const float32_t[::1] given = required("values", values, ("V",), np.float32)
    cdef intp_t count = given.shape[0], row, k
    cdef const uint8_t[::1] is_known = required("known", known, (count,), np.bool_).view(np.uint8)
    cdef const float32_t[::1] centre = required("mean", mean, (count,), np.float32)
    cdef const float32_t[:, ::1] rows = required("matrix", matrix, ("D", count), np.float32)
    answer = np.empty(rows.shape[0], np.float32)
    cdef float32_t[::1] unit = answer
    cdef float64_t[::1] turned = np.zeros(rows.shape[0])
    cdef float64_t square = 0
    with nogil:
        for row in range(rows.shape[0]):
            for k in range(count):
                if is_known[k]:
                    turned[row] += rows[row, k] * (<float64_t> given[k] - centre[k])
            square += turned[row] * turned[row]
        for row in range(rows.shape[0]):
            unit[row] = <float32_t> (turned[row] / sqrt(square)) if square > 0 else 0
    # In float64 no sum of squared products of finite float32 numbers overflows.
    if not isfinite(square):
        raise _infinite(values=np.where(known, values, 0), mean=np.where(known, mean, 0), matrix=np.where(known, matrix, 0))
    return answer if square > 0 else None


def _infinite(**given):
    names = [name for name, numbers in given.items() if not np.isfinite(numbers).all()]
    return ValueError(f"{', '.join(names)}: wanted finite numbers, got NaN or Inf")
