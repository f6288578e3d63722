# How good the pictures and poses of a person are. Sharpness is measured in one pass: three rows of grey at a time, sums
# in whole numbers, so nothing is rounded until the end and the answer does not depend on the order of summation.

import numpy as np

from haven_core._given import rejected, required

from libc.math cimport hypot, sqrt
from libc.stdint cimport int16_t, int32_t, int64_t
from libc.stdlib cimport free, malloc

from haven_core._checks cimport LARGEST_CORNER, all_finite
from haven_core._coco cimport KEYPOINTS, LEFT_SHOULDER
from haven_core._typedefs cimport float32_t, float64_t, intp_t, uint8_t

# Luma of ITU-R BT.601 in fixed point, rounded as OpenCV rounds it.
cdef enum:
    SHIFT = 15
    BLUE = 3735
    GREEN = 19235
    RED = 9798

# Pixels whose squared Laplacians, at most 1020 * 1020 each, can be summed in 32 bits.
cdef enum:
    RUN = 2048


def laplacian_variance(image):
    cdef const uint8_t[:, :, :] view = _as_image(image)
    cdef int16_t* rows = <int16_t*> malloc(3 * (view.shape[1] + 2) * sizeof(int16_t))
    if rows == NULL:
        raise MemoryError
    cdef float64_t variance
    with nogil:
        variance = _variance(view, rows)
        free(rows)
    return variance


def nose_offset(landmarks):
    cdef const float32_t[:, ::1] points = required("landmarks", landmarks, (5, 2), np.float32)
    if not all_finite(&points[0, 0], 10):
        raise ValueError(f"landmarks: wanted finite numbers, got {landmarks.tolist()}")
    cdef float64_t[2] down, across, nose
    cdef float64_t middle, length, width
    cdef int axis
    for axis in range(2):
        across[axis] = <float64_t> points[1, axis] - points[0, axis]
        middle = (<float64_t> points[0, axis] + points[1, axis]) / 2
        down[axis] = (<float64_t> points[3, axis] + points[4, axis]) / 2 - middle
        nose[axis] = points[2, axis] - middle
    length, width = hypot(down[0], down[1]), hypot(across[0], across[1])
    if length == 0 or width == 0:
        return None
    shift = abs(down[0] * nose[1] - down[1] * nose[0]) / (length * width)
    return shift, (nose[0] * down[0] + nose[1] * down[1]) / (length * length)


def movement(poses, float32_t least_score):
    cdef const float32_t[:, :, ::1] view = as_poses(poses, least_score)
    cdef float64_t distance
    with nogil:
        distance = _movement(view, least_score)
    return distance


def completeness(poses, float32_t least_score):
    cdef const float32_t[:, :, ::1] view = as_poses(poses, least_score)
    cdef intp_t pose, point, count = 0
    with nogil:
        for pose in range(view.shape[0]):
            for point in range(LEFT_SHOULDER, KEYPOINTS):
                count += view[pose, point, 2] >= least_score
    return <float64_t> count / (view.shape[0] * (KEYPOINTS - LEFT_SHOULDER))


cdef const float32_t[:, :, ::1] as_poses(given, float32_t least_score):
    """Refuse what is no window of poses, a NaN or far keypoint that counts as seen among them."""
    if not 0 <= least_score <= 1:
        raise ValueError(f"least_score: wanted a number in [0, 1], got {least_score:g}")
    cdef const float32_t[:, :, ::1] view = required("poses", given, ("T", KEYPOINTS, 3), np.float32)
    cdef intp_t pose, point
    for pose in range(view.shape[0]):
        for point in range(KEYPOINTS):
            if not _is_sound(&view[pose, point, 0], least_score):
                raise ValueError(
                    f"poses: wanted scores that are numbers and seen keypoints within {LARGEST_CORNER:g} px, "
                    f"got {given[pose, point].tolist()} as keypoint {point} of pose {pose}"
                )
    return view


