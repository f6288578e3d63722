# Who is this? An exact answer over a bank of remembered views.
#
# Every signal (face, gait, ...) keeps each view twice: as floats, and as 8-bit codes with a bound on what coding lost
# (`_arithmetic.pyx`). A search reads codes, and floats only of the few identities that the codes cannot tell apart;
# before that, one coded centre per identity and signal shows of most identities that even their codes need not be read.
# None of this can change an answer: whatever it depends on is settled by the floats (`_contest.pyx`).
#
# What is a match is for the caller to say: thresholds come with the call, and losers are reported beside winners.
# One thread may change a bank, and none may while another matches.

from collections import namedtuple

from libc.stdint cimport int64_t

from haven_core._arena cimport Arena
from haven_core._bank cimport Bank
from haven_core._contest cimport (
    Contest,
    Outcome,
    Terms,
    cell,
    decide,
    fuse,
    is_compared,
    next_vetoed,
    single_out,
)
from haven_core._input cimport CheckedRules, as_unit, as_weights
from haven_core._kernels cimport TOGETHER
from haven_core._round cimport run
from haven_core._typedefs cimport float64_t, intp_t

Rules = namedtuple("Rules", ["weights", "thresholds", "floors", "required", "vetoes", "reaches"])
Scores = namedtuple("Scores", ["global_id", "similarities", "fused"])
Standing = namedtuple("Standing", ["passed", "best", "other"])
Match = namedtuple("Match", ["standings", "vetoed", "considered"])


cdef class PrototypeBank(Bank):
    cdef list arenas

    def __init__(self, dimensions, intp_t memory_size, isa=None):
        super().__init__(dimensions, memory_size, isa)
        self.arenas = []

    def match(self, queries, rules, excluded=()):
        return self.match_many((queries,), rules, (excluded,))[0]

    def match_many(self, queries, rules, excluded=()):
        cdef CheckedRules checked = CheckedRules(rules, len(self.signals))
        if len(excluded) not in (0, len(queries)):
            raise ValueError(f"excluded: wanted one collection for each of {len(queries)} queries, got {len(excluded)}")
        matches = []
        for first in range(0, len(queries), TOGETHER):
            part = slice(first, first + TOGETHER)
            matches += self._match(queries[part], &checked.terms, excluded[part])
        return matches

    def score(self, queries, global_id, weights):
        cdef intp_t slot = self.slot_of(global_id)
        cdef const float64_t[::1] checked = as_weights(weights, len(self.signals))
        cdef Terms terms
        terms.weights = &checked[0]
        cdef Arena arena = self._open((queries,), (), &terms)
        single_out(arena.contests, slot)
        scores = self._scores(arena.contests, slot)
        self.arenas.append(arena)
        return None if all(similarity is None for similarity in scores.similarities) else scores

    cdef list _match(self, queries, const Terms* terms, excluded):
        cdef Arena arena = self._open(queries, excluded, terms)
        cdef intp_t count = len(queries), k
        with nogil:
            run(arena.contests, count, arena.scratch.data)
        matches = [self._answer(&arena.contests[k]) for k in range(count)]
        # Two threads may match at once; each then has an arena of its own.
        self.arenas.append(arena)
        return matches

    cdef Arena _open(self, queries, excluded, const Terms* terms):
        """Lay out a round of queries, their vectors checked."""
        cdef Arena arena = self.arenas.pop() if self.arenas else None
        cdef intp_t k, number
        if arena is None or arena.dimensions != self.dimensions:
            arena = Arena(self.signals, self.dimensions, self.build)
        arena.open(self.signals, len(queries), self.count, terms)
        for k, query in enumerate(queries):
            arena.contests[k].ids = <int64_t*>self.ids.data
            if len(query) != len(self.signals):
                raise ValueError(f"queries: wanted {len(self.signals)} signals, got {len(query)}")
            for number, vector in enumerate(query):
                name = f"query of signal {number}"
                arena.ask(k, number, None if vector is None else as_unit(vector, self.dimensions[number], name))
        arena.exclude([[self.slots[one] for one in ids if one in self.slots] for ids in excluded or [()] * len(queries)])
        return arena

    cdef _answer(self, Contest* contest):
        cdef Outcome outcome
        cdef intp_t gate, slot = 0
        standings = []
        for gate in range(contest.signals):
            with nogil:
                outcome = decide(contest, gate)
            standings.append(
                Standing(bool(outcome.passed), self._scores(contest, outcome.best), self._scores(contest, outcome.other))
            )
        vetoed = []
        while slot >= 0:
            with nogil:
                slot = next_vetoed(contest, slot)
            if slot >= 0:
                vetoed.append(contest.ids[slot])
                slot += 1
        return Match(tuple(standings), tuple(sorted(vetoed)), contest.considered)

    cdef _scores(self, Contest* contest, intp_t slot):
        if slot < 0:
            return None
        fused = fuse(contest, slot)
        similarities = tuple([similarity(contest, signal, slot) for signal in range(contest.signals)])
        return Scores(contest.ids[slot], similarities, fused)


cdef similarity(const Contest* contest, intp_t signal, intp_t slot):
    return contest.lower[cell(contest, signal, slot)] if is_compared(contest, signal, slot) else None
