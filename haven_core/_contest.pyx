# Who stands where, found with as little reading as the answer allows.
#
# For every identity and signal two bounds are known that hold the similarity between them. They begin as what the
# identity's centre tells, and are narrowed where an answer depends on it: first by the codes of its prototypes, then by
# the prototypes themselves, and then both are the similarity, bit for bit. An answer is given only when the bounds leave
# no other.
#
# Before each gate the likeliest identities enter first, then all in the order of memory; who cannot overtake the second
# best by its upper bound, or is too far behind the best to be of interest, is passed by.

from libc.float cimport FLT_MAX
from libc.math cimport INFINITY, NAN, isnan

from haven_core._signal cimport row_at

cdef enum:
    ROWS = 64


cdef void single_out(Contest* contest, intp_t slot) noexcept nogil:
    """Prepare for comparing the query with one identity alone."""
    cdef intp_t signal, at
    cdef bint compared
    for signal in range(contest.signals):
        at = cell(contest, signal, slot)
        compared = contest.queries[signal].vector != NULL and contest.shelves[signal].used[slot] > 0
        contest.lower[at] = -FLT_MAX if compared else -INFINITY
        contest.upper[at] = FLT_MAX if compared else -INFINITY
        contest.depths[at] = SURVEYED
    contest.fused[slot] = NAN


cdef void admit_likeliest(Contest* contest, intp_t gate) noexcept nogil:
    """Let the likeliest of every signal enter, so that few others can overtake them."""
    cdef intp_t signal
    contest.stands[gate].first = -1
    contest.stands[gate].second = -1
    contest.stands[gate].cutoff = -FLT_MAX
    for signal in range(contest.signals):
        if contest.likeliest[signal] >= 0:
            enter(contest, gate, contest.likeliest[signal])


cdef void enter(Contest* contest, intp_t gate, intp_t slot) noexcept nogil:
    """Let somebody take their place among the first two, if it is one."""
    cdef Stand* stand = &contest.stands[gate]
    cdef int depth
    for depth in range(SCANNED, EXACT + 1):
        if slot == stand.first or slot == stand.second or not may_stand(contest, gate, slot):
            return
        narrow(contest, gate, slot, <Depth>depth)
    if not may_stand(contest, gate, slot) or is_vetoed(contest, slot):
        return
    if stand.first < 0 or precedes(contest, gate, slot, stand.first):
        stand.second = stand.first
        stand.first = slot
    elif stand.second < 0 or precedes(contest, gate, slot, stand.second):
        stand.second = slot
    raise_cutoff(contest, gate)


cdef void raise_cutoff(Contest* contest, intp_t gate) noexcept nogil:
    cdef Stand* stand = &contest.stands[gate]
    cdef float64_t limit = <float64_t>contest.lower[cell(contest, gate, stand.first)] - contest.terms.reaches[gate]
    # Under it nobody is within reach, and it is greater than the -INFINITY of those who cannot be compared.
    cdef float32_t cutoff = <float32_t>max(limit, -2.0) - ROUNDING
    if stand.second >= 0:
        cutoff = max(cutoff, contest.lower[cell(contest, gate, stand.second)])
    stand.cutoff = cutoff


cdef Outcome decide(Contest* contest, intp_t gate) noexcept nogil:
    """Answer for a gate that all have entered who may stand."""
    cdef Stand* stand = &contest.stands[gate]
    cdef intp_t passing = find_passing(contest, gate)
    cdef Outcome outcome
    outcome.passed = passing >= 0
    if outcome.passed and passing != stand.first:
        outcome.best = passing
        outcome.other = stand.first
        return outcome
    outcome.best = stand.first
    outcome.other = stand.second
    if stand.second >= 0 and _lead(contest, gate) > contest.terms.reaches[gate]:
        outcome.other = -1
    return outcome


cdef float64_t _lead(const Contest* contest, intp_t gate) noexcept nogil:
    cdef Stand* stand = &contest.stands[gate]
    cdef float64_t first = contest.lower[cell(contest, gate, stand.first)]
    return first - contest.lower[cell(contest, gate, stand.second)]


