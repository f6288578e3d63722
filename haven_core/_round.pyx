# A round is up to eight queries that read every code once for all of them. Each keeps its own standings; what they share
# is the pass over memory, which is what a search costs. Where a round has several queries their bounds lie interleaved,
# TOGETHER for each identity, as the kernels write them.

from libc.math cimport INFINITY
from libc.string cimport memcpy, memset

from haven_core._contest cimport ROUNDING, SCANNED, Contest, admit_likeliest, cell, enter, matters, scan
from haven_core._kernels cimport BLOCK, TOGETHER, Queries, Query
from haven_core._signal cimport Shelf
from haven_core._typedefs cimport float32_t, intp_t, uint8_t

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
    for k in range(count):
        prepare(&contests[k])
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


cdef void prepare(Contest* contest) noexcept nogil:
    """Put the excluded out, count the rest and see who looks likeliest."""
    cdef intp_t signal, slot, k
    cdef float32_t top, similarity
    cdef bint compared
    for k in range(contest.exclusions):
        for signal in range(contest.signals):
            leave_out(contest, signal, contest.excluded[k])
    contest.considered = 0
    for slot in range(contest.slots):
        compared = False
        for signal in range(contest.signals):
            compared |= contest.upper[cell(contest, signal, slot)] > -INFINITY
        contest.considered += compared
    for signal in range(contest.signals):
        top = -INFINITY
        contest.likeliest[signal] = -1
        for slot in range(contest.slots):
            similarity = contest.lower[cell(contest, signal, slot)] + contest.upper[cell(contest, signal, slot)]
            if similarity > top:
                top = similarity
                contest.likeliest[signal] = slot


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
    """Read the codes of everybody who matters in any contest, in the order of memory, and let them enter it."""
    cdef float32_t cutoffs[TOGETHER]
    # Under it nobody passes the gate, and so nobody need be told as vetoed.
    cdef float32_t told = INFINITY
    # Not by `cell`, since there may be no slot at all.
    cdef intp_t at = gate * contests.slots * contests.stride, slot, unread, k
    cdef const float32_t* upper = contests.upper + at
    cdef const uint8_t* depths = contests.depths + at
    if contests.terms.vetoing:
        told = <float32_t>contests.terms.thresholds[gate] - ROUNDING
    for k in range(TOGETHER):
        cutoffs[k] = contests[k].stands[gate].cutoff if k < count else INFINITY
    for slot in range(contests.slots):
        unread = 0
        for k in range(TOGETHER):
            unread += ((upper[k] >= cutoffs[k]) | (upper[k] >= told)) & (depths[k] < SCANNED)
        if unread > 1 and count_readers(contests, count, gate, slot) > 1:
            scan_together(contests, gate, slot, queries)
        for k in range(TOGETHER):
            if upper[k] >= cutoffs[k]:
                enter(&contests[k], gate, slot)
                cutoffs[k] = contests[k].stands[gate].cutoff
        upper += TOGETHER
        depths += TOGETHER


cdef intp_t count_readers(const Contest* contests, intp_t count, intp_t gate, intp_t slot) noexcept nogil:
    """Count, up to two, the contests in which somebody matters whose codes are unread."""
    cdef intp_t readers = 0, k
    for k in range(count):
        readers += contests[k].depths[cell(&contests[k], gate, slot)] < SCANNED and matters(&contests[k], gate, slot)
        if readers > 1:
            break
    return readers


cdef void scan_together(Contest* contests, intp_t signal, intp_t slot, const Queries* queries) noexcept nogil:
    """Learn what the codes of somebody's prototypes tell all contests, while the next slot's are fetched."""
    cdef float32_t least[TOGETHER]
    cdef float32_t most[TOGETHER]
    cdef const Shelf* shelf = &contests.shelves[signal]
    cdef intp_t at = cell(contests, signal, slot), k
    cdef float32_t* lower = contests.lower + at
    cdef float32_t* upper = contests.upper + at
    cdef uint8_t* depths = contests.depths + at
    contests.kernels.best_together(
        &shelf.prototypes, slot * shelf.memory, shelf.used[slot], shelf.memory, queries, least, most
    )
    # What was known holds as well; an upper bound of -INFINITY stays.
    for k in range(TOGETHER):
        lower[k] = max(lower[k], least[k])
        upper[k] = min(upper[k], most[k])
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