cdef inline bint _is_sound(const float32_t* keypoint, float32_t least_score) noexcept nogil:
    return keypoint[2] < least_score or (
        keypoint[2] >= least_score
        and -LARGEST_CORNER <= keypoint[0] <= LARGEST_CORNER
        and -LARGEST_CORNER <= keypoint[1] <= LARGEST_CORNER
    )


cdef const uint8_t[:, :, :] _as_image(given):
    cdef const uint8_t[:, :, :] view
    try:
        view = given
    except (TypeError, ValueError):
        raise rejected("image", given, "(H, W, 3) uint8") from None
    if view is None or view.shape[0] == 0 or view.shape[1] == 0 or view.shape[2] != 3:
        raise rejected("image", given, "(H, W, 3) uint8 with at least one pixel")
    return view


cdef float64_t _variance(const uint8_t[:, :, :] image, int16_t* rows) noexcept nogil:
    """Sum the Laplacian and its square; borders mirror, the edge pixel not repeated."""
    cdef intp_t height = image.shape[0], width = image.shape[1], y, run, begin
    cdef int64_t total = 0, total_of_squares = 0
    cdef int16_t* above
    cdef int16_t* here
    cdef int16_t* below
    _grey_row(image, 0, rows)
    if height > 1:
        _grey_row(image, 1, rows + width + 2)
    for y in range(height):
        here = rows + (y % 3) * (width + 2)
        above = rows + (_mirrored(y - 1, height) % 3) * (width + 2)
        below = rows + (_mirrored(y + 1, height) % 3) * (width + 2)
        if 0 < y < height - 1:
            _grey_row(image, y + 1, below)
        for run in range((width + RUN - 1) // RUN):
            begin = run * RUN
            _add_run(above + begin, here + begin, below + begin, min(RUN, width - begin), &total, &total_of_squares)
    cdef float64_t count = <float64_t> height * width, mean = total / count
    return max(total_of_squares / count - mean * mean, 0.0)


cdef void _add_run(
    const int16_t* above,
    const int16_t* here,
    const int16_t* below,
    intp_t length,
    int64_t* total,
    int64_t* total_of_squares,
) noexcept nogil:
    """Add up at most RUN pixels of a row; all three begin one pixel to the left of the first."""
    cdef int32_t run = 0, run_of_squares = 0
    cdef int16_t value
    cdef intp_t x
    for x in range(1, length + 1):
        value = <int16_t> (above[x] + below[x] + here[x - 1] + here[x + 1] - 4 * here[x])
        run += value
        run_of_squares += <int32_t> value * <int32_t> value
    total[0] += run
    total_of_squares[0] += run_of_squares


cdef inline intp_t _mirrored(intp_t index, intp_t length) noexcept nogil:
    """Fold an index one step outside [0, length) back inside, about the edge pixel."""
    if length == 1:
        return 0
    if index < 0:
        return 1
    return length - 2 if index == length else index


cdef void _grey_row(const uint8_t[:, :, :] image, intp_t y, int16_t* grey) noexcept nogil:
    """Write a row with one more pixel at both ends, for what lies mirrored beyond the edge."""
    cdef intp_t width = image.shape[1], x
    for x in range(width):
        grey[x + 1] = <int16_t> (
            (BLUE * image[y, x, 0] + GREEN * image[y, x, 1] + RED * image[y, x, 2] + (1 << (SHIFT - 1))) >> SHIFT
        )
    grey[0] = grey[1 + _mirrored(-1, width)]
    grey[width + 1] = grey[1 + _mirrored(width, width)]


cdef float64_t _movement(const float32_t[:, :, ::1] poses, float32_t least_score) noexcept nogil:
    cdef intp_t pose, point, axis, count, seen = 0
    cdef float64_t mean, total = 0
    for point in range(KEYPOINTS):
        for axis in range(2):
            count = 0
            mean = 0
            for pose in range(poses.shape[0]):
                if poses[pose, point, 2] >= least_score:
                    mean += poses[pose, point, axis]
                    count += 1
            mean /= max(count, 1)
            for pose in range(poses.shape[0]):
                if poses[pose, point, 2] >= least_score:
                    total += (poses[pose, point, axis] - mean) ** 2
        seen += count
    return sqrt(total / max(seen, 1))
