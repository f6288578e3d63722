# A table of a bank of 100 000 people takes gigabytes, and one more person must not cost a copy of them. So a table is
# pages of its own: they are zero until written, take no memory until touched, and when the table grows the kernel hangs
# them elsewhere instead of copying them. Large pages keep the scan from waiting for address translation.

from posix.mman cimport (
    MADV_HUGEPAGE,
    MAP_ANONYMOUS,
    MAP_FAILED,
    MAP_PRIVATE,
    PROT_READ,
    PROT_WRITE,
    madvise,
    mmap,
    mremap,
    munmap,
)

from libc.string cimport memcpy

cdef extern from "<sys/mman.h>":
    enum: MREMAP_MAYMOVE

cdef enum:
    PAGE = 4096
    LARGE_PAGE = 2 * 1024 * 1024


cdef class Table:
    """Zeroed rows, the first one on a page's edge.

    Args:
        row_bytes: size of a row; without any the table stays without memory.
    """

    def __cinit__(self, Py_ssize_t row_bytes):
        self.row_bytes = row_bytes

    def __dealloc__(self):
        if self.data != NULL:
            munmap(self.data, self.mapped)

    cdef int grow(self, Py_ssize_t rows) except -1:
        """Make room for so many rows; those there are stay as they are, but may lie elsewhere afterwards."""
        cdef size_t wanted = (<size_t>rows * self.row_bytes + PAGE - 1) // PAGE * PAGE
        cdef void* data
        if wanted == 0:
            return 0
        if self.data == NULL:
            data = mmap(NULL, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        else:
            data = mremap(self.data, self.mapped, wanted, MREMAP_MAYMOVE)
        if data == MAP_FAILED:
            raise MemoryError(f"no room for {rows} rows of {self.row_bytes} bytes")
        self.data = <char*>data
        self.mapped = wanted
        if wanted >= LARGE_PAGE:
            # Advice only: a kernel without large pages serves small ones.
            madvise(data, wanted, MADV_HUGEPAGE)
        return 0

    cdef int reserve(self, Py_ssize_t rows) except -1:
        """Make room for at least so many rows, and for some more."""
        if <size_t>rows * self.row_bytes > self.mapped:
            self.grow(2 * rows)
        return 0

    cdef void move(self, Py_ssize_t source, Py_ssize_t target) noexcept nogil:
        """Put a copy of one row in the place of another."""
        if self.row_bytes:
            memcpy(self.data + target * self.row_bytes, self.data + source * self.row_bytes, self.row_bytes)
