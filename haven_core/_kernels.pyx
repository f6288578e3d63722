# How one build for an instruction set is handed to those who use it.


cdef class Build:
    """The kernels compiled for one instruction set."""
