# Rows of fixed size in memory that grows without copying.


cdef class Table:
    cdef char* data
    cdef Py_ssize_t row_bytes
    cdef size_t mapped

    cdef int grow(self, Py_ssize_t rows) except -1
    cdef int reserve(self, Py_ssize_t rows) except -1
    cdef void move(self, Py_ssize_t source, Py_ssize_t target) noexcept nogil
