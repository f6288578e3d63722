# The motion filter of one track, for kernels to inline: four filters of two states each, instead of one of eight. See
# kalman.pyi for why that is exact. A coordinate's covariance [[p, c], [c, v]] is kept as p, c, v.

from libc.math cimport fabs, hypot

from haven_core._typedefs cimport float32_t, float64_t

cdef extern from *:
    """
    /* Standard deviations of what the filter does not know: of lengths as a share of the side they go by, of the aspect
       absolutely. */
    #define HAVEN_LENGTH_POSITION (1.0 / 20)
    #define HAVEN_LENGTH_VELOCITY (1.0 / 160)
    #define HAVEN_ASPECT_POSITION 1e-2
    #define HAVEN_ASPECT_VELOCITY 1e-5
    #define HAVEN_ASPECT_MEASURED 1e-1
    """
    const float64_t LENGTH_POSITION "HAVEN_LENGTH_POSITION"
    const float64_t LENGTH_VELOCITY "HAVEN_LENGTH_VELOCITY"
    const float64_t ASPECT_POSITION "HAVEN_ASPECT_POSITION"
    const float64_t ASPECT_VELOCITY "HAVEN_ASPECT_VELOCITY"
    const float64_t ASPECT_MEASURED "HAVEN_ASPECT_MEASURED"

cdef enum:
    SHAPE = 2
    HEIGHT = 3


cdef struct Noise:
    # Variances, by coordinate.
    float64_t[4] position
    float64_t[4] velocity
    float64_t[4] measured


cdef inline void noise_of(const float64_t* mean, bint by_width, Noise* noise) noexcept nogil:
    """Tell how much of a track of this size is unknown."""
    cdef float64_t length, position, velocity
    cdef int k
    for k in range(4):
        length = mean[SHAPE] if by_width and k % 2 == 0 else mean[HEIGHT]
        position, velocity = LENGTH_POSITION * length, LENGTH_VELOCITY * length
        noise.position[k] = noise.measured[k] = position * position
        noise.velocity[k] = velocity * velocity
    if not by_width:
        noise.position[SHAPE] = ASPECT_POSITION * ASPECT_POSITION
        noise.velocity[SHAPE] = ASPECT_VELOCITY * ASPECT_VELOCITY
        noise.measured[SHAPE] = ASPECT_MEASURED * ASPECT_MEASURED


cdef inline void measure(const float32_t* box, bint by_width, float64_t* measured) noexcept nogil:
    """Write an xyxy box as centre x, centre y, aspect or width, height."""
    cdef float64_t x1 = box[0], y1 = box[1], x2 = box[2], y2 = box[3]
    measured[0] = (x1 + x2) / 2
    measured[1] = (y1 + y2) / 2
    measured[SHAPE] = x2 - x1 if by_width else (x2 - x1) / (y2 - y1)
    measured[HEIGHT] = y2 - y1


cdef inline void as_box(const float64_t* mean, bint by_width, float32_t* box) noexcept nogil:
    """Write the state as an xyxy box."""
    cdef float64_t width = mean[SHAPE] if by_width else mean[SHAPE] * mean[HEIGHT]
    box[0] = <float32_t> (mean[0] - width / 2)
    box[1] = <float32_t> (mean[1] - mean[HEIGHT] / 2)
    box[2] = <float32_t> (mean[0] + width / 2)
    box[3] = <float32_t> (mean[1] + mean[HEIGHT] / 2)


cdef inline void initiate_one(
    float64_t* mean, float64_t* covariance, const float32_t* box, bint by_width
) noexcept nogil:
    """Begin at rest on a box; twice and ten times as unsure of place and pace as from one frame to the next."""
    cdef Noise noise
    cdef bint is_aspect
    cdef int k
    measure(box, by_width, mean)
    noise_of(mean, by_width, &noise)
    for k in range(4):
        is_aspect = k == SHAPE and not by_width
        mean[4 + k] = 0
        covariance[3 * k] = noise.position[k] * (1 if is_aspect else 4)
        covariance[3 * k + 1] = 0
        covariance[3 * k + 2] = noise.velocity[k] * (1 if is_aspect else 100)


cdef inline void predict_one(float64_t* mean, float64_t* covariance, float64_t elapsed, bint by_width) noexcept nogil:
    """Move on by so many steps: as that many single ones, the noise being that of the first."""
    cdef Noise noise
    cdef float64_t* block
    # Sums over the steps of what a step's change of pace does to place and pace later: 0 for one step.
    cdef float64_t drift = elapsed * (elapsed - 1) / 2, spread = drift * (2 * elapsed - 1) / 3
    cdef int k
    noise_of(mean, by_width, &noise)
    for k in range(4):
        block = covariance + 3 * k
        mean[k] += elapsed * mean[4 + k]
        block[0] += elapsed * (2 * block[1] + elapsed * block[2] + noise.position[k]) + spread * noise.velocity[k]
        block[1] += elapsed * block[2] + drift * noise.velocity[k]
        block[2] += elapsed * noise.velocity[k]


cdef inline void warp_one(float64_t* mean, float64_t* covariance, const float64_t* motion) noexcept nogil:
    """Carry a state by width along with the picture, which moved by a (2, 3) affine map; a box stays upright.

    What a turn of the picture brings into the covariance between x and y is left out: the blocks stay apart.
    """
    cdef float64_t a, b, x, y
    cdef float64_t* across
    cdef float64_t* down
    cdef int first, k
    for first in range(0, 8, 2):
        x, y = mean[first], mean[first + 1]
        mean[first] = _mixed(motion[0], motion[1], x, y, first)
        mean[first + 1] = _mixed(motion[3], motion[4], x, y, first)
    mean[0] += motion[2]
    mean[1] += motion[5]
    for first in range(0, 4, 2):
        across, down = covariance + 3 * first, covariance + 3 * first + 3
        for k in range(3):
            a, b = across[k], down[k]
            across[k] = motion[0] * motion[0] * a + motion[1] * motion[1] * b
            down[k] = motion[3] * motion[3] * a + motion[4] * motion[4] * b


cdef inline float64_t _mixed(float64_t by_x, float64_t by_y, float64_t x, float64_t y, int first) noexcept nogil:
    """Map a coordinate of a place or pace; widths and heights, and their change, never turn negative."""
    if first % 4 == SHAPE:
        return fabs(by_x) * x + fabs(by_y) * y
    return by_x * x + by_y * y


cdef inline float64_t heights_away(const float64_t* mean, const float32_t* box, bint by_width) noexcept nogil:
    """Distance between the centres of a box and a state, in heights of the state."""
    cdef float64_t[4] measured
    measure(box, by_width, measured)
    return hypot(measured[0] - mean[0], measured[1] - mean[1]) / mean[HEIGHT]


cdef inline void correct_one(
    float64_t* mean, float64_t* covariance, const float32_t* box, bint by_width
) noexcept nogil:
    """Draw the state towards a measured box."""
    cdef Noise noise
    cdef float64_t[4] measured
    cdef float64_t* block
    cdef float64_t gain, pace_gain, surprise
    cdef int k
    measure(box, by_width, measured)
    noise_of(mean, by_width, &noise)
    for k in range(4):
        block = covariance + 3 * k
        gain = 1 / (block[0] + noise.measured[k])
        pace_gain = block[1] * gain
        gain = block[0] * gain
        surprise = measured[k] - mean[k]
        mean[k] += gain * surprise
        mean[4 + k] += pace_gain * surprise
        block[2] -= pace_gain * block[1]
        block[1] -= gain * block[1]
        block[0] -= gain * block[0]
