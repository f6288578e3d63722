# What a round of queries writes while it is answered: a few numbers per identity. Kept for the next round, since fresh
# pages would cost more than the search of a small bank.

from libc.math cimport sqrt
from libc.string cimport memcpy

from haven_core._contest cimport Stand
from haven_core._kernels cimport Build, Query
from haven_core._signal cimport Shelf
from haven_core._typedefs cimport float32_t, float64_t, uint8_t


cdef class Arena:
    """Room for up to TOGETHER queries over a bank.

    Args:
        signals: those of the bank.
        dimensions: lengths of their vectors.
        build: kernels of one instruction set.
    """

    def __init__(self, list signals not None, tuple dimensions not None, Build build not None):
        cdef Signal signal
        cdef intp_t count = len(signals)
        self.kernels = build.kernels
        self.dimensions = dimensions
        self.vectors = [Table(signal.shelf.width * sizeof(float32_t)) for signal in signals]
        self.codes = [Table(signal.shelf.prototypes.width) for signal in signals]
        self.scratch = Table(max([signal.shelf.prototypes.width for signal in signals]))
        self.shelves = Table(count * sizeof(Shelf))
        self.asked = Table(count * sizeof(Query))
        self.stands = Table(count * sizeof(Stand))
        self.likeliest = Table(count * sizeof(intp_t))
        self.lower = Table(count * sizeof(float32_t))
        self.upper = Table(count * sizeof(float32_t))
        self.depths = Table(count)
        self.fused = Table(sizeof(float64_t))
        self.excluded = Table(sizeof(intp_t))
        for table in (*self.vectors, *self.codes, self.scratch, self.asked, self.stands, self.likeliest):
            (<Table>table).grow(TOGETHER)
        self.shelves.grow(1)

    cdef int open(self, list signals, intp_t count, intp_t slots, const Terms* terms) except -1:
        """Prepare for some queries over so many identities."""
        cdef Contest* contest
        cdef intp_t number = len(signals), cells = max(count * slots, 1), k
        # All is interleaved or nothing: kernels answer either one query or TOGETHER.
        cdef intp_t stride = 1 if count == 1 else TOGETHER
        for k in range(number):
            (<Shelf*>self.shelves.data)[k] = (<Signal>signals[k]).shelf
        for table in (self.lower, self.upper, self.depths):
            (<Table>table).reserve(stride * max(slots, 1))
        self.fused.reserve(cells)
        for k in range(count):
            contest = &self.contests[k]
            contest.signals = number
            contest.slots = slots
            contest.stride = stride
            contest.shelves = <Shelf*>self.shelves.data
            contest.kernels = &self.kernels
            contest.queries = <Query*>self.asked.data + k * number
            contest.terms = terms[0]
            contest.lower = <float32_t*>self.lower.data + k
            contest.upper = <float32_t*>self.upper.data + k
            contest.depths = <uint8_t*>self.depths.data + k
            contest.fused = <float64_t*>self.fused.data + k * slots
            contest.stands = <Stand*>self.stands.data + k * number
            contest.likeliest = <intp_t*>self.likeliest.data + k * number
        return 0

    cdef int ask(self, intp_t k, intp_t number, vector) except -1:
        """Lay out a query's vector in one signal, checked before; None: it is missing."""
        cdef Query* query = <Query*>&self.contests[k].queries[number]
        cdef const Shelf* shelf = &self.contests[k].shelves[number]
        cdef const float32_t[::1] values
        cdef uint8_t* codes = <uint8_t*>(<Table>self.codes[number]).data + k * shelf.prototypes.width
        cdef intp_t index
        query.vector = NULL
        if vector is None:
            return 0
        values = vector
        query.vector = <float32_t*>(<Table>self.vectors[number]).data + k * shelf.width
        memcpy(query.vector, &values[0], values.shape[0] * sizeof(float32_t))
        query.length = <float32_t>(sqrt(self.kernels.dot(query.vector, query.vector, shelf.width)) * (1 + 1e-6))
        query.scale = self.kernels.encode(query.vector, shelf.width, codes)
        query.spread = self.kernels.spread(query.vector, 1, shelf.width, codes, query.scale)
        query.codes = <signed char*>codes
        query.total = 0
        for index in range(shelf.width):
            query.codes[index] = <signed char>(<int>codes[index] - 128)
            query.total += query.codes[index]
        return 0

    cdef int exclude(self, list slots) except -1:
        """Let identities stand nowhere.

        Args:
            slots: for each query a list.
        """
        cdef intp_t total = sum([len(some) for some in slots]), k, first = 0
        self.excluded.reserve(total)
        for k in range(len(slots)):
            self.contests[k].excluded = <intp_t*>self.excluded.data + first
            self.contests[k].exclusions = len(slots[k])
            for slot in slots[k]:
                (<intp_t*>self.excluded.data)[first] = slot
                first += 1
        return 0