cdef intp_t find_passing(Contest* contest, intp_t gate) noexcept nogil:
    """Return the first of those who pass; where the first of all does not, the rest is gone through once more."""
    cdef intp_t first = contest.stands[gate].first, best = -1, slot, at
    if first < 0 or not contest.lower[cell(contest, gate, first)] > contest.terms.thresholds[gate]:
        return -1
    if passes(contest, gate, first):
        return first
    for slot in range(contest.slots):
        at = cell(contest, gate, slot)
        if best >= 0 and contest.upper[at] < contest.lower[cell(contest, gate, best)]:
            continue
        if slot == first or not passes(contest, gate, slot) or is_vetoed(contest, slot):
            continue
        narrow(contest, gate, slot, EXACT)
        if best < 0 or precedes(contest, gate, slot, best):
            best = slot
    return best


cdef intp_t next_vetoed(Contest* contest, intp_t slot) noexcept nogil:
    """Return the first at or after a slot who passes a gate and is vetoed; -1 when there is none."""
    cdef intp_t gate
    if not contest.terms.vetoing:
        return -1
    for slot in range(slot, contest.slots):
        for gate in range(contest.signals):
            if may_be_told(contest, gate, slot) and passes(contest, gate, slot) and is_vetoed(contest, slot):
                return slot
    return -1


cdef bint may_be_told(const Contest* contest, intp_t gate, intp_t slot) noexcept nogil:
    """Tell whether somebody may pass a gate and be vetoed, as far as is known."""
    return may_pass(contest, gate, slot) and may_be_vetoed(contest, slot)


cdef bint may_be_vetoed(const Contest* contest, intp_t slot) noexcept nogil:
    cdef intp_t signal, at
    for signal in range(contest.signals):
        at = cell(contest, signal, slot)
        if contest.upper[at] > -INFINITY and contest.lower[at] < contest.terms.vetoes[signal]:
            return True
    return False


cdef bint is_vetoed(Contest* contest, intp_t slot) noexcept nogil:
    cdef intp_t signal
    if not contest.terms.vetoing:
        return False
    for signal in range(contest.signals):
        if is_compared(contest, signal, slot) and is_under(contest, signal, slot, contest.terms.vetoes[signal]):
            return True
    return False


cdef inline bint may_pass(const Contest* contest, intp_t gate, intp_t slot) noexcept nogil:
    """Tell whether somebody may pass a gate, as far as is known."""
    # Of most people this is asked in vain, so what mostly says no stands before any call.
    return contest.upper[cell(contest, gate, slot)] > contest.terms.thresholds[gate] and may_meet(contest, gate, slot)


cdef bint may_meet(const Contest* contest, intp_t gate, intp_t slot) noexcept nogil:
    """Tell whether somebody may meet what a gate demands beside its threshold."""
    cdef const float64_t* floors = contest.terms.floors + gate * contest.signals
    cdef intp_t signal
    for signal in range(contest.signals):
        if not is_compared(contest, signal, slot):
            if contest.terms.required[gate * contest.signals + signal]:
                return False
        elif not contest.upper[cell(contest, signal, slot)] > floors[signal]:
            return False
    return True


cdef bint passes(Contest* contest, intp_t gate, intp_t slot) noexcept nogil:
    """Tell whether somebody passes a gate; no more is learnt of them than that takes."""
    cdef const float64_t* floors = contest.terms.floors + gate * contest.signals
    cdef intp_t signal
    if not may_pass(contest, gate, slot):
        return False
    if not is_over(contest, gate, slot, contest.terms.thresholds[gate]):
        return False
    for signal in range(contest.signals):
        if is_compared(contest, signal, slot) and not is_over(contest, signal, slot, floors[signal]):
            return False
    return True


cdef bint is_compared(const Contest* contest, intp_t signal, intp_t slot) noexcept nogil:
    return contest.upper[cell(contest, signal, slot)] > -INFINITY


cdef bint is_over(Contest* contest, intp_t signal, intp_t slot, float64_t limit) noexcept nogil:
    """Tell whether a similarity is greater than a limit."""
    cdef intp_t at = cell(contest, signal, slot)
    while contest.lower[at] <= limit < contest.upper[at]:
        narrow(contest, signal, slot, <Depth>(contest.depths[at] + 1))
    return contest.lower[at] > limit


