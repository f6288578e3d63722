# Sharpness of a picture in one pass: three rows of grey at a time, sums in whole numbers, so nothing is rounded until
# the end and the answer does not depend on the order of summation.

from haven_core._given import rejected

from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free, malloc

from haven_core._typedefs cimport float64_t, intp_t, uint8_t

# Luma of ITU-R BT.601 in fixed point, rounded as OpenCV rounds it.
cdef enum:
    SHIFT = 15
    BLUE = 3735
    GREEN = 19235
    RED = 9798


def laplacian_variance(image):
    cdef const uint8_t[:, :, :] view = _as_image(image)
    cdef intp_t width = view.shape[1]
    cdef int32_t* rows = <int32_t*> malloc(3 * width * sizeof(int32_t))
    if rows == NULL:
        raise MemoryError
    cdef float64_t variance
    with nogil:
        variance = _variance(view, rows)
        free(rows)
    return variance


cdef const uint8_t[:, :, :] _as_image(given):
    cdef const uint8_t[:, :, :] view
    try:
        view = given
    except (TypeError, ValueError):
        raise rejected("image", given, "(H, W, 3) uint8") from None
    if view is None or view.shape[0] == 0 or view.shape[1] == 0 or view.shape[2] != 3:
        raise rejected("image", given, "(H, W, 3) uint8 with at least one pixel")
    return view


cdef float64_t _variance(const uint8_t[:, :, :] image, int32_t* rows) noexcept nogil:
    """Sum the Laplacian and its square; borders mirror, the edge pixel not repeated."""
    cdef intp_t height = image.shape[0], width = image.shape[1], y, x
    cdef int64_t total = 0, total_of_squares = 0
    cdef int32_t value
    cdef int32_t* above
    cdef int32_t* here
    cdef int32_t* below
    _grey_row(image, 0, rows)
    if height > 1:
        _grey_row(image, 1, rows + width)
    for y in range(height):
        here = rows + (y % 3) * width
        above = rows + (_mirrored(y - 1, height) % 3) * width
        below = rows + (_mirrored(y + 1, height) % 3) * width
        if 0 < y < height - 1:
            _grey_row(image, y + 1, below)
        for x in range(width):
            value = above[x] + below[x] + here[_mirrored(x - 1, width)] + here[_mirrored(x + 1, width)] - 4 * here[x]
            total += value
            total_of_squares += value * value
    cdef float64_t count = <float64_t> height * width, mean = total / count
    return max(total_of_squares / count - mean * mean, 0.0)


cdef inline intp_t _mirrored(intp_t index, intp_t length) noexcept nogil:
    """Fold an index one step outside [0, length) back inside, about the edge pixel."""
    if length == 1:
        return 0
    if index < 0:
        return 1
    return length - 2 if index == length else index


cdef void _grey_row(const uint8_t[:, :, :] image, intp_t y, int32_t* grey) noexcept nogil:
    cdef intp_t x
    for x in range(image.shape[1]):
        grey[x] = (
            BLUE * image[y, x, 0] + GREEN * image[y, x, 1] + RED * image[y, x, 2] + (1 << (SHIFT - 1))
        ) >> SHIFT
