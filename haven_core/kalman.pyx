# The motion filter over rows of flat arrays; the arithmetic of one track is in kalman.pxd, for other kernels as well.

import numpy as np

from haven_core._given import rejected

from libc.math cimport isfinite

from haven_core._checks cimport all_finite, first_outside
from haven_core._typedefs cimport float32_t, float64_t, intp_t
from haven_core.boxes cimport as_boxes, require_area


def initiate(mean, covariance, rows, boxes, bint by_width=False):
    cdef float64_t[:, ::1] m = _as_mean(mean)
    cdef float64_t[:, :, ::1] c = _as_covariance(covariance, m.shape[0])
    cdef const intp_t[::1] which = _as_rows(rows, m.shape[0])
    cdef const float32_t[:, ::1] measured = _as_boxes_of(boxes, which.shape[0])
    cdef intp_t k
    with nogil:
        for k in range(which.shape[0]):
            initiate_one(&m[which[k], 0], &c[which[k], 0, 0], &measured[k, 0], by_width)


def predict(mean, covariance, rows, float64_t elapsed=1, bint by_width=False):
    cdef float64_t[:, ::1] m = _as_mean(mean)
    cdef float64_t[:, :, ::1] c = _as_covariance(covariance, m.shape[0])
    cdef const intp_t[::1] which = _as_rows(rows, m.shape[0])
    if not (isfinite(elapsed) and elapsed >= 0):
        raise ValueError(f"elapsed: wanted a finite number of steps, 0 or more, got {elapsed}")
    _require_finite(m, c, which)
    cdef intp_t k
    with nogil:
        for k in range(which.shape[0]):
            predict_one(&m[which[k], 0], &c[which[k], 0, 0], elapsed, by_width)


def correct(mean, covariance, rows, boxes, bint by_width=False):
    cdef float64_t[:, ::1] m = _as_mean(mean)
    cdef float64_t[:, :, ::1] c = _as_covariance(covariance, m.shape[0])
    cdef const intp_t[::1] which = _as_rows(rows, m.shape[0])
    cdef const float32_t[:, ::1] measured = _as_boxes_of(boxes, which.shape[0])
    _require_finite(m, c, which)
    cdef intp_t k
    with nogil:
        for k in range(which.shape[0]):
            correct_one(&m[which[k], 0], &c[which[k], 0, 0], &measured[k, 0], by_width)


def to_boxes(mean, rows, bint by_width=False):
    cdef float64_t[:, ::1] m = _as_mean(mean)
    cdef const intp_t[::1] which = _as_rows(rows, m.shape[0])
    _require_finite(m, None, which)
    answer = np.empty((which.shape[0], 4), np.float32)
    cdef float32_t[:, ::1] boxes = answer
    cdef intp_t k
    with nogil:
        for k in range(which.shape[0]):
            as_box(&m[which[k], 0], by_width, &boxes[k, 0])
    return answer


cdef float64_t[:, ::1] _as_mean(given):
    cdef float64_t[:, ::1] view
    try:
        view = given
    except (TypeError, ValueError):
        raise rejected("mean", given, "(C, 8) float64, contiguous, writable") from None
    if view is None or view.shape[1] != 8:
        raise rejected("mean", given, "(C, 8) float64, contiguous, writable")
    return view


cdef float64_t[:, :, ::1] _as_covariance(given, intp_t count):
    cdef float64_t[:, :, ::1] view
    try:
        view = given
    except (TypeError, ValueError):
        raise rejected("covariance", given, f"({count}, 4, 3) float64, contiguous, writable") from None
    if view is None or view.shape[0] != count or view.shape[1] != 4 or view.shape[2] != 3:
        raise rejected("covariance", given, f"({count}, 4, 3) float64, contiguous, writable")
    return view


cdef const intp_t[::1] _as_rows(given, intp_t count):
    cdef const intp_t[::1] view
    try:
        view = given
    except (TypeError, ValueError):
        raise rejected("rows", given, "(K,) intp, contiguous") from None
    if view is None:
        raise rejected("rows", given, "(K,) intp, contiguous")
    cdef intp_t bad = first_outside(view, count)
    if bad < view.shape[0]:
        raise ValueError(f"rows: wanted rows in [0, {count}), got {view[bad]} at position {bad}")
    return view


cdef const float32_t[:, ::1] _as_boxes_of(given, intp_t count):
    """Take as many boxes as there are rows, each with an area."""
    cdef const float32_t[:, ::1] view = as_boxes(given, "boxes")
    if view.shape[0] != count:
        raise rejected("boxes", given, f"one box for each of the {count} rows")
    require_area(view, given)
    return view


cdef int _require_finite(const float64_t[:, ::1] mean, const float64_t[:, :, ::1] covariance, const intp_t[::1] rows) except -1:
    """Refuse states that hold NaN or infinity; covariance may be None."""
    cdef intp_t k
    for k in range(rows.shape[0]):
        if not all_finite(&mean[rows[k], 0], 8):
            raise ValueError(f"mean: wanted finite numbers, got {np.asarray(mean[rows[k]]).tolist()} in row {rows[k]}")
        if covariance is not None and not all_finite(&covariance[rows[k], 0, 0], 12):
            raise ValueError(
                f"covariance: wanted finite numbers, got {np.asarray(covariance[rows[k]]).tolist()} in row {rows[k]}"
            )
    return 0
