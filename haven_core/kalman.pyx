# Four filters of two states each per track, instead of one of eight: see kalman.pyi for why that is exact.
# A coordinate's covariance [[p, c], [c, v]] is kept as p, c, v.

import numpy as np

from haven_core._given import rejected

from haven_core._checks cimport all_finite, first_outside
from haven_core._typedefs cimport float32_t, float64_t, intp_t
from haven_core.boxes cimport as_boxes, require_area

# Standard deviations of what the filter does not know: of lengths as a share of the height, of the aspect absolutely.
cdef float64_t LENGTH_POSITION = 1.0 / 20
cdef float64_t LENGTH_VELOCITY = 1.0 / 160
cdef float64_t ASPECT_POSITION = 1e-2
cdef float64_t ASPECT_VELOCITY = 1e-5
cdef float64_t ASPECT_MEASURED = 1e-1

cdef enum:
    ASPECT = 2
    HEIGHT = 3


def initiate(mean, covariance, rows, boxes):
    cdef float64_t[:, ::1] m = _as_mean(mean)
    cdef float64_t[:, :, ::1] c = _as_covariance(covariance, m.shape[0])
    cdef const intp_t[::1] which = _as_rows(rows, m.shape[0])
    cdef const float32_t[:, ::1] measured = _as_boxes_of(boxes, which.shape[0])
    cdef intp_t k
    with nogil:
        for k in range(which.shape[0]):
            _initiate(&m[which[k], 0], &c[which[k], 0, 0], &measured[k, 0])


def predict(mean, covariance, rows):
    cdef float64_t[:, ::1] m = _as_mean(mean)
    cdef float64_t[:, :, ::1] c = _as_covariance(covariance, m.shape[0])
    cdef const intp_t[::1] which = _as_rows(rows, m.shape[0])
    _require_finite(m, c, which)
    cdef intp_t k
    with nogil:
        for k in range(which.shape[0]):
            _predict(&m[which[k], 0], &c[which[k], 0, 0])


def correct(mean, covariance, rows, boxes):
    cdef float64_t[:, ::1] m = _as_mean(mean)
    cdef float64_t[:, :, ::1] c = _as_covariance(covariance, m.shape[0])
    cdef const intp_t[::1] which = _as_rows(rows, m.shape[0])
    cdef const float32_t[:, ::1] measured = _as_boxes_of(boxes, which.shape[0])
    _require_finite(m, c, which)
    cdef intp_t k
    with nogil:
        for k in range(which.shape[0]):
            _correct(&m[which[k], 0], &c[which[k], 0, 0], &measured[k, 0])


def to_boxes(mean, rows):
    cdef float64_t[:, ::1] m = _as_mean(mean)
    cdef const intp_t[::1] which = _as_rows(rows, m.shape[0])
    _require_finite(m, None, which)
    answer = np.empty((which.shape[0], 4), np.float32)
    cdef float32_t[:, ::1] boxes = answer
    cdef const float64_t* state
    cdef float64_t width
    cdef intp_t k
    with nogil:
        for k in range(which.shape[0]):
            state = &m[which[k], 0]
            width = state[ASPECT] * state[HEIGHT]
            boxes[k, 0] = <float32_t> (state[0] - width / 2)
            boxes[k, 1] = <float32_t> (state[1] - state[HEIGHT] / 2)
            boxes[k, 2] = <float32_t> (state[0] + width / 2)
            boxes[k, 3] = <float32_t> (state[1] + state[HEIGHT] / 2)
    return answer


cdef void _measure(const float32_t* box, float64_t* measured) noexcept nogil:
    """Write an xyxy box as centre x, centre y, aspect, height."""
    cdef float64_t x1 = box[0], y1 = box[1], x2 = box[2], y2 = box[3]
    measured[0] = (x1 + x2) / 2
    measured[1] = (y1 + y2) / 2
    measured[ASPECT] = (x2 - x1) / (y2 - y1)
    measured[HEIGHT] = y2 - y1


cdef void _initiate(float64_t* mean, float64_t* covariance, const float32_t* box) noexcept nogil:
    cdef float64_t position, velocity
    cdef int k
    _measure(box, mean)
    for k in range(4):
        position = ASPECT_POSITION if k == ASPECT else 2 * LENGTH_POSITION * mean[HEIGHT]
        velocity = ASPECT_VELOCITY if k == ASPECT else 10 * LENGTH_VELOCITY * mean[HEIGHT]
        mean[4 + k] = 0
        covariance[3 * k] = position * position
        covariance[3 * k + 1] = 0
        covariance[3 * k + 2] = velocity * velocity


cdef void _predict(float64_t* mean, float64_t* covariance) noexcept nogil:
    cdef float64_t height = mean[HEIGHT], position, velocity
    cdef float64_t* block
    cdef int k
    for k in range(4):
        block = covariance + 3 * k
        position = ASPECT_POSITION if k == ASPECT else LENGTH_POSITION * height
        velocity = ASPECT_VELOCITY if k == ASPECT else LENGTH_VELOCITY * height
        mean[k] += mean[4 + k]
        block[0] += 2 * block[1] + block[2] + position * position
        block[1] += block[2]
        block[2] += velocity * velocity


cdef void _correct(float64_t* mean, float64_t* covariance, const float32_t* box) noexcept nogil:
    cdef float64_t[4] measured
    cdef float64_t height = mean[HEIGHT], noise, total, surprise, cross
    cdef float64_t* block
    cdef int k
    _measure(box, measured)
    for k in range(4):
        block = covariance + 3 * k
        noise = ASPECT_MEASURED if k == ASPECT else LENGTH_POSITION * height
        total = block[0] + noise * noise
        surprise = (measured[k] - mean[k]) / total
        cross = block[1]
        mean[k] += block[0] * surprise
        mean[4 + k] += cross * surprise
        block[2] -= cross * cross / total
        block[1] -= block[0] * cross / total
        block[0] -= block[0] * block[0] / total


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
