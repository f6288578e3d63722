# What is remembered of everybody in one signal.

from libc.stdint cimport int64_t

from haven_core._kernels cimport Balls, Kernels
from haven_core._memory cimport Table
from haven_core._typedefs cimport float32_t, float64_t, intp_t, uint8_t


# What is kept of a prototype beside its vector: `RECORD` of packing.py.
cdef packed struct Record:
    int64_t embedding_id
    int64_t captured_at
    float64_t quality


# Where everything lies; of use until the signal grows.
cdef struct Shelf:
    float32_t* rows       # Per slot `memory` prototypes, then their moving average; each padded to `width`.
    Balls prototypes      # Per slot `memory` rows; each stands for one prototype.
    Balls centres         # Per slot one row, which stands for all its prototypes.
    Record* records       # Per slot `memory`.
    int* used             # Per slot: prototypes there are, packed at the front.
    uint8_t* averaged     # Per slot: whether there is an average.
    intp_t dimension, width, memory


cdef inline float32_t* row_at(const Shelf* shelf, intp_t slot, intp_t position) noexcept nogil:
    """Return where a vector lies; `memory` is the position of the average."""
    return shelf.rows + (slot * (shelf.memory + 1) + position) * shelf.width


cdef class Signal:
    cdef Shelf shelf
    cdef Kernels kernels
    cdef readonly intp_t total
    cdef intp_t capacity
    cdef list tables
    cdef Table scratch

    cdef int grow(self, intp_t capacity) except -1
    cdef void locate(self) noexcept
    cdef void clear(self, intp_t slot) noexcept nogil
    cdef void write(self, intp_t slot, intp_t position, const float32_t* vector, Record record) noexcept nogil
    cdef void drop(self, intp_t slot, intp_t position) noexcept nogil
    cdef void set_mean(self, intp_t slot, const float32_t* vector) noexcept nogil
    cdef void move_mean(self, intp_t slot, const float32_t* vector, float64_t alpha) noexcept nogil
    cdef void absorb(self, intp_t slot, intp_t source) noexcept nogil
    cdef intp_t expire(self, intp_t slot, int64_t before_ns) noexcept nogil
    cdef int64_t oldest(self, intp_t slot) noexcept nogil
    cdef copy_vectors(self, intp_t slot, intp_t position, intp_t count)
    cdef bytes copy_records(self, intp_t slot)
    cdef int move(self, intp_t source, intp_t target) except -1
    cdef intp_t load(
        self, intp_t slot, intp_t count, bint averaged, const char* records, const char* vectors
    ) noexcept nogil
    cdef void code(self, intp_t slot, intp_t position) noexcept nogil
    cdef void centre(self, intp_t slot) noexcept nogil
