# What other kernels that take boxes share with this one.

from haven_core._typedefs cimport float32_t, intp_t

cdef extern from *:
    """
    /* One machine instruction each. fminf and fmaxf are calls, Cython's conditional is a branch: both keep the compiler
       from making vectors. So does a conditional beside a division, which may trap: the loops that use these have none. */
    static inline float haven_lesser(float a, float b) { return a < b ? a : b; }
    static inline float haven_greater(float a, float b) { return a > b ? a : b; }
    """
    float32_t lesser "haven_lesser"(float32_t a, float32_t b) noexcept nogil
    float32_t greater "haven_greater"(float32_t a, float32_t b) noexcept nogil


cdef const float32_t[:, ::1] as_boxes(given, str name)
cdef const float32_t[::1] as_scores(given, intp_t count)
cdef int require_boxes(const float32_t[:, ::1] view, given) except -1
cdef int require_area(const float32_t[:, ::1] view, given) except -1


cdef inline float32_t area_of(const float32_t* box) noexcept nogil:
    """Area of a box; 0 when it is inside out, so that no union is 0 or less."""
    return greater(box[2] - box[0], 0) * greater(box[3] - box[1], 0)


cdef inline float32_t unlikeness(float32_t overlap, float32_t own_area, float32_t area) noexcept nogil:
    """1 - IoU of two boxes."""
    cdef float32_t one = 1, epsilon = 1e-7
    return one - overlap / (area + own_area - overlap + epsilon)


cdef inline float32_t weighed(float32_t distance, float32_t weight) noexcept nogil:
    """1 - IoU * weight. Rounded twice, as the reference tracker does: equal costs stay equal."""
    cdef float32_t one = 1
    return one - (one - distance) * weight
