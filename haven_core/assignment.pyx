# Rows join one after the other, each along the shortest augmenting path under reduced costs. Only pairs cheaper than
# the limit are edges, so a search never leaves its connected component: a crowd falls apart into small problems
# without being taken apart first. Staying alone is an edge of price `limit` from each row to a column of its own; that
# column is not stored, for a row that is reached through a real column cannot be using it.

import numpy as np

from haven_core._given import rejected

from libc.math cimport INFINITY, isfinite, nextafterf
from libc.stdlib cimport free, malloc

from haven_core._checks cimport all_finite
from haven_core._typedefs cimport float32_t, float64_t, intp_t

cdef enum:
    NONE = -1
    STRETCH = 32


cdef struct Problem:
    intp_t row_count
    intp_t column_count
    float64_t limit
    # Where all that follows lies.
    intp_t* integers
    float64_t* reals
    # Edges of row i are those at edge_start[i] up to edge_start[i + 1].
    intp_t* edge_start
    intp_t* edge_column
    float64_t* edge_cost
    # The assignment so far, NONE for alone, and its potentials.
    intp_t* column_of
    intp_t* row_of
    float64_t* row_potential
    float64_t* column_potential
    # Of the search that is running, by column: length of the shortest path, the row before it, and whether it is final.
    float64_t* distance
    intp_t* previous_row
    intp_t* settled
    intp_t* reached
    intp_t reached_count


def assign(cost, float64_t limit):
    cdef const float32_t[:, ::1] view = _as_cost(cost)
    if not isfinite(limit):
        raise ValueError(f"limit: wanted a finite number, got {limit}")
    cdef Problem problem
    cdef float32_t float32_limit = _rounded_up(limit)
    cdef intp_t row, edge_count = 0
    with nogil:
        for row in range(view.shape[0] if view.shape[1] else 0):
            edge_count += _count_below(&view[row, 0], view.shape[1], float32_limit)
    _allocate(&problem, view.shape[0], view.shape[1], edge_count)
    problem.limit = limit
    try:
        with nogil:
            _list_edges(&problem, view, float32_limit)
            for row in range(problem.row_count):
                _place(&problem, row)
        return _answer(&problem)
    finally:
        free(problem.integers)
        free(problem.reals)


cdef int _allocate(Problem* p, intp_t rows, intp_t columns, intp_t edges) except -1:
    """Make room for the problem, in one piece per number type, with nobody paired."""
    cdef intp_t k
    p.row_count, p.column_count = rows, columns
    p.integers = <intp_t*> malloc((2 * rows + 1 + 4 * columns + edges) * sizeof(intp_t))
    p.reals = <float64_t*> malloc((rows + 2 * columns + edges + 1) * sizeof(float64_t))
    if p.integers == NULL or p.reals == NULL:
        free(p.integers)
        free(p.reals)
        raise MemoryError
    p.column_of = p.integers
    p.edge_start = p.column_of + rows
    p.row_of = p.edge_start + rows + 1
    p.previous_row = p.row_of + columns
    p.settled = p.previous_row + columns
    p.reached = p.settled + columns
    p.edge_column = p.reached + columns
    p.row_potential = p.reals
    p.column_potential = p.row_potential + rows
    p.distance = p.column_potential + columns
    p.edge_cost = p.distance + columns
    for k in range(rows):
        p.column_of[k] = NONE
        p.row_potential[k] = 0
    for k in range(columns):
        p.row_of[k] = NONE
        p.column_potential[k] = 0
        p.settled[k] = False
        p.distance[k] = INFINITY
    return 0


cdef float32_t _rounded_up(float64_t limit) noexcept nogil:
    """The least float32 not below the limit: a float32 is under the one exactly if it is under the other."""
    cdef float32_t bound = <float32_t> limit
    return nextafterf(bound, INFINITY) if bound < limit else bound


cdef int _count_below(const float32_t* cost, intp_t count, float32_t bound) noexcept nogil:
    cdef intp_t k
    cdef int below = 0
    for k in range(count):
        below += cost[k] < bound
    return below


