# What other kernels that take boxes share with this one.

from haven_core._typedefs cimport float32_t


cdef const float32_t[:, ::1] as_boxes(given, str name)
cdef int require_area(const float32_t[:, ::1] view, given) except -1
