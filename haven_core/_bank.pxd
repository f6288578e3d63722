# The memory of all signals, by identity.

from haven_core._kernels cimport Build
from haven_core._memory cimport Table
from haven_core._signal cimport Signal
from haven_core._typedefs cimport intp_t


cdef class Bank:
    cdef readonly tuple dimensions
    cdef readonly intp_t memory_size
    cdef readonly str isa
    cdef Build build
    cdef list signals
    cdef dict slots
    cdef Table ids
    cdef intp_t count, capacity

    cdef Signal signal_at(self, intp_t signal)
    cdef intp_t slot_of(self, global_id) except -1
