# The memory of a round.

from haven_core._contest cimport Contest, Terms
from haven_core._kernels cimport TOGETHER, Kernels
from haven_core._memory cimport Table
from haven_core._signal cimport Signal
from haven_core._typedefs cimport intp_t


cdef class Arena:
    cdef Contest contests[TOGETHER]
    cdef Kernels kernels
    cdef tuple dimensions
    cdef list vectors, codes
    cdef Table shelves, asked, stands, likeliest, lower, upper, depths, fused, excluded, scratch

    cdef int open(self, list signals, intp_t count, intp_t slots, const Terms* terms) except -1
    cdef int ask(self, intp_t k, intp_t number, vector) except -1
    cdef int exclude(self, list slots) except -1
