# What a query writes while it is answered: a few numbers per identity. Kept for the next query, since fresh pages would
# cost more than the search of a small bank.

from libc.math cimport sqrt
from libc.string cimport memcpy

from haven_core._contest cimport Stand
from haven_core._kernels cimport TOGETHER
from haven_core._signal cimport Shelf
from haven_core._typedefs cimport float32_t, float64_t, uint8_t


cdef class Arena:
    """Room for one query over a bank.

    Args:
        signals: those of the bank.
        dimensions: lengths of their vectors.
    """

    def __init__(self, list signals not None, tuple dimensions not None):
        cdef Signal signal
        cdef intp_t count = len(signals)
        self.dimensions = dimensions
        self.vectors = [Table(signal.shelf.width * sizeof(float32_t)) for signal in signals]
        self.codes = [Table(signal.shelf.prototypes.width) for signal in signals]
        self.together = Table(TOGETHER * max([signal.shelf.prototypes.width for signal in signals]))
        self.lower = Table(count * sizeof(float32_t))
        self.upper = Table(count * sizeof(float32_t))
        self.depths = Table(count)
        self.fused = Table(sizeof(float64_t))
        self.excluded = Table(sizeof(intp_t))
        self.stands = Table(sizeof(Stand))
        self.likeliest = Table(sizeof(intp_t))
        self.asked = Table(sizeof(Query))
        self.shelves = Table(sizeof(Shelf))
        for table in (*self.vectors, *self.codes, self.together):
            (<Table>table).grow(1)
        for table in (self.stands, self.likeliest, self.asked, self.shelves):
            (<Table>table).grow(count)
        self.contest.signals = count
        self.contest.stands = <Stand*>self.stands.data
        self.contest.likeliest = <intp_t*>self.likeliest.data
        self.queries = <Query*>self.asked.data
        self.contest.queries = self.queries
        self.contest.shelves = <Shelf*>self.shelves.data

    cdef int fit(self, intp_t slots, intp_t exclusions) except -1:
        """Make room for so many identities, and for as many as are to be excluded."""
        for table in (self.lower, self.upper, self.depths, self.fused):
            (<Table>table).reserve(max(slots, 1))
        self.excluded.reserve(exclusions)
        self.contest.slots = slots
        self.contest.exclusions = 0
        self.contest.lower = <float32_t*>self.lower.data
        self.contest.upper = <float32_t*>self.upper.data
        self.contest.depths = <uint8_t*>self.depths.data
        self.contest.fused = <float64_t*>self.fused.data
        self.contest.excluded = <intp_t*>self.excluded.data
        return 0

    cdef int ask(self, intp_t number, Signal signal, vector) except -1:
        """Take the query's vector in one signal, checked before; None: it is missing."""
        cdef Query* query = &self.queries[number]
        cdef intp_t width = signal.shelf.width, index
        cdef const float32_t[::1] values
        cdef uint8_t* codes = <uint8_t*>(<Table>self.codes[number]).data
        (<Shelf*>self.shelves.data)[number] = signal.shelf
        query.vector = NULL
        query.codes = <signed char*>codes
        if vector is None:
            return 0
        values = vector
        query.vector = <float32_t*>(<Table>self.vectors[number]).data
        memcpy(query.vector, &values[0], values.shape[0] * sizeof(float32_t))
        query.length = <float32_t>(sqrt(signal.kernels.dot(query.vector, query.vector, width)) * (1 + 1e-6))
        query.scale = signal.kernels.encode(query.vector, width, codes)
        query.spread = signal.kernels.spread(query.vector, 1, width, codes, query.scale)
        query.total = 0
        for index in range(width):
            query.codes[index] = <signed char>(<int>codes[index] - 128)
            query.total += query.codes[index]
        return 0

    cdef void exclude(self, intp_t slot) noexcept:
        """Let an identity stand nowhere."""
        (<intp_t*>self.excluded.data)[self.contest.exclusions] = slot
        self.contest.exclusions += 1
