# Where one query stands before every gate.

from libc.math cimport INFINITY
from libc.stdint cimport int64_t

from haven_core._checks cimport require
from haven_core._kernels cimport Kernels, Query
from haven_core._signal cimport Shelf
from haven_core._typedefs cimport float32_t, float64_t, intp_t, uint8_t


cdef extern from *:
    """
    #define HAVEN_ROUNDING 1e-6f
    """
    # More than a float of a similarity's size can be off.
    const float32_t ROUNDING "HAVEN_ROUNDING"


cdef enum Depth:
    SURVEYED    # All that is known of an identity comes from its centre.
    SCANNED     # From the codes of its prototypes.
    EXACT       # From the prototypes themselves: both bounds are the similarity.


# `Rules`, checked; arrays by signal or gate.
cdef struct Terms:
    const float64_t* weights
    const float64_t* thresholds
    const float64_t* floors
    const uint8_t* required
    const float64_t* vetoes
    const float64_t* reaches
    bint vetoing          # Whether any veto is more than -INFINITY.


# Those who lead before one gate so far, exactly known; -1: nobody.
cdef struct Stand:
    intp_t first, second
    float32_t cutoff      # Who cannot reach this similarity can be neither.


# What a gate answers: slots, -1 for nobody.
cdef struct Outcome:
    bint passed
    intp_t best, other


# One query against everybody. `lower` and `upper` hold the similarity of the best prototype between them, rounding
# included; -INFINITY where there is nothing to compare. They are (signals, slots), every value `stride` from the next:
# the contests of one round lie interleaved.
cdef struct Contest:
    intp_t signals, slots, stride
    const Shelf* shelves
    const Kernels* kernels
    const Query* queries
    Terms terms
    const int64_t* ids
    float32_t* lower
    float32_t* upper
    uint8_t* depths
    float64_t* fused      # By slot; NaN: not asked for yet.
    Stand* stands         # By gate.
    intp_t* likeliest     # By signal: the slot that looks most similar; -1 where there is none.
    const intp_t* excluded
    intp_t exclusions
    intp_t considered


cdef void scan(Contest* contest, intp_t signal, intp_t slot, intp_t following) noexcept nogil
cdef bint is_compared(const Contest* contest, intp_t signal, intp_t slot) noexcept nogil
cdef void single_out(Contest* contest, intp_t slot) noexcept nogil
cdef float64_t fuse(Contest* contest, intp_t slot) noexcept nogil
cdef void admit_likeliest(Contest* contest, intp_t gate) noexcept nogil
cdef void enter(Contest* contest, intp_t gate, intp_t slot) noexcept nogil
cdef Outcome decide(Contest* contest, intp_t gate) noexcept nogil
cdef intp_t next_vetoed(Contest* contest, intp_t slot) noexcept nogil
cdef bint may_be_told(const Contest* contest, intp_t gate, intp_t slot) noexcept nogil


cdef inline intp_t cell(const Contest* contest, intp_t signal, intp_t slot) noexcept nogil:
    """Return where the bounds of somebody stand."""
    require(0 <= signal < contest.signals and 0 <= slot < contest.slots)
    return (signal * contest.slots + slot) * contest.stride


cdef inline bint may_stand(const Contest* contest, intp_t gate, intp_t slot) noexcept nogil:
    """Tell whether somebody may still be among the first two, as far as is known."""
    cdef intp_t signal
    if contest.upper[cell(contest, gate, slot)] < contest.stands[gate].cutoff:
        return False
    if contest.terms.vetoing:
        for signal in range(contest.signals):
            if -INFINITY < contest.upper[cell(contest, signal, slot)] < contest.terms.vetoes[signal]:
                return False
    return True


cdef inline bint matters(const Contest* contest, intp_t gate, intp_t slot) noexcept nogil:
    """Tell whether the answer may depend on how similar somebody is: they may stand, or be told as vetoed."""
    return may_stand(contest, gate, slot) or (contest.terms.vetoing and may_be_told(contest, gate, slot))
