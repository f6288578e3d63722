# Overlap of boxes. One row of the answer at a time, the columns' corners laid out apart, so that the inner loop is
# plain arithmetic on neighbours and the compiler turns it into vector instructions of whatever machine it builds for.

import numpy as np

from haven_core._given import rejected

from libc.stdlib cimport free, malloc

from haven_core._checks cimport LARGEST_CORNER, all_finite, has_area, is_box
from haven_core._typedefs cimport float32_t, intp_t, uint8_t


def have_area(boxes):
    cdef const float32_t[:, ::1] given = as_boxes(boxes, "boxes")
    require_boxes(given, boxes)
    answer = np.empty(given.shape[0], np.bool_)
    cdef uint8_t[::1] flags = answer.view(np.uint8)
    cdef intp_t row
    with nogil:
        for row in range(given.shape[0]):
            flags[row] = has_area(&given[row, 0])
    return answer


def iou_distance(tracks, boxes, scores=None):
    cdef const float32_t[:, ::1] a = as_boxes(tracks, "tracks")
    cdef const float32_t[:, ::1] b = as_boxes(boxes, "boxes")
    cdef const float32_t[::1] weights = None
    if scores is not None:
        weights = as_scores(scores, b.shape[0])
    _require_finite(a, tracks, "tracks")
    _require_finite(b, boxes, "boxes")
    answer = np.empty((a.shape[0], b.shape[0]), np.float32)
    if answer.size == 0:
        return answer
    cdef float32_t[:, ::1] distance = answer
    cdef intp_t i, n = b.shape[0]
    cdef float32_t* columns = <float32_t*> malloc(6 * n * sizeof(float32_t))
    if columns == NULL:
        raise MemoryError
    with nogil:
        _lay_out(b, weights, columns)
        for i in range(a.shape[0]):
            _distance_row(&a[i, 0], columns, n, &distance[i, 0])
        free(columns)
    return answer


cdef void _lay_out(const float32_t[:, ::1] boxes, const float32_t[::1] weights, float32_t* columns) noexcept nogil:
    """Write x1, y1, x2, y2, area and weight (1 without weights) as six rows of n."""
    cdef intp_t j, n = boxes.shape[0]
    for j in range(n):
        columns[j] = boxes[j, 0]
        columns[n + j] = boxes[j, 1]
        columns[2 * n + j] = boxes[j, 2]
        columns[3 * n + j] = boxes[j, 3]
        columns[4 * n + j] = area_of(&boxes[j, 0])
        columns[5 * n + j] = 1 if weights is None else weights[j]


cdef void _distance_row(
    const float32_t* box, const float32_t* columns, intp_t n, float32_t* distance
) noexcept nogil:
    """Write 1 - IoU * weight of one box against all columns."""
    cdef const float32_t* x1 = columns
    cdef const float32_t* y1 = columns + n
    cdef const float32_t* x2 = columns + 2 * n
    cdef const float32_t* y2 = columns + 3 * n
    cdef const float32_t* area = columns + 4 * n
    cdef const float32_t* weight = columns + 5 * n
    cdef float32_t left = box[0], top = box[1], right = box[2], bottom = box[3]
    cdef float32_t own_area = area_of(box)
    cdef float32_t width, height
    cdef intp_t j
    for j in range(n):
        width = lesser(x2[j], right) - greater(x1[j], left)
        height = lesser(y2[j], bottom) - greater(y1[j], top)
        distance[j] = weighed(unlikeness(greater(width, 0) * greater(height, 0), own_area, area[j]), weight[j])


cdef const float32_t[:, ::1] as_boxes(given, str name):
    cdef const float32_t[:, ::1] view
    try:
        view = given
    except (TypeError, ValueError):
        raise rejected(name, given, "(N, 4) float32, contiguous") from None
    if view is None or view.shape[1] != 4:
        raise rejected(name, given, "(N, 4) float32, contiguous")
    return view


cdef const float32_t[::1] as_scores(given, intp_t count):
    cdef const float32_t[::1] view
    try:
        view = given
    except (TypeError, ValueError):
        raise rejected("scores", given, f"({count},) float32, contiguous") from None
    if view is None or view.shape[0] != count:
        raise rejected("scores", given, f"({count},) float32, contiguous")
    if count and not all_finite(&view[0], count):
        raise ValueError(f"scores: wanted finite numbers, got {given.tolist()}")
    return view


cdef int _require_finite(const float32_t[:, ::1] view, given, str name) except -1:
    """Refuse boxes without a finite area, inside out or not."""
    cdef intp_t row
    cdef float32_t area
    for row in range(view.shape[0]):
        area = area_of(&view[row, 0])
        if not (all_finite(&view[row, 0], 4) and all_finite(&area, 1)):
            raise ValueError(f"{name}: wanted corners and area to be finite, got {given[row].tolist()} in row {row}")
    return 0


cdef int require_boxes(const float32_t[:, ::1] view, given) except -1:
    cdef intp_t row
    for row in range(view.shape[0]):
        if not is_box(&view[row, 0]):
            raise ValueError(
                f"boxes: wanted x1 <= x2 and y1 <= y2 within {LARGEST_CORNER:g} px, got {given[row].tolist()} in row {row}"
            )
    return 0


cdef int require_area(const float32_t[:, ::1] view, given) except -1:
    cdef intp_t row
    for row in range(view.shape[0]):
        if not has_area(&view[row, 0]):
            raise ValueError(f"boxes: wanted boxes with an area, got {given[row].tolist()} in row {row}")
    return 0
