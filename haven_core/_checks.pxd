# Looks at the numbers inside an array, for kernels to refuse what would poison their results.

from haven_core._typedefs cimport float32_t, intp_t

ctypedef fused real:
    float
    double

# Between these, in px, areas and aspects are far from overflow, whatever a filter makes of them.
cdef extern from *:
    """
    #define HAVEN_LARGEST_CORNER 1e9f
    #define HAVEN_SMALLEST_SIDE 1e-3f
    """
    const float32_t LARGEST_CORNER "HAVEN_LARGEST_CORNER"
    const float32_t SMALLEST_SIDE "HAVEN_SMALLEST_SIDE"


cdef inline bint all_finite(const real* values, intp_t count) noexcept nogil:
    """Tell whether no value is NaN or infinite: those alone differ from zero after x - x."""
    cdef intp_t k
    cdef bint finite = True
    for k in range(count):
        finite &= values[k] - values[k] == 0
    return finite


cdef inline bint is_box(const float32_t* box) noexcept nogil:
    """Tell whether xyxy corners are finite, not too far out and not inside out."""
    return (
        -LARGEST_CORNER <= box[0] <= box[2] <= LARGEST_CORNER and -LARGEST_CORNER <= box[1] <= box[3] <= LARGEST_CORNER
    )


cdef inline bint has_area(const float32_t* box) noexcept nogil:
    """Tell whether an xyxy box is one, and not too thin to have an aspect."""
    return is_box(box) and box[2] - box[0] >= SMALLEST_SIDE and box[3] - box[1] >= SMALLEST_SIDE


cdef inline intp_t first_outside(const intp_t[::1] rows, intp_t length) noexcept nogil:
    """Return the first position whose row number is not in [0, length); the count when all are."""
    cdef intp_t k
    for k in range(rows.shape[0]):
        if rows[k] < 0 or rows[k] >= length:
            return k
    return rows.shape[0]


# In a debug build a condition that does not hold ends the process with its place; a plain build does not look.
cdef extern from *:
    """
    #include <assert.h>
    #ifdef NDEBUG
    #define haven_require(condition) ((void)sizeof(condition))
    #else
    #define haven_require(condition) assert(condition)
    #endif
    """
    void require "haven_require"(bint condition) nogil
