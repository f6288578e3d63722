# What a walk looks like in a window of poses. The poses whose trunk is seen are brought to one scale and place: the
# trunk's mean length is the unit, the middle of the hips the origin, and x points where the person goes. All that is
# told then are means, deviations and spectra of short series, each over the poses in which its points are seen.

import numpy as np

from haven_core._given import required

from libc.math cimport cos, hypot, pi, sin, sqrt
from libc.stdint cimport int64_t, uint64_t

from haven_core._checks cimport SMALLEST_SIDE
from haven_core._coco cimport (
    KEYPOINTS, LEFT_ANKLE, LEFT_EAR, LEFT_ELBOW, LEFT_HIP, LEFT_KNEE, LEFT_SHOULDER, LEFT_WRIST, NOSE, RIGHT_ANKLE,
    RIGHT_EAR, RIGHT_ELBOW, RIGHT_HIP, RIGHT_KNEE, RIGHT_SHOULDER, RIGHT_WRIST,
)
from haven_core._typedefs cimport float32_t, float64_t, intp_t, uint8_t
from haven_core.quality cimport as_poses

# Points that are made of others.
cdef enum:
    NECK = KEYPOINTS
    PELVIS = KEYPOINTS + 1
    POINTS = KEYPOINTS + 2

# Where what begins in a descriptor.
cdef enum:
    BONES = 16
    LENGTHS = 0
    PLACES = 2 * BONES
    COURSE = PLACES + 4 * KEYPOINTS
    SPECTRA = COURSE + 4
    PAIRS = 3
    FREQUENCIES = 8
    VALUES = SPECTRA + PAIRS * FREQUENCIES

cdef intp_t[BONES][2] BONE = [
    [LEFT_SHOULDER, LEFT_ELBOW], [RIGHT_SHOULDER, RIGHT_ELBOW], [LEFT_ELBOW, LEFT_WRIST], [RIGHT_ELBOW, RIGHT_WRIST],
    [LEFT_HIP, LEFT_KNEE], [RIGHT_HIP, RIGHT_KNEE], [LEFT_KNEE, LEFT_ANKLE], [RIGHT_KNEE, RIGHT_ANKLE],
    [LEFT_SHOULDER, RIGHT_SHOULDER], [LEFT_HIP, RIGHT_HIP], [LEFT_SHOULDER, LEFT_HIP], [RIGHT_SHOULDER, RIGHT_HIP],
    [NOSE, NECK], [LEFT_EAR, RIGHT_EAR], [LEFT_ANKLE, PELVIS], [RIGHT_ANKLE, PELVIS],
]
cdef intp_t[PAIRS][2] PAIR = [[LEFT_ANKLE, RIGHT_ANKLE], [LEFT_KNEE, RIGHT_KNEE], [LEFT_WRIST, RIGHT_WRIST]]
cdef float64_t LOWEST_HZ = 0.4, STEP_HZ = 0.2
# Below these, in trunks and trunks a second, rounding decides: too still for a spectrum or a direction.
cdef float64_t LEAST_SWING = 1e-6, LEAST_SPEED = 1e-6

DIMENSION = VALUES


def describe(poses, times, float32_t least_score, intp_t least_poses):
    cdef const float32_t[:, :, ::1] given = as_poses(poses, least_score)
    cdef const int64_t[::1] clock = _as_times(times, given.shape[0])
    if least_poses < 2:
        raise ValueError(f"least_poses: wanted at least 2, got {least_poses}")
    cdef _Window window = _Window(given.shape[0], least_poses)
    with nogil:
        window.gather(given, clock, least_score)
        if window.normalise():
            window.tell_bones()
            window.tell_places()
            window.tell_spectra()
    return np.asarray(window.values), np.asarray(window.known).view(np.bool_)


