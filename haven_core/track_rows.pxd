# The tracks of one camera as rows, for the table that gives them boxes.

from haven_core._typedefs cimport float32_t, float64_t, int64_t, intp_t, uint8_t
from haven_core.assignment cimport Edges
from haven_core.looks cimport Looks
from haven_core.neighbours cimport Neighbours

cdef enum Kind:
    IGNORED
    DOUBTFUL
    CONFIDENT
    TAKEN


cdef class TrackRows:
    cdef readonly int64_t frame, next_id
    cdef bint by_width
    cdef int64_t removals
    # By row.
    cdef float64_t[:, ::1] mean, covariance
    cdef int64_t[::1] ids, first_frame, last_frame, removed_as
    cdef float32_t[::1] scores
    cdef uint8_t[::1] confirmed, shown
    # Lists of rows, as long as their counts say.
    cdef intp_t[::1] followed, lost, free
    cdef intp_t followed_count, lost_count, free_count
    # Of the frame that is being taken in.
    cdef const float32_t[:, ::1] boxes
    cdef const float32_t[::1] box_scores
    cdef uint8_t[::1] kinds
    cdef intp_t[::1] ended
    cdef intp_t ended_count
    # Of one step: its rows and their boxes, its boxes' places in the frame, who goes with whom, marks by place or row.
    cdef intp_t[::1] rows, places, place_of, row_of
    cdef float32_t[:, ::1] row_boxes
    cdef uint8_t[::1] marked
    cdef Neighbours neighbours
    cdef Edges edges
    cdef Looks looks
    cdef float64_t kept

    cdef tuple _ids_of_ended(self)
    cdef void _predict(self, intp_t row, float64_t elapsed) noexcept nogil
    cdef void _read_boxes(self, intp_t count) noexcept nogil
    cdef void _see(self, intp_t row, intp_t place) noexcept nogil
    cdef bint _settle(
        self, int64_t remembered_from, float64_t duplicate_distance, int64_t remembered_removals
    ) noexcept nogil
    cdef intp_t _settle_followed(self) noexcept nogil
    cdef void _keep_lost(self, intp_t row, int64_t forgotten) noexcept nogil
    cdef void _note_removal(self, intp_t row) noexcept nogil
    cdef void _end(self, intp_t row) noexcept nogil
    cdef bint _drop_duplicates(self, float64_t distance) noexcept nogil
    cdef intp_t _without_marked(self, intp_t[::1] kept, intp_t start, intp_t count) noexcept nogil
    cdef intp_t _sort_confirmed(self) noexcept nogil
    cdef _make_room(self, intp_t box_count)


cdef int require_distance(str name, float64_t given) except -1