cdef void _list_edges(Problem* p, const float32_t[:, ::1] cost, float32_t bound) noexcept nogil:
    """Write down all edges. Few pairs are, so stretches of a row without any are passed over as a whole."""
    cdef intp_t row, column, stretch, start, count, edge = 0
    for row in range(p.row_count):
        p.edge_start[row] = edge
        for stretch in range((p.column_count + STRETCH - 1) // STRETCH):
            start = stretch * STRETCH
            count = min(<intp_t> STRETCH, p.column_count - start)
            if _count_below(&cost[row, start], count, bound) == 0:
                continue
            for column in range(start, start + count):
                if cost[row, column] < bound:
                    p.edge_column[edge] = column
                    p.edge_cost[edge] = cost[row, column]
                    edge += 1
    p.edge_start[p.row_count] = edge


cdef void _place(Problem* p, intp_t root) noexcept nogil:
    """Pair one more row, or leave one alone, so that the rows placed so far stay at least cost."""
    cdef intp_t row = root, column, lone_row = root
    cdef float64_t length = 0, lone_length = INFINITY, lone
    p.reached_count = 0
    while True:
        _relax(p, row, length)
        lone = length + p.limit - p.row_potential[row]
        if lone < lone_length:
            lone_length, lone_row = lone, row
        column = _nearest(p)
        if column == NONE or lone_length <= p.distance[column]:
            _raise_potentials(p, root, lone_length)
            if lone_row != root:
                column = p.column_of[lone_row]
                p.column_of[lone_row] = NONE
                _augment(p, root, column)
            break
        p.settled[column] = True
        length = p.distance[column]
        row = p.row_of[column]
        if row == NONE:
            _raise_potentials(p, root, length)
            _augment(p, root, column)
            break
    _forget_search(p)


cdef void _relax(Problem* p, intp_t row, float64_t length) noexcept nogil:
    """Offer the paths that lead on from a row at this path length."""
    cdef intp_t edge, column
    cdef float64_t distance
    for edge in range(p.edge_start[row], p.edge_start[row + 1]):
        column = p.edge_column[edge]
        distance = length + p.edge_cost[edge] - p.row_potential[row] - p.column_potential[column]
        if distance < p.distance[column] and not p.settled[column]:
            if p.distance[column] == INFINITY:
                p.reached[p.reached_count] = column
                p.reached_count += 1
            p.distance[column] = distance
            p.previous_row[column] = row


cdef intp_t _nearest(const Problem* p) noexcept nogil:
    """Return the unsettled column with the shortest path, NONE when no column is left."""
    cdef intp_t k, column, nearest = NONE
    cdef float64_t shortest = INFINITY
    for k in range(p.reached_count):
        column = p.reached[k]
        if p.distance[column] < shortest and not p.settled[column]:
            shortest = p.distance[column]
            nearest = column
    return nearest


cdef void _raise_potentials(Problem* p, intp_t root, float64_t length) noexcept nogil:
    """Make the path just found free of charge, with no reduced cost below zero elsewhere."""
    cdef intp_t k, column
    cdef float64_t slack
    p.row_potential[root] += length
    for k in range(p.reached_count):
        column = p.reached[k]
        if p.settled[column] and p.row_of[column] != NONE:
            slack = length - p.distance[column]
            p.row_potential[p.row_of[column]] += slack
            p.column_potential[column] -= slack


cdef void _augment(Problem* p, intp_t root, intp_t column) noexcept nogil:
    """Pair along the path that ends in this free column."""
    cdef intp_t row, given_up
    while True:
        row = p.previous_row[column]
        given_up = p.column_of[row]
        p.row_of[column] = row
        p.column_of[row] = column
        if row == root:
            return
        column = given_up


cdef void _forget_search(Problem* p) noexcept nogil:
    cdef intp_t k
    for k in range(p.reached_count):
        p.distance[p.reached[k]] = INFINITY
        p.settled[p.reached[k]] = False


cdef tuple _answer(const Problem* p):
    """Sort rows and columns into the paired and the left over."""
    cdef intp_t row, column, pairs = 0, lone_rows = 0, lone_columns = 0
    for row in range(p.row_count):
        pairs += p.column_of[row] != NONE
    cdef intp_t[::1] paired_row = np.empty(pairs, np.intp)
    cdef intp_t[::1] paired_column = np.empty(pairs, np.intp)
    cdef intp_t[::1] lone_row = np.empty(p.row_count - pairs, np.intp)
    cdef intp_t[::1] lone_column = np.empty(p.column_count - pairs, np.intp)
    pairs = 0
    for row in range(p.row_count):
        if p.column_of[row] == NONE:
            lone_row[lone_rows] = row
            lone_rows += 1
        else:
            paired_row[pairs] = row
            paired_column[pairs] = p.column_of[row]
            pairs += 1
    for column in range(p.column_count):
        if p.row_of[column] == NONE:
            lone_column[lone_columns] = column
            lone_columns += 1
    return paired_row.base, paired_column.base, lone_row.base, lone_column.base


cdef const float32_t[:, ::1] _as_cost(given):
    cdef const float32_t[:, ::1] view
    try:
        view = given
    except (TypeError, ValueError):
        raise rejected("cost", given, "(R, C) float32, contiguous") from None
    if view is None:
        raise rejected("cost", given, "(R, C) float32, contiguous")
    if view.shape[0] and view.shape[1] and not all_finite(&view[0, 0], view.shape[0] * view.shape[1]):
        row, column = np.argwhere(~np.isfinite(given))[0]
        raise ValueError(f"cost: wanted finite numbers, got {given[row, column]} in row {row}, column {column}")
    return view
