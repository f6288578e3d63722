# A round is up to eight queries that read every code once for all of them. Each keeps its own standings; what they share
# is the pass over memory, which is what a search costs. Where a round has several queries their bounds lie interleaved,
# TOGETHER for each identity, as the kernels write them.

from libc.math cimport INFINITY
from libc.string cimport memcpy, memset

from haven_core._contest cimport ROUNDING, SCANNED, Contest, admit_likeliest, cell, enter, matters, scan
from haven_core._kernels cimport BLOCK, TOGETHER, Queries, Query
from haven_core._signal cimport Shelf
from haven_core._typedefs cimport float32_t, intp_t, uint8_t

cdef extern from "_queries.h" nogil:
    # Bit k tells of the k-th of TOGETHER numbers.
    unsigned int haven_reaching(const float32_t* values, const float32_t* limits)
    unsigned int haven_under(const float32_t* values, float32_t limit)
    void haven_narrow(float32_t* lower, float32_t* upper, const float32_t* least, const float32_t* most)

cdef enum:
    # Of centres so many bytes are fetched ahead.
    AHEAD = 4096


cdef void run(Contest* contests, intp_t count, void* scratch) noexcept nogil:
    """Find the first two before every gate, for all contests of a round.

    Args:
        scratch: room for the codes of TOGETHER queries in the longest signal, on a block's edge.
    """
    cdef Queries queries
    cdef intp_t signal, k
    queries.codes = <signed char*>scratch
    memset(contests.depths, 0, contests.signals * contests.slots * contests.stride)
    # All bits set are a NaN.
    memset(contests.fused, 0xFF, count * contests.slots * sizeof(double))
    for signal in range(contests.signals):
        survey(contests, count, signal, &queries)
    prepare(contests, count)
    for signal in range(contests.signals):
        for k in range(count):
            admit_likeliest(&contests[k], signal)
        if count == 1:
            go_through(contests, signal)
        else:
            interleave(&queries, contests, count, signal)
            go_through_together(contests, count, signal, &queries)


cdef void survey(Contest* contests, intp_t count, intp_t signal, Queries* queries) noexcept nogil:
    """Learn what the centres tell."""
    cdef const Shelf* shelf = &contests.shelves[signal]
    cdef intp_t at = signal * contests.slots * contests.stride, ahead, slot, k
    cdef bint asked = False
    for k in range(count):
        asked |= contests[k].queries[signal].vector != NULL
    if asked:
        ahead = AHEAD // shelf.centres.width
        if count == 1:
            contests.kernels.bound(
                &shelf.centres,
                0,
                contests.slots,
                ahead,
                &contests.queries[signal],
                contests.lower + at,
                contests.upper + at,
            )
        else:
            interleave(queries, contests, count, signal)
            contests.kernels.bound_together(
                &shelf.centres, 0, contests.slots, ahead, queries, contests.lower + at, contests.upper + at
            )
    for k in range(count):
        if contests[k].queries[signal].vector == NULL:
            for slot in range(contests.slots):
                leave_out(&contests[k], signal, slot)


cdef void leave_out(Contest* contest, intp_t signal, intp_t slot) noexcept nogil:
    """Note that there is nothing to compare."""
    contest.lower[cell(contest, signal, slot)] = -INFINITY
    contest.upper[cell(contest, signal, slot)] = -INFINITY


cdef void prepare(Contest* contests, intp_t count) noexcept nogil:
    """Put the excluded out, count the rest and see who looks likeliest."""
    cdef intp_t signal, k, one
    for k in range(count):
        for one in range(contests[k].exclusions):
            for signal in range(contests.signals):
                leave_out(&contests[k], signal, contests[k].excluded[one])
    # The number of lanes is written down, so that compilers make of them what the machine has.
    if count == 1:
        count_compared(contests, count, 1)
    else:
        count_compared(contests, count, TOGETHER)
    for signal in range(contests.signals):
        if count == 1:
            find_likeliest(contests, count, signal, 1)
        else:
            find_likeliest(contests, count, signal, TOGETHER)


cdef inline void count_compared(Contest* contests, intp_t count, intp_t lanes) noexcept nogil:
    """Count those with whom there is anything to compare."""
    cdef int compared[TOGETHER]
    cdef int counts[TOGETHER]
    cdef const float32_t* upper
    cdef intp_t signal, slot, k
    memset(counts, 0, sizeof(counts))
    for slot in range(contests.slots):
        memset(compared, 0, sizeof(compared))
        for signal in range(contests.signals):
            upper = contests.upper + cell(contests, signal, slot)
            for k in range(lanes):
                compared[k] |= upper[k] > -INFINITY
        for k in range(lanes):
            counts[k] += compared[k]
    for k in range(count):
        contests[k].considered = counts[k]


