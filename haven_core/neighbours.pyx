# The picture is cut into upright strips. Boxes are laid out by the strip of their left edge, corners apart, so that all
# that may touch another box lie side by side, and the inner loop over them is plain arithmetic on neighbours. A crowd
# spreads over the picture: of 200 x 200 pairs a tenth are looked at.

import numpy as np

from libc.math cimport INFINITY
from libc.string cimport memset

from haven_core.assignment cimport clear_edges, reserve_edges
from haven_core.boxes cimport area_of, unlikeness, greater, lesser

cdef enum:
    X1 = 0
    Y1 = 1
    X2 = 2
    Y2 = 3
    AREA = 4


cdef class Neighbours:
    """Boxes laid out so that those near another one are found."""

    cdef make_room(self, intp_t count):
        """Take memory for so many boxes, before a ``lay_out``."""
        if self.columns is None or self.columns.shape[1] < count:
            columns = np.empty((5, count), np.float32)
            self.place, self.overlap = np.empty(count, np.intp), np.empty(count, np.float32)
            self.columns = columns

    cdef void lay_out(self, const float32_t* boxes, const intp_t* rows, intp_t count) noexcept nogil:
        """Lay out some rows of (N, 4) boxes; NULL: the first ones."""
        cdef intp_t k, strip, place
        cdef const float32_t* box
        cdef float64_t rightmost = -INFINITY
        self.count, self.left, self.widest = count, INFINITY, 0
        for k in range(count):
            box = boxes + 4 * (k if rows == NULL else rows[k])
            self.left, rightmost = min(self.left, <float64_t> box[0]), max(rightmost, <float64_t> box[0])
            self.widest = max(self.widest, <float64_t> box[2] - <float64_t> box[0])
        self.strips_per_px = STRIPS / (rightmost - self.left) if rightmost > self.left else 0
        memset(self.strip_start, 0, sizeof(self.strip_start))
        for k in range(count):
            self.strip_start[self.strip(boxes[4 * (k if rows == NULL else rows[k])]) + 1] += 1
        for strip in range(STRIPS):
            self.strip_start[strip + 1] += self.strip_start[strip]
        for k in range(count - 1, -1, -1):
            box = boxes + 4 * (k if rows == NULL else rows[k])
            strip = self.strip(box[0])
            # Filled from the back: afterwards a strip ends where the next one begins.
            self.strip_start[strip + 1] -= 1
            place = self.strip_start[strip + 1]
            self.place[place] = k
            self.columns[X1, place], self.columns[Y1, place] = box[0], box[1]
            self.columns[X2, place], self.columns[Y2, place] = box[2], box[3]
            self.columns[AREA, place] = area_of(box)
        for strip in range(STRIPS):
            self.strip_start[strip] = self.strip_start[strip + 1]
        self.strip_start[STRIPS] = count

    cdef bint list_near(self, const float32_t* boxes, intp_t count, float32_t bound, Edges* edges) noexcept nogil:
        """List, for each of (count, 4) boxes, the laid out ones nearer than a bound of at most 1.

        Distances are 1 - IoU, those of `boxes.iou_distance` without scores; columns are places in the list that was laid out, ascending.
        False: there is no memory left.
        """
        cdef intp_t row, first, last
        cdef const float32_t* box
        if not clear_edges(edges, count, self.count):
            return False
        for row in range(count):
            box = boxes + 4 * row
            edges.start[row] = edges.count
            first = self.strip_start[self.strip(<float64_t> box[0] - self.widest)]
            last = self.strip_start[self.strip(box[2]) + 1]
            if not reserve_edges(edges, last - first):
                return False
            self.overlap_with(box, first, last)
            self.add_edges(box, first, last, bound, edges)
        edges.start[count] = edges.count
        return True

    cdef intp_t strip(self, float64_t x) noexcept nogil:
        return <intp_t> min(max((x - self.left) * self.strips_per_px, 0.0), STRIPS - 1.0)

    cdef void overlap_with(self, const float32_t* box, intp_t first, intp_t last) noexcept nogil:
        """Write the area shared with each of a range of columns."""
        cdef const float32_t* x1 = &self.columns[X1, 0]
        cdef const float32_t* y1 = &self.columns[Y1, 0]
        cdef const float32_t* x2 = &self.columns[X2, 0]
        cdef const float32_t* y2 = &self.columns[Y2, 0]
        cdef float32_t* overlap = &self.overlap[0]
        cdef float32_t left = box[0], top = box[1], right = box[2], bottom = box[3], width, height
        cdef intp_t k
        for k in range(first, last):
            width = lesser(x2[k], right) - greater(x1[k], left)
            height = lesser(y2[k], bottom) - greater(y1[k], top)
            overlap[k] = greater(width, 0) * greater(height, 0)

    cdef void add_edges(
        self, const float32_t* box, intp_t first, intp_t last, float32_t bound, Edges* edges
    ) noexcept nogil:
        """Note those of a range of columns that are near enough, for which there is room, by ascending place."""
        cdef float32_t area = area_of(box), distance
        cdef intp_t k, edge, begin = edges.count
        for k in range(first, last):
            if self.overlap[k] <= 0:
                continue
            distance = unlikeness(self.overlap[k], area, self.columns[AREA, k])
            if distance < bound:
                edge = edges.count
                while edge > begin and edges.column[edge - 1] > self.place[k]:
                    edges.column[edge], edges.cost[edge] = edges.column[edge - 1], edges.cost[edge - 1]
                    edge -= 1
                edges.column[edge], edges.cost[edge] = self.place[k], distance
                edges.count += 1
