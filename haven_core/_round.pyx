# A round is up to eight queries that read every code once for all of them. Each keeps its own bounds and its own
# standings; what they share is the pass over memory, which is what a search costs.

from libc.math cimport INFINITY
from libc.string cimport memcpy, memset

from haven_core._contest cimport SCANNED, Contest, admit_likeliest, cell, enter, may_stand, scan, settle
from haven_core._kernels cimport BLOCK, TOGETHER, Queries, Query
from haven_core._signal cimport Shelf
from haven_core._typedefs cimport float32_t, intp_t

cdef enum:
    ROWS = 64
    AHEAD = 4096


cdef void run(Contest* contests, intp_t count, void* scratch) noexcept nogil:
    """Find the first two before every gate, for up to TOGETHER contests over the same bank.

    Args:
        scratch: room for the codes of TOGETHER queries in the longest signal, on a block's edge.
    """
    cdef Queries queries
    cdef intp_t signal, k
    queries.codes = <signed char*>scratch
    for k in range(count):
        memset(contests[k].depths, 0, contests[k].signals * contests[k].slots)
        # All bits set are a NaN.
        memset(contests[k].fused, 0xFF, contests[k].slots * sizeof(double))
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
            gather(&queries, contests, count, signal)
            go_through_together(contests, count, signal, &queries)


cdef void survey(Contest* contests, intp_t count, intp_t signal, Queries* queries) noexcept nogil:
    """Learn what the centres tell."""
    cdef const Shelf* shelf = &contests.shelves[signal]
    cdef intp_t asking = 0, slot, k, at = signal * contests.slots
    cdef Contest* only = NULL
    for k in range(count):
        if contests[k].queries[signal].vector != NULL:
            only = &contests[k]
            asking += 1
        else:
            for slot in range(contests.slots):
                contests[k].lower[at + slot] = -INFINITY
                contests[k].upper[at + slot] = -INFINITY
    if asking == 1:
        only.kernels.bound(
            &shelf.centres, 0, only.slots, AHEAD // shelf.centres.width, &only.queries[signal], &only.lower[at], &only.upper[at]
        )
    elif asking > 1:
        gather(queries, contests, count, signal)
        survey_together(contests, count, signal, queries)


cdef void survey_together(
    Contest* contests, intp_t count, intp_t signal, const Queries* queries
) noexcept nogil:
    cdef float32_t lower[ROWS * TOGETHER]
    cdef float32_t upper[ROWS * TOGETHER]
    cdef const Shelf* shelf = &contests.shelves[signal]
    cdef intp_t first = 0, rows, row, k, at
    while first < contests.slots:
        rows = min(contests.slots - first, <intp_t>ROWS)
        contests.kernels.bound_together(&shelf.centres, first, rows, AHEAD // shelf.centres.width, queries, lower, upper)
        for k in range(count):
            if contests[k].queries[signal].vector == NULL:
                continue
            at = signal * contests[k].slots + first
            for row in range(rows):
                contests[k].lower[at + row] = lower[row * TOGETHER + k]
                contests[k].upper[at + row] = upper[row * TOGETHER + k]
        first += rows


cdef void prepare(Contest* contest) noexcept nogil:
    """Put the excluded out, count the rest and see who looks likeliest."""
    cdef intp_t signal, slot, k
    cdef float32_t top, similarity
    cdef bint compared
    for k in range(contest.exclusions):
        for signal in range(contest.signals):
            contest.lower[cell(contest, signal, contest.excluded[k])] = -INFINITY
            contest.upper[cell(contest, signal, contest.excluded[k])] = -INFINITY
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
    """Let everybody enter who may stand, in the order of memory."""
    cdef intp_t slot = next_to_enter(contest, gate, 0), following
    while slot < contest.slots:
        following = next_to_enter(contest, gate, slot + 1)
        if contest.depths[cell(contest, gate, slot)] < SCANNED:
            scan(contest, gate, slot, following)
        enter(contest, gate, slot)
        slot = following


cdef intp_t next_to_enter(const Contest* contest, intp_t gate, intp_t slot) noexcept nogil:
    """Return the first at or after a slot who may stand; past all slots, when there is none."""
    while slot < contest.slots and not may_stand(contest, gate, slot):
        slot += 1
    return slot


cdef void go_through_together(
    Contest* contests, intp_t count, intp_t gate, const Queries* queries
) noexcept nogil:
    cdef intp_t wanting[TOGETHER]
    cdef intp_t slot, many, unread, k
    cdef Contest* contest
    for slot in range(contests.slots):
        many = 0
        unread = 0
        for k in range(count):
            contest = &contests[k]
            if may_stand(contest, gate, slot):
                wanting[many] = k
                many += 1
                unread += contest.depths[cell(contest, gate, slot)] < SCANNED
        if unread > 1:
            scan_together(contests, wanting, many, gate, slot, queries)
        for k in range(many):
            contest = &contests[wanting[k]]
            if may_stand(contest, gate, slot):
                enter(contest, gate, slot)


cdef void scan_together(
    Contest* contests, const intp_t* wanting, intp_t many, intp_t signal, intp_t slot, const Queries* queries
) noexcept nogil:
    """Learn what the codes of somebody's prototypes tell all who want to know, while the next slot's are fetched."""
    cdef float32_t lower[TOGETHER]
    cdef float32_t upper[TOGETHER]
    cdef const Shelf* shelf = &contests.shelves[signal]
    cdef Contest* contest
    cdef intp_t k
    contests.kernels.best_together(
        &shelf.prototypes, slot * shelf.memory, shelf.used[slot], shelf.memory, queries, lower, upper
    )
    for k in range(many):
        contest = &contests[wanting[k]]
        settle(contest, cell(contest, signal, slot), lower[wanting[k]], upper[wanting[k]])


cdef void gather(Queries* queries, const Contest* contests, intp_t count, intp_t signal) noexcept nogil:
    """Interleave one signal's codes of all queries."""
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