cdef bint is_under(Contest* contest, intp_t signal, intp_t slot, float64_t limit) noexcept nogil:
    """Tell whether a similarity is less than a limit."""
    cdef intp_t at = cell(contest, signal, slot)
    while contest.lower[at] < limit <= contest.upper[at]:
        narrow(contest, signal, slot, <Depth>(contest.depths[at] + 1))
    return contest.upper[at] < limit


cdef bint precedes(Contest* contest, intp_t gate, intp_t left, intp_t right) noexcept nogil:
    """Tell whether one of two whose similarity is known goes first: by it, then by fused score, then by id."""
    cdef float32_t one = contest.lower[cell(contest, gate, left)], two = contest.lower[cell(contest, gate, right)]
    if one != two:
        return one > two
    if fuse(contest, left) != fuse(contest, right):
        return fuse(contest, left) > fuse(contest, right)
    return contest.ids[left] < contest.ids[right]


cdef float64_t fuse(Contest* contest, intp_t slot) noexcept nogil:
    """Return the weighted mean of all that can be compared, moving averages included."""
    cdef float64_t total = 0, weight = 0
    cdef float32_t smooth, similarity
    cdef const Shelf* shelf
    cdef intp_t signal
    if not isnan(contest.fused[slot]):
        return contest.fused[slot]
    for signal in range(contest.signals):
        if not is_compared(contest, signal, slot):
            continue
        narrow(contest, signal, slot, EXACT)
        smooth = contest.lower[cell(contest, signal, slot)]
        shelf = &contest.shelves[signal]
        if shelf.averaged[slot]:
            similarity = compare(contest, signal, row_at(shelf, slot, shelf.memory))
            smooth = max(smooth, similarity)
        total += contest.terms.weights[signal] * smooth
        weight += contest.terms.weights[signal]
    contest.fused[slot] = total / weight if weight > 0 else -INFINITY
    return contest.fused[slot]


cdef void narrow(Contest* contest, intp_t signal, intp_t slot, Depth depth) noexcept nogil:
    """Learn more of one similarity, unless as much is known already."""
    cdef intp_t at = cell(contest, signal, slot)
    if contest.depths[at] >= depth or not is_compared(contest, signal, slot):
        return
    if depth == SCANNED:
        scan(contest, signal, slot, slot)
    else:
        rescore(contest, signal, slot)


cdef void scan(Contest* contest, intp_t signal, intp_t slot, intp_t following) noexcept nogil:
    """Learn what the codes of somebody's prototypes tell, while those of the following slot are fetched."""
    cdef const Shelf* shelf = &contest.shelves[signal]
    cdef intp_t at = cell(contest, signal, slot)
    cdef intp_t first = slot * shelf.memory, ahead = (following - slot) * shelf.memory
    cdef float32_t lower, upper
    contest.kernels.best(
        &shelf.prototypes, first, shelf.used[slot], ahead, &contest.queries[signal], &lower, &upper
    )
    # What was known holds as well.
    contest.lower[at] = max(contest.lower[at], lower)
    contest.upper[at] = min(contest.upper[at], upper)
    contest.depths[at] = SCANNED


cdef void rescore(Contest* contest, intp_t signal, intp_t slot) noexcept nogil:
    """Learn the similarity itself. Only the floats of those prototypes are read that may be the best."""
    cdef float32_t lower[ROWS]
    cdef float32_t upper[ROWS]
    cdef const Shelf* shelf = &contest.shelves[signal]
    cdef intp_t at = cell(contest, signal, slot), first = slot * shelf.memory, done = 0, count, row
    cdef float32_t best = -INFINITY
    narrow(contest, signal, slot, SCANNED)
    while done < shelf.used[slot]:
        count = min(shelf.used[slot] - done, <intp_t>ROWS)
        contest.kernels.bound(
            &shelf.prototypes, first + done, count, 0, &contest.queries[signal], lower, upper
        )
        for row in range(count):
            if upper[row] >= contest.lower[at]:
                best = max(best, compare(contest, signal, row_at(shelf, slot, done + row)))
        done += count
    contest.lower[at] = best
    contest.upper[at] = best
    contest.depths[at] = EXACT


cdef float32_t compare(const Contest* contest, intp_t signal, const float32_t* vector) noexcept nogil:
    return <float32_t>contest.kernels.dot(vector, contest.queries[signal].vector, contest.shelves[signal].width)
