# What a caller gives, checked once.

from haven_core._contest cimport Terms
from haven_core._typedefs cimport intp_t


cdef class CheckedRules:
    cdef Terms terms
    cdef tuple arrays


cdef as_weights(given, intp_t signals)
cdef as_unit(vector, intp_t dimension, str name)