cdef inline void find_likeliest(Contest* contests, intp_t count, intp_t signal, intp_t lanes) noexcept nogil:
    """See who looks most similar in one signal."""
    cdef float32_t tops[TOGETHER]
    cdef int likeliest[TOGETHER]
    # Not by `cell`, since there may be no slot at all.
    cdef intp_t at = signal * contests.slots * lanes, slot, k
    cdef const float32_t* lower = contests.lower + at
    cdef const float32_t* upper = contests.upper + at
    cdef float32_t similarity
    for k in range(lanes):
        tops[k] = -INFINITY
        likeliest[k] = -1
    for slot in range(contests.slots):
        for k in range(lanes):
            similarity = lower[k] + upper[k]
            likeliest[k] = <int>slot if similarity > tops[k] else likeliest[k]
            tops[k] = similarity if similarity > tops[k] else tops[k]
        lower += lanes
        upper += lanes
    for k in range(count):
        contests[k].likeliest[signal] = likeliest[k]


cdef void go_through(Contest* contest, intp_t gate) noexcept nogil:
    """Read the codes of everybody who matters, in the order of memory, and let them enter."""
    cdef intp_t slot = next_to_read(contest, gate, 0), following
    while slot < contest.slots:
        following = next_to_read(contest, gate, slot + 1)
        if contest.depths[cell(contest, gate, slot)] < SCANNED:
            scan(contest, gate, slot, following)
        enter(contest, gate, slot)
        slot = following


cdef intp_t next_to_read(const Contest* contest, intp_t gate, intp_t slot) noexcept nogil:
    """Return the first at or after a slot who matters; past all slots, when there is none."""
    while slot < contest.slots and not matters(contest, gate, slot):
        slot += 1
    return slot


cdef void go_through_together(
    Contest* contests, intp_t count, intp_t gate, const Queries* queries
) noexcept nogil:
    """Read the codes of everybody who seems to matter in several contests, and let everybody enter, in memory's order.

    Whom a single contest would read, `enter` does; whom it need not, costs no more than the reading.
    """
    cdef float32_t cutoffs[TOGETHER]
    # Under it nobody passes the gate, and so nobody need be told as vetoed.
    cdef float32_t told[TOGETHER]
    # Not by `cell`, since there may be no slot at all.
    cdef const float32_t* upper = contests.upper + gate * contests.slots * contests.stride
    cdef unsigned int barred, standing, readers
    cdef intp_t slot, k
    for k in range(TOGETHER):
        cutoffs[k] = told[k] = INFINITY
    for k in range(count):
        cutoffs[k] = contests[k].stands[gate].cutoff
        if contests.terms.vetoing:
            told[k] = <float32_t>contests.terms.thresholds[gate] - ROUNDING
    for slot in range(contests.slots):
        barred = find_barred(contests, slot)
        standing = haven_reaching(upper, cutoffs) & ~barred
        readers = standing | haven_reaching(upper, told)
        # More than one bit.
        if readers & (readers - 1):
            scan_together(contests, gate, slot, queries)
            standing = haven_reaching(upper, cutoffs) & ~barred
        k = 0
        while standing:
            if standing & 1:
                enter(&contests[k], gate, slot)
                cutoffs[k] = contests[k].stands[gate].cutoff
            standing >>= 1
            k += 1
        upper += TOGETHER


cdef inline unsigned int find_barred(const Contest* contests, intp_t slot) noexcept nogil:
    """Return, by bits, in which contests a veto certainly keeps somebody out, as far as is known."""
    cdef unsigned int barred = 0
    cdef intp_t signal
    if contests.terms.vetoing:
        for signal in range(contests.signals):
            barred |= haven_under(
                contests.upper + cell(contests, signal, slot), <float32_t>contests.terms.vetoes[signal] - ROUNDING
            )
    return barred


cdef void scan_together(Contest* contests, intp_t signal, intp_t slot, const Queries* queries) noexcept nogil:
    """Learn what the codes of somebody's prototypes tell all contests, while the next slot's are fetched."""
    cdef float32_t least[TOGETHER]
    cdef float32_t most[TOGETHER]
    cdef const Shelf* shelf = &contests.shelves[signal]
    cdef intp_t at = cell(contests, signal, slot), k
    cdef uint8_t* depths = contests.depths + at
    contests.kernels.best_together(
        &shelf.prototypes, slot * shelf.memory, shelf.used[slot], shelf.memory, queries, least, most
    )
    # What was known holds as well; an upper bound of -INFINITY stays.
    haven_narrow(contests.lower + at, contests.upper + at, least, most)
    for k in range(TOGETHER):
        depths[k] = max(depths[k], <uint8_t>SCANNED)


cdef void interleave(Queries* queries, const Contest* contests, intp_t count, intp_t signal) noexcept nogil:
    """Lay out one signal's codes of all queries as the kernels read them."""
    cdef intp_t width = contests.shelves[signal].prototypes.width, block, k
    cdef const Query* query
    cdef signed char* codes
    memset(queries.codes, 0, TOGETHER * width)
    for k in range(TOGETHER):
        query = &contests[k].queries[signal] if k < count else NULL
        if query == NULL or query.vector == NULL:
            queries.scales[k] = 0
            queries.lengths[k] = 0
            queries.spreads[k] = 0
            queries.totals[k] = 0
            continue
        queries.scales[k] = query.scale
        queries.lengths[k] = query.length
        queries.spreads[k] = query.spread
        queries.totals[k] = query.total
        for block in range(width // BLOCK):
            codes = queries.codes + (block * TOGETHER + k) * BLOCK
            memcpy(codes, query.codes + block * BLOCK, BLOCK)
