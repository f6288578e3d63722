# A table of a bank of 100 000 people takes gigabytes, and one more person must not cost a copy of them. So a table is
# pages of its own: they are zero until written, take no memory until touched, and when the table grows the kernel hangs
# them elsewhere instead of copying them. Large pages keep the scan from waiting for address translation.

from posix.mman cimport (
    MADV_HUGEPAGE,
    MAP_ANONYMOUS,
    MAP_FAILED,
    MAP_FIXED,
    MAP_PRIVATE,
    PROT_NONE,
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
    enum: MREMAP_FIXED

cdef enum:
    PAGE = 64 * 1024    # The largest that any machine has, so that every edge of a page here is one there.
    LARGE_PAGE = 2 * 1024 * 1024
    SLACK = 64


cdef class Table:
    """Zeroed rows, the first one on a page's edge. SLACK bytes after the last may be read, but mean nothing.

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
        cdef size_t wanted = <size_t>rows * self.row_bytes
        cdef void* place
        cdef void* data = MAP_FAILED
        if wanted == 0:
            return 0
        wanted += SLACK
        wanted = _round_up(wanted, LARGE_PAGE if wanted > LARGE_PAGE else PAGE)
        place = _find_place(wanted)
        if place != MAP_FAILED and self.data == NULL:
            data = mmap(place, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
        elif place != MAP_FAILED:
            data = mremap(self.data, self.mapped, wanted, MREMAP_MAYMOVE | MREMAP_FIXED, place)
        if data == MAP_FAILED:
            raise MemoryError(f"no room for {rows} rows of {self.row_bytes} bytes")
        self.data = <char*>data
        self.mapped = wanted
        # Advice only: a kernel without large pages serves small ones.
        madvise(data, wanted, MADV_HUGEPAGE)
        return 0

    cdef int reserve(self, Py_ssize_t rows) except -1:
        """Make room for at least so many rows, and for some more."""
        if <size_t>rows * self.row_bytes + SLACK > self.mapped:
            self.grow(2 * rows)
        return 0

    cdef void move(self, Py_ssize_t source, Py_ssize_t target) noexcept nogil:
        """Put a copy of one row in the place of another."""
        if self.row_bytes:
            memcpy(self.data + target * self.row_bytes, self.data + source * self.row_bytes, self.row_bytes)


cdef void* _find_place(size_t size) noexcept:
    """Set aside addresses on a large page's edge: pages that are moved from edge to edge stay large."""
    cdef size_t whole = size + LARGE_PAGE, before
    cdef char* start = <char*>mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    if start == MAP_FAILED:
        return MAP_FAILED
    before = _round_up(<size_t>start, LARGE_PAGE) - <size_t>start
    if before:
        munmap(start, before)
    munmap(start + before + size, whole - before - size)
    return start + before


cdef size_t _round_up(size_t size, size_t step) noexcept:
    return (size + step - 1) // step * step
