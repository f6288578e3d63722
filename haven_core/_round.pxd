# Up to eight queries in one pass over the codes.

from haven_core._contest cimport Contest
from haven_core._typedefs cimport intp_t


cdef void run(Contest* contests, intp_t count, void* scratch) noexcept nogil
