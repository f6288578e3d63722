# The memory of one query.

from libc.stdint cimport int64_t

from haven_core._contest cimport Contest
from haven_core._kernels cimport Query
from haven_core._memory cimport Table
from haven_core._signal cimport Signal
from haven_core._typedefs cimport intp_t


cdef class Arena:
    cdef Contest contest
    cdef Query* queries
    cdef tuple dimensions
    cdef list vectors, codes
    cdef Table lower, upper, depths, fused, excluded, stands, likeliest, asked, shelves, together

    cdef int fit(self, intp_t slots, intp_t exclusions) except -1
    cdef int ask(self, intp_t number, Signal signal, vector) except -1
    cdef void exclude(self, intp_t slot) noexcept
