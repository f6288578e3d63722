# All tracks of one camera, and who gets which box. No object is made for a track or a box; what a frame costs is
# arithmetic, and a handful of calls from Python however many people there are. A frame is taken in step by step, in the
# order of tracks.pyi; which steps, and with which limits, is for the caller to say.

import numpy as np

from haven_core._given import rejected

from libc.math cimport INFINITY

from haven_core._checks cimport all_finite
from haven_core._typedefs cimport float32_t, float64_t, int64_t, intp_t
from haven_core.assignment cimport NONE, clear_edges, reserve_edges, rounded_up, solve
from haven_core.boxes cimport weighed
from haven_core.kalman cimport heights_away, warp_one
from haven_core.track_rows cimport CONFIDENT, DOUBTFUL, Kind, TrackRows, require_distance

cdef float32_t STEP = 1e-6


cdef class TrackTable(TrackRows):
    cdef float64_t near, alike

    def __init__(
        self, bint by_width=False, *, float64_t near=0, float64_t alike=1, float64_t kept=0.9, int64_t first_id=1
    ):
        require_distance("near", near)
        super().__init__(by_width, kept, first_id)
        self.near, self.alike = near, alike

    def warp(self, motion):
        cdef const float64_t[:, ::1] given
        cdef intp_t k
        try:
            given = motion
        except (TypeError, ValueError):
            raise rejected("motion", motion, "(2, 3) float64, contiguous") from None
        if given is None or given.shape[0] != 2 or given.shape[1] != 3 or not all_finite(&given[0, 0], 6):
            raise rejected("motion", motion, "(2, 3) float64, contiguous, finite")
        if not self.by_width:
            raise ValueError("motion: wanted a table by_width; an aspect cannot be carried along")
        with nogil:
            for k in range(self.followed_count):
                warp_one(&self.mean[self.followed[k], 0], &self.covariance[self.followed[k], 0], &given[0, 0])
            for k in range(self.lost_count):
                warp_one(&self.mean[self.lost[k], 0], &self.covariance[self.lost[k], 0], &given[0, 0])

    def in_doubt(self, float64_t limit, int64_t looked_since):
        cdef intp_t place_count
        require_distance("limit", limit)
        with nogil:
            place_count = self._choose_doubted(rounded_up(limit), looked_since)
        if place_count < 0:
            raise MemoryError
        return np.array(self.places[:place_count], np.intp)

    def describe(self, places, vectors):
        self.looks.describe(places, vectors, self.boxes.shape[0])

    def associate_confident(self, float64_t limit, bint by_score):
        self._associate(self._choose_lost(self._choose_followed(True)), CONFIDENT, limit, by_score)

    def associate_doubtful(self, float64_t limit, bint find_lost=False):
        cdef intp_t row_count = self._choose_followed(True)
        self._associate(self._choose_lost(row_count) if find_lost else row_count, DOUBTFUL, limit, False)

    def associate_tentative(self, float64_t limit, bint by_score):
        self._associate(self._choose_followed(False), CONFIDENT, limit, by_score)

    def relink(self, float64_t alike, float64_t reach, float64_t margin):
        cdef intp_t k, edge, row_count, place_count
        cdef bint done = True
        if not margin > 0:
            raise ValueError(f"margin: wanted a lead over 0, got {margin}")
        with nogil:
            row_count, place_count = self._choose_lost(0), self._choose_places(CONFIDENT)
            if self.looks.described:
                done = self._list_alike(row_count, place_count, reach)
                for k in range(row_count if done else 0):
                    for edge in range(self.edges.start[k], self.edges.start[k + 1]):
                        if -self.edges.cost[edge] >= alike and self._leads(k, edge, margin):
                            self._see(self.rows[k], self.places[self.edges.column[edge]])
        if not done:
            raise MemoryError

    cdef intp_t _choose_followed(self, bint confirmed) noexcept nogil:
        """Choose those followed, confirmed or not, that have no box in this frame yet; return how many."""
        cdef intp_t k, row, count = 0
        for k in range(self.followed_count):
            row = self.followed[k]
            if self.confirmed[row] == confirmed and self.last_frame[row] != self.frame:
                self.rows[count] = row
                count += 1
        return count

    cdef intp_t _choose_lost(self, intp_t count) noexcept nogil:
        """Choose, after so many rows, those lost that have no box in this frame yet; return how many are chosen."""
        cdef intp_t k
        for k in range(self.lost_count):
            if self.last_frame[self.lost[k]] != self.frame:
                self.rows[count] = self.lost[k]
                count += 1
        return count

    cdef intp_t _choose_places(self, Kind kind) noexcept nogil:
        """Choose the boxes of one kind; return how many."""
        cdef intp_t k, count = 0
        for k in range(self.boxes.shape[0]):
            if self.kinds[k] == kind:
                self.places[count] = k
                count += 1
        return count

    cdef bint _list_near(self, intp_t row_count, intp_t place_count, float32_t bound) noexcept nogil:
        """List which chosen rows and boxes are near one another; false: there is no memory left."""
        self.neighbours.lay_out(&self.boxes[0, 0], &self.places[0], place_count)
        self._read_boxes(row_count)
        return self.neighbours.list_near(&self.row_boxes[0, 0], row_count, bound, &self.edges)

    cdef int _associate(self, intp_t row_count, Kind kind, float64_t limit, bint by_score) except -1:
        """Give the chosen rows boxes of one kind so that their distances are least in sum."""
        cdef intp_t k, place_count
        cdef float32_t bound = rounded_up(limit)
        cdef bint done = True, by_looks = self.looks.described and kind == CONFIDENT
        require_distance("limit", limit)
        with nogil:
            place_count = self._choose_places(kind)
            if row_count and place_count:
                # Whom looks may bring together is listed too: the bound is beyond `near`, where pairs are looked at.
                done = self._list_near(
                    row_count, place_count, max(bound, <float32_t> self.near + STEP) if by_looks else bound
                )
                if done and (by_score or by_looks):
                    self._weigh(bound, by_score, by_looks)
                done = done and solve(&self.edges, limit, &self.place_of[0], &self.row_of[0])
                for k in range(row_count if done else 0):
                    if self.place_of[k] != NONE:
                        self._see(self.rows[k], self.places[self.place_of[k]])
        if not done:
            raise MemoryError
        return 0

    cdef void _weigh(self, float32_t bound, bint by_score, bint by_looks) noexcept nogil:
        """Weigh each edge by its box's score and by looks, and leave out those that are too far then."""
        cdef intp_t row, edge, place, kept = 0, first = 0
        cdef float32_t distance
        cdef float64_t cost
        for row in range(self.edges.row_count):
            for edge in range(first, self.edges.start[row + 1]):
                place = self.places[self.edges.column[edge]]
                distance = <float32_t> self.edges.cost[edge]
                cost = weighed(distance, self.box_scores[place]) if by_score else distance
                if by_looks and distance <= self.near:
                    cost = min(cost, self._unlikeness(self.rows[row], place))
                if cost < bound:
                    self.edges.column[kept], self.edges.cost[kept] = self.edges.column[edge], cost
                    kept += 1
            first, self.edges.start[row + 1] = self.edges.start[row + 1], kept
        self.edges.count = kept

    cdef float64_t _unlikeness(self, intp_t row, intp_t place) noexcept nogil:
        """Half the cosine distance of a track's and a box's looks; infinite unless they are known and alike."""
        cdef float64_t similarity
        if not self.looks.are_known(row, place):
            return INFINITY
        similarity = self.looks.similarity(row, place)
        return max(0.0, (1 - similarity) / 2) if similarity >= self.alike else INFINITY

    cdef bint _list_alike(self, intp_t row_count, intp_t place_count, float64_t reach) noexcept nogil:
        """List the chosen rows and boxes whose looks are known, where one may have got to the other; false: there is no memory left."""
        cdef intp_t k, j, row, place
        if not clear_edges(&self.edges, row_count, place_count):
            return False
        for k in range(row_count):
            row, self.edges.start[k] = self.rows[k], self.edges.count
            if not reserve_edges(&self.edges, place_count):
                return False
            for j in range(place_count):
                place = self.places[j]
                if self.looks.are_known(row, place) and self._is_within(row, place, reach):
                    self.edges.column[self.edges.count] = j
                    self.edges.cost[self.edges.count] = -self.looks.similarity(row, place)
                    self.edges.count += 1
        self.edges.start[row_count] = self.edges.count
        return True

    cdef bint _is_within(self, intp_t row, intp_t place, float64_t reach) noexcept nogil:
        """Tell whether a track may be at a box by now that gets so many of its heights further in a frame."""
        cdef float64_t away = heights_away(&self.mean[row, 0], &self.boxes[place, 0], self.by_width)
        return away <= reach * (self.frame - self.last_frame[row])

    cdef bint _leads(self, intp_t row, intp_t edge, float64_t margin) noexcept nogil:
        """Tell whether no other edge of this row or of the edge's column comes nearer to it than the margin."""
        cdef intp_t other
        for other in range(self.edges.count):
            if other == edge or self.edges.cost[other] - self.edges.cost[edge] >= margin:
                continue
            if self.edges.column[other] == self.edges.column[edge]:
                return False
            if self.edges.start[row] <= other < self.edges.start[row + 1]:
                return False
        return True

    cdef intp_t _choose_doubted(self, float32_t bound, int64_t looked_since) noexcept nogil:
        """Choose the confident boxes whose looks would help; return how many, NONE: there is no memory left."""
        cdef intp_t k, edge, row, kept = 0, row_count = self._choose_lost(self._choose_followed(True))
        cdef intp_t place_count = self._choose_places(CONFIDENT)
        cdef bint is_contested, misses_one = False
        if place_count == 0:
            return 0
        if not self._list_near(row_count, place_count, bound):
            return NONE
        for k in range(self.lost_count):
            misses_one |= self.looks.looked_at[self.lost[k]] != 0
        for k in range(place_count):
            # A box that is near nobody may be somebody who is lost.
            self.row_of[k], self.marked[k] = NONE, misses_one
        for k in range(row_count):
            row, is_contested = self.rows[k], self.edges.start[k + 1] - self.edges.start[k] > 1
            for edge in range(self.edges.start[k], self.edges.start[k + 1]):
                is_contested |= self.row_of[self.edges.column[edge]] != NONE
                self.marked[self.edges.column[edge]] = is_contested or self.looks.looked_at[row] < looked_since
                self.row_of[self.edges.column[edge]] = k
        for k in range(place_count):
            if self.marked[k]:
                self.places[kept] = self.places[k]
                kept += 1
        return kept