cdef class _Window:
    """The poses whose trunk is seen, and what has been told of them."""

    cdef intp_t count, least_poses
    cdef float64_t[::1] seconds
    cdef float64_t[:, ::1] hips
    cdef float64_t[:, :, ::1] points
    cdef uint8_t[:, ::1] seen
    # Room for one series: x, y, seconds.
    cdef float64_t[:, ::1] series
    cdef float32_t[::1] values
    cdef uint8_t[::1] known

    def __init__(self, intp_t length, intp_t least_poses):
        self.count = 0
        self.least_poses = least_poses
        self.seconds = np.empty(length)
        self.hips = np.empty((length, 2))
        self.points = np.empty((length, POINTS, 2))
        self.seen = np.empty((length, POINTS), np.uint8)
        self.series = np.empty((3, length))
        self.values = np.zeros(VALUES, np.float32)
        self.known = np.zeros(VALUES, np.uint8)

    cdef void gather(
        self, const float32_t[:, :, ::1] poses, const int64_t[::1] times, float32_t least_score
    ) noexcept nogil:
        """Keep the poses that have both shoulders and both hips, in pixels and seconds."""
        cdef intp_t pose, point, axis, k = 0
        cdef int64_t start = 0
        for pose in range(poses.shape[0]):
            for point in range(KEYPOINTS):
                self.seen[k, point] = poses[pose, point, 2] >= least_score
            if not (
                self.seen[k, LEFT_SHOULDER]
                and self.seen[k, RIGHT_SHOULDER]
                and self.seen[k, LEFT_HIP]
                and self.seen[k, RIGHT_HIP]
            ):
                continue
            if k == 0:
                start = times[pose]
            # Unsigned, so that no span overflows.
            self.seconds[k] = 1e-9 * (<uint64_t> times[pose] - <uint64_t> start)
            for axis in range(2):
                for point in range(KEYPOINTS):
                    self.points[k, point, axis] = poses[pose, point, axis]
                self.put_between(k, NECK, LEFT_SHOULDER, RIGHT_SHOULDER, axis)
                self.put_between(k, PELVIS, LEFT_HIP, RIGHT_HIP, axis)
            k += 1
        self.count = k

    cdef void put_between(self, intp_t k, intp_t point, intp_t left, intp_t right, intp_t axis) noexcept nogil:
        self.points[k, point, axis] = (self.points[k, left, axis] + self.points[k, right, axis]) / 2
        self.seen[k, point] = True

    cdef bint normalise(self) noexcept nogil:
        """Bring all poses to one scale and place, and tell the course of the hips; False when there is no scale."""
        cdef intp_t k, point, axis
        cdef float64_t unit = 0, sign
        for k in range(self.count):
            unit += _distance(&self.points[k, NECK, 0], &self.points[k, PELVIS, 0])
        if self.count < self.least_poses or unit < self.count * SMALLEST_SIDE:
            return False
        unit /= self.count
        for k in range(self.count):
            for axis in range(2):
                self.hips[k, axis] = (self.points[k, PELVIS, axis] - self.points[0, PELVIS, axis]) / unit
        sign = -1 if self.tell_course() else 1
        for k in range(self.count):
            # The pelvis is the last of the points: it is the origin until all others are done.
            for point in range(POINTS):
                self.points[k, point, 0] = sign * (self.points[k, point, 0] - self.points[k, PELVIS, 0]) / unit
                self.points[k, point, 1] = (self.points[k, point, 1] - self.points[k, PELVIS, 1]) / unit
        return True

    cdef bint tell_course(self) noexcept nogil:
        """Fit an even motion to the hips, and tell it as if it went towards greater x; True when it does not."""
        cdef intp_t k, axis
        cdef float64_t middle = _mean(&self.seconds[0], 1, self.count), place, time, spread, speed, rest
        cdef bint backwards = False
        for axis in range(2):
            place = _mean(&self.hips[0, axis], 2, self.count)
            speed = spread = rest = 0
            for k in range(self.count):
                time = self.seconds[k] - middle
                speed += time * (self.hips[k, axis] - place)
                spread += time * time
            speed /= spread
            for k in range(self.count):
                rest += (self.hips[k, axis] - place - speed * (self.seconds[k] - middle)) ** 2
            if axis == 0 and speed < -LEAST_SPEED:
                backwards = True
                speed = -speed
            self.tell(COURSE + axis, speed)
            self.tell(COURSE + 2 + axis, sqrt(rest / self.count))
        return backwards

    cdef void tell_bones(self) noexcept nogil:
        cdef intp_t bone, k, one, other, count
        for bone in range(BONES):
            one, other = BONE[bone][0], BONE[bone][1]
            count = 0
            for k in range(self.count):
                if self.seen[k, one] and self.seen[k, other]:
                    self.series[0, count] = _distance(&self.points[k, one, 0], &self.points[k, other, 0])
                    count += 1
            self.tell_series(0, count, LENGTHS + bone, BONES)

    cdef void tell_places(self) noexcept nogil:
        cdef intp_t point, k, axis, count
        for point in range(KEYPOINTS):
            count = 0
            for k in range(self.count):
                if self.seen[k, point]:
                    self.series[0, count] = self.points[k, point, 0]
                    self.series[1, count] = self.points[k, point, 1]
                    count += 1
            for axis in range(2):
                self.tell_series(axis, count, PLACES + 2 * point + axis, 2 * KEYPOINTS)

    cdef void tell_spectra(self) noexcept nogil:
        cdef intp_t pair, k, axis, left, right, count
        for pair in range(PAIRS):
            left, right = PAIR[pair][0], PAIR[pair][1]
            count = 0
            for k in range(self.count):
                if self.seen[k, left] and self.seen[k, right]:
                    for axis in range(2):
                        self.series[axis, count] = self.points[k, left, axis] - self.points[k, right, axis]
                    self.series[2, count] = self.seconds[k]
                    count += 1
            if count >= self.least_poses:
                self.tell_spectrum(count, SPECTRA + pair * FREQUENCIES)

    cdef void tell_spectrum(self, intp_t count, intp_t first) noexcept nogil:
        """Tell which share of the series' motion swings at each frequency; nothing when it stands still."""
        cdef intp_t k, axis, row
        cdef float64_t total = 0, mean, angle, cosine, sine, power
        cdef float64_t[2] real, imaginary
        for axis in range(2):
            mean = _mean(&self.series[axis, 0], 1, count)
            for k in range(count):
                self.series[axis, k] -= mean
                total += self.series[axis, k] ** 2
        if total < count * LEAST_SWING ** 2:
            return
        for row in range(FREQUENCIES):
            real[0] = real[1] = imaginary[0] = imaginary[1] = 0
            for k in range(count):
                angle = 2 * pi * (LOWEST_HZ + row * STEP_HZ) * self.series[2, k]
                cosine, sine = cos(angle), sin(angle)
                for axis in range(2):
                    real[axis] += self.series[axis, k] * cosine
                    imaginary[axis] += self.series[axis, k] * sine
            power = real[0] ** 2 + real[1] ** 2 + imaginary[0] ** 2 + imaginary[1] ** 2
            self.tell(first + row, power / (count * total))

    cdef void tell_series(self, intp_t which, intp_t count, intp_t place, intp_t apart) noexcept nogil:
        """Tell a series' mean, and its standard deviation ``apart`` further on."""
        cdef float64_t mean, total = 0
        cdef intp_t k
        if count < self.least_poses:
            return
        mean = _mean(&self.series[which, 0], 1, count)
        for k in range(count):
            total += (self.series[which, k] - mean) ** 2
        self.tell(place, mean)
        self.tell(place + apart, sqrt(total / count))

    cdef void tell(self, intp_t place, float64_t value) noexcept nogil:
        self.values[place] = <float32_t> value
        self.known[place] = True


cdef float64_t _mean(const float64_t* values, intp_t stride, intp_t count) noexcept nogil:
    cdef float64_t total = 0
    cdef intp_t k
    for k in range(count):
        total += values[k * stride]
    return total / count


cdef inline float64_t _distance(const float64_t* one, const float64_t* other) noexcept nogil:
    return hypot(one[0] - other[0], one[1] - other[1])


cdef const int64_t[::1] _as_times(given, intp_t count):
    cdef const int64_t[::1] view = required("times", given, (count,), np.int64)
    cdef intp_t k
    for k in range(1, count):
        if view[k] <= view[k - 1]:
            raise ValueError(f"times: wanted ascending ns, got {view[k]} after {view[k - 1]}")
    return view
