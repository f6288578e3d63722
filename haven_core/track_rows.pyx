# The life of tracks: a track is a row of flat arrays. Rows that are followed have a box in the newest frame, rows that
# are lost have none; a row in neither is free. Both lists stand in the order of the reference tracker's, which settles
# equal costs.

import numpy as np

from haven_core.kalman import to_boxes

from libc.math cimport isfinite

from haven_core._checks cimport has_area
from haven_core._typedefs cimport float32_t, float64_t, int64_t, intp_t, uint8_t
from haven_core.assignment cimport free_edges, rounded_up
from haven_core.boxes cimport as_boxes, as_scores, require_boxes
from haven_core.kalman cimport as_box, correct_one, initiate_one, predict_one
from haven_core.looks cimport Looks
from haven_core.neighbours cimport Neighbours

cdef enum:
    WIDTH_VELOCITY = 6
    HEIGHT_VELOCITY = 7
    FIRST_CAPACITY = 64


cdef class TrackRows:
    """Tracks that come and go; who gets which box is for `TrackTable` to say."""

    def __dealloc__(self):
        free_edges(&self.edges)

    def __init__(self, bint by_width, float64_t kept, int64_t first_id):
        self.by_width, self.kept = by_width, kept
        self.neighbours, self.looks = Neighbours(), Looks()
        self.boxes, self.box_scores = np.empty((0, 4), np.float32), np.empty(0, np.float32)
        self.mean, self.covariance = np.empty((0, 8)), np.empty((0, 12))
        self.ids, self.removed_as, self.first_frame, self.last_frame = (np.empty(0, np.int64) for _ in range(4))
        self.scores = np.empty(0, np.float32)
        self.confirmed, self.shown = np.empty(0, np.uint8), np.empty(0, np.uint8)
        self.followed, self.lost, self.free = (np.empty(0, np.intp) for _ in range(3))
        self._make_room(FIRST_CAPACITY)
        self.next_id = first_id

    def advance(self, boxes, scores, float64_t low, float64_t high, float64_t elapsed=1):
        cdef const float32_t[:, ::1] given = as_boxes(boxes, "boxes")
        cdef const float32_t[::1] given_scores = as_scores(scores, given.shape[0])
        cdef intp_t k
        if not (isfinite(elapsed) and elapsed >= 0):
            raise ValueError(f"elapsed: wanted a finite number of steps, 0 or more, got {elapsed}")
        require_boxes(given, boxes)
        for k in range(given.shape[0]):
            if not 0 <= given_scores[k] <= 1:
                raise ValueError(f"scores: wanted numbers in [0, 1], got {scores[k]} in row {k}")
        self._make_room(given.shape[0])
        self.boxes, self.box_scores = given, given_scores
        self.frame += 1
        with nogil:
            self.looks.begin_frame()
            for k in range(given.shape[0]):
                self.kinds[k] = IGNORED
                if given_scores[k] > low and has_area(&given[k, 0]):
                    self.kinds[k] = CONFIDENT if given_scores[k] >= high else DOUBTFUL
            for k in range(self.followed_count):
                if self.confirmed[self.followed[k]]:
                    self._predict(self.followed[k], elapsed)
            for k in range(self.lost_count):
                self._predict(self.lost[k], elapsed)

    def begin(self, float64_t least_score):
        cdef intp_t place, row
        with nogil:
            for place in range(self.boxes.shape[0]):
                if self.kinds[place] != CONFIDENT or self.box_scores[place] < least_score:
                    continue
                self.free_count -= 1
                row = self.free[self.free_count]
                self.followed[self.followed_count] = row
                self.followed_count += 1
                initiate_one(&self.mean[row, 0], &self.covariance[row, 0], &self.boxes[place, 0], self.by_width)
                self.ids[row], self.scores[row] = self.next_id, self.box_scores[place]
                self.first_frame[row] = self.last_frame[row] = self.frame
                self.confirmed[row], self.shown[row], self.removed_as[row] = self.frame == 1, False, 0
                self.looks.forget(row)
                self.looks.remember(row, place, self.frame, self.kept)
                self.kinds[place] = TAKEN
                self.next_id += 1

    def settle(self, int64_t remembered_from, float64_t duplicate_distance, int64_t remembered_removals):
        cdef bint done
        require_distance("duplicate_distance", duplicate_distance)
        with nogil:
            done = self._settle(remembered_from, duplicate_distance, remembered_removals)
        if not done:
            raise MemoryError
        return self._ids_of_ended()

    def visible(self):
        cdef intp_t k, row, count
        with nogil:
            count = self._sort_confirmed()
        ids, ages = np.empty(count, np.int64), np.empty(count, np.int64)
        boxes, scores = np.empty((count, 4), np.float32), np.empty(count, np.float32)
        cdef int64_t[::1] id_view = ids, age_view = ages
        cdef float32_t[:, ::1] box_view = boxes
        cdef float32_t[::1] score_view = scores
        with nogil:
            for k in range(count):
                row = self.rows[k]
                self.shown[row] = True
                id_view[k], age_view[k] = self.ids[row], self.frame - self.first_frame[row]
                score_view[k] = self.scores[row]
                as_box(&self.mean[row, 0], self.by_width, &box_view[k, 0])
        return ids, boxes, scores, ages

    def remembered(self):
        rows = np.concatenate((self.followed[: self.followed_count], self.lost[: self.lost_count]))
        rows = rows[np.argsort(np.asarray(self.ids)[rows])]
        ages = self.frame - np.asarray(self.first_frame)[rows]
        is_followed = np.asarray(self.last_frame)[rows] == self.frame
        boxes = to_boxes(np.asarray(self.mean), rows, self.by_width)
        is_confirmed = np.asarray(self.confirmed)[rows] != 0
        return np.asarray(self.ids)[rows], boxes, np.asarray(self.scores)[rows], ages, is_confirmed, is_followed

    def clear(self):
        cdef intp_t k
        self.ended_count = 0
        for k in range(self.followed_count):
            self._end(self.followed[k])
        for k in range(self.lost_count):
            self._end(self.lost[k])
        self.frame = self.removals = self.followed_count = self.lost_count = 0
        return self._ids_of_ended()

    cdef tuple _ids_of_ended(self):
        return tuple(sorted([self.ids[self.ended[k]] for k in range(self.ended_count)]))

    cdef void _predict(self, intp_t row, float64_t elapsed) noexcept nogil:
        predict_one(&self.mean[row, 0], &self.covariance[row, 0], elapsed, self.by_width)

    cdef void _read_boxes(self, intp_t count) noexcept nogil:
        cdef intp_t k
        for k in range(count):
            as_box(&self.mean[self.rows[k], 0], self.by_width, &self.row_boxes[k, 0])

    cdef void _see(self, intp_t row, intp_t place) noexcept nogil:
        correct_one(&self.mean[row, 0], &self.covariance[row, 0], &self.boxes[place, 0], self.by_width)
        self.scores[row] = self.box_scores[place]
        self.confirmed[row] = True
        self.last_frame[row] = self.frame
        self.kinds[place] = TAKEN
        self.looks.remember(row, place, self.frame, self.kept)

    cdef bint _settle(
        self, int64_t remembered_from, float64_t duplicate_distance, int64_t remembered_removals
    ) noexcept nogil:
        """Sort the tracks anew and list those that ended; false: there is no memory left."""
        cdef intp_t k, row, missed_count, lost_count = self.lost_count
        cdef int64_t forgotten = max(<int64_t> 0, self.removals - remembered_removals)
        self.ended_count = self.lost_count = 0
        missed_count = self._settle_followed()
        for k in range(lost_count):
            row = self.lost[k]
            if self.last_frame[row] == self.frame:
                self.followed[self.followed_count] = row
                self.followed_count += 1
            else:
                self._keep_lost(row, forgotten)
            if self.last_frame[row] < remembered_from:
                self._note_removal(row)
        for k in range(missed_count):
            self._keep_lost(self.rows[k], forgotten)
        if self.followed_count == 0 or self.lost_count == 0:
            return True
        return self._drop_duplicates(duplicate_distance)

    cdef intp_t _settle_followed(self) noexcept nogil:
        """Leave those followed that have a box; write the missed ones to `rows` and return how many."""
        cdef intp_t k, row, kept = 0, missed_count = 0
        for k in range(self.followed_count):
            row = self.followed[k]
            if self.last_frame[row] == self.frame:
                self.followed[kept] = row
                kept += 1
            elif self.confirmed[row]:
                # The size of someone lost is held: the last glimpses, half hidden, tell nothing of how it changes.
                self.mean[row, HEIGHT_VELOCITY] = 0
                if self.by_width:
                    self.mean[row, WIDTH_VELOCITY] = 0
                self.rows[missed_count] = row
                missed_count += 1
            else:
                self._note_removal(row)
                self._end(row)
        self.followed_count = kept
        return missed_count

    cdef void _keep_lost(self, intp_t row, int64_t forgotten) noexcept nogil:
        """Remember a lost track, unless it was removed before."""
        if self.removed_as[row] > forgotten:
            self._end(row)
        else:
            self.lost[self.lost_count] = row
            self.lost_count += 1

    cdef void _note_removal(self, intp_t row) noexcept nogil:
        self.removals += 1
        self.removed_as[row] = self.removals

    cdef void _end(self, intp_t row) noexcept nogil:
        self.free[self.free_count] = row
        self.free_count += 1
        if self.shown[row]:
            self.ended[self.ended_count] = row
            self.ended_count += 1

    cdef bint _drop_duplicates(self, float64_t distance) noexcept nogil:
        """Of a followed and a lost track in one place keep the one followed longer, the lost one if in doubt."""
        cdef intp_t k, edge, followed = self.followed_count, lost = self.lost_count
        cdef intp_t row, other
        for k in range(followed):
            self.rows[k] = self.followed[k]
        for k in range(lost):
            self.rows[followed + k] = self.lost[k]
        self._read_boxes(followed + lost)
        self.neighbours.lay_out(&self.row_boxes[followed, 0], NULL, lost)
        if not self.neighbours.list_near(&self.row_boxes[0, 0], followed, rounded_up(distance), &self.edges):
            return False
        if self.edges.count == 0:
            return True
        for k in range(followed + lost):
            self.marked[k] = False
        for k in range(followed):
            row = self.rows[k]
            for edge in range(self.edges.start[k], self.edges.start[k + 1]):
                other = self.rows[followed + self.edges.column[edge]]
                if self.last_frame[row] - self.first_frame[row] > self.last_frame[other] - self.first_frame[other]:
                    self.marked[followed + self.edges.column[edge]] = True
                else:
                    self.marked[k] = True
        self.followed_count = self._without_marked(self.followed, 0, followed)
        self.lost_count = self._without_marked(self.lost, followed, lost)
        return True

    cdef intp_t _without_marked(self, intp_t[::1] kept, intp_t start, intp_t count) noexcept nogil:
        """End the marked ones of a stretch of `rows`; write the others to a list and return how many they are."""
        cdef intp_t k, kept_count = 0
        for k in range(start, start + count):
            if self.marked[k]:
                self._end(self.rows[k])
            else:
                kept[kept_count] = self.rows[k]
                kept_count += 1
        return kept_count

    cdef intp_t _sort_confirmed(self) noexcept nogil:
        """Write the confirmed tracks that are followed to `rows` by ascending id, and return how many."""
        cdef intp_t k, row, place, count = 0
        for k in range(self.followed_count):
            row = self.followed[k]
            if not self.confirmed[row]:
                continue
            place = count
            while place > 0 and self.ids[self.rows[place - 1]] > self.ids[row]:  # few stand out of order
                self.rows[place] = self.rows[place - 1]
                place -= 1
            self.rows[place] = row
            count += 1
        return count

    cdef _make_room(self, intp_t box_count):
        """Take the memory that a frame with so many boxes may need: a free row for each, and what its steps write to.

        Rows that are there keep their place. The list of free rows comes last: where memory runs out half way, the next
        frame asks for it again.
        """
        cdef intp_t k, known = self.free.shape[0], length = known + max(box_count, known)
        if self.free_count >= box_count:
            return
        self.mean, self.covariance = _longer(self.mean, length), _longer(self.covariance, length)
        self.ids, self.removed_as = _longer(self.ids, length), _longer(self.removed_as, length)
        self.first_frame, self.last_frame = _longer(self.first_frame, length), _longer(self.last_frame, length)
        self.scores = _longer(self.scores, length)
        self.confirmed, self.shown = _longer(self.confirmed, length), _longer(self.shown, length)
        self.followed, self.lost = _longer(self.followed, length), _longer(self.lost, length)
        self.kinds, self.marked = np.empty(length, np.uint8), np.empty(length, np.uint8)
        self.rows, self.places = np.empty(length, np.intp), np.empty(length, np.intp)
        self.row_of, self.place_of = np.empty(length, np.intp), np.empty(length, np.intp)
        self.ended = np.empty(length, np.intp)
        self.row_boxes = np.empty((length, 4), np.float32)
        self.neighbours.make_room(length)
        self.looks.make_room(length)
        self.free = _longer(self.free, length)
        for k in range(length - known):
            self.free[self.free_count + k] = length - 1 - k
        self.free_count += length - known


cdef int require_distance(str name, float64_t given) except -1:
    if not 0 <= given <= 1:
        raise ValueError(f"{name}: wanted a distance in [0, 1], got {given}")
    return 0


def _longer(array, intp_t length):
    """Copy an array to one with so many rows, the new ones being zeros."""
    given = np.asarray(array)[:length]
    longer = np.zeros((length, *given.shape[1:]), given.dtype)
    longer[: len(given)] = given
    return longer
