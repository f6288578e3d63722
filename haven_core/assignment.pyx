# Rows join one after the other, each along the shortest augmenting path under reduced costs. Only pairs cheaper than
# the limit are edges, so a search never leaves its connected component: a crowd falls apart into small problems
# without being taken apart first. Staying alone is an edge of price `limit` from each row to a column of its own; that
# column is not stored, for a row that is reached through a real column cannot be using it.

import numpy as np

from haven_core._given import rejected

from libc.math cimport INFINITY, isfinite, nextafterf
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memset

from haven_core._checks cimport all_finite
from haven_core._typedefs cimport float32_t, float64_t, intp_t

cdef enum:
    STRETCH = 32


cdef struct Problem:
    const Edges* edges
    float64_t limit
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
    cdef intp_t rows = view.shape[0], columns = view.shape[1]
    cdef intp_t[::1] column_of = np.empty(rows, np.intp), row_of = np.empty(columns, np.intp)
    cdef Edges edges
    cdef bint done
    memset(&edges, 0, sizeof(edges))
    with nogil:
        done = _list_edges(&edges, view, rounded_up(limit))
        if done and rows and columns:
            done = solve(&edges, limit, &column_of[0], &row_of[0])
        free_edges(&edges)
    if not done:
        raise MemoryError
    if rows == 0 or columns == 0:
        column_of[:], row_of[:] = NONE, NONE
    return _answer(column_of, row_of)


cdef bint clear_edges(Edges* edges, intp_t rows, intp_t columns) noexcept nogil:
    """Begin a new list of edges; false: there is no memory left. A struct of zeros is an empty one."""
    cdef intp_t* start
    if edges.row_capacity < rows + 1:
        start = <intp_t*> realloc(edges.start, 2 * (rows + 1) * sizeof(intp_t))
        if start == NULL:
            return False
        edges.start, edges.row_capacity = start, 2 * (rows + 1)
    edges.row_count, edges.column_count, edges.count = rows, columns, 0
    return True


cdef bint reserve_edges(Edges* edges, intp_t more) noexcept nogil:
    """Make room for more edges; false: there is no memory left."""
    cdef intp_t capacity = 2 * (edges.count + more)
    cdef intp_t* column
    cdef float64_t* cost
    if edges.count + more <= edges.capacity:
        return True
    column = <intp_t*> realloc(edges.column, capacity * sizeof(intp_t))
    if column == NULL:
        return False
    edges.column = column
    cost = <float64_t*> realloc(edges.cost, capacity * sizeof(float64_t))
    if cost == NULL:
        return False
    edges.cost, edges.capacity = cost, capacity
    return True


cdef void free_edges(Edges* edges) noexcept nogil:
    free(edges.start)
    free(edges.column)
    free(edges.cost)


cdef bint solve(const Edges* edges, float64_t limit, intp_t* column_of, intp_t* row_of) noexcept nogil:
    """Pair rows with columns at least cost, staying alone costing the limit.

    Fills column_of, by row, and row_of, by column, with partners, NONE for alone. False: there is no memory left.
    """
    cdef Problem problem
    cdef intp_t row, column, rows = edges.row_count, columns = edges.column_count
    cdef float64_t* reals = <float64_t*> malloc((rows + 2 * columns + 1) * sizeof(float64_t))
    cdef intp_t* integers = <intp_t*> malloc((3 * columns + 1) * sizeof(intp_t))
    cdef bint has_room = reals != NULL and integers != NULL
    if has_room:
        problem.edges, problem.limit = edges, limit
        problem.column_of, problem.row_of = column_of, row_of
        problem.row_potential, problem.column_potential = reals, reals + rows
        problem.distance = reals + rows + columns
        problem.previous_row, problem.settled, problem.reached = integers, integers + columns, integers + 2 * columns
        for row in range(rows):
            column_of[row] = NONE
            problem.row_potential[row] = 0
        for column in range(columns):
            row_of[column] = NONE
            problem.column_potential[column] = 0
            problem.settled[column] = False
            problem.distance[column] = INFINITY
        for row in range(rows):
            _place(&problem, row)
    free(reals)
    free(integers)
    return has_room


cdef float32_t rounded_up(float64_t limit) noexcept nogil:
    """The least float32 not below the limit: a float32 is under the one exactly if it is under the other."""
    cdef float32_t bound = <float32_t> limit
    return nextafterf(bound, INFINITY) if bound < limit else bound


cdef int _count_below(const float32_t* cost, intp_t count, float32_t bound) noexcept nogil:
    cdef intp_t k
    cdef int below = 0
    for k in range(count):
        below += cost[k] < bound
    return below


cdef bint _list_edges(Edges* edges, const float32_t[:, ::1] cost, float32_t bound) noexcept nogil:
    """Write down all edges. Few pairs are, so stretches of a row without any are passed over as a whole."""
    cdef intp_t row, column, stretch, start, count, columns = cost.shape[1]
    if not clear_edges(edges, cost.shape[0], columns):
        return False
    for row in range(cost.shape[0]):
        edges.start[row] = edges.count
        if not reserve_edges(edges, columns):
            return False
        for stretch in range((columns + STRETCH - 1) // STRETCH):
            start = stretch * STRETCH
            count = min(<intp_t> STRETCH, columns - start)
            if _count_below(&cost[row, start], count, bound) == 0:
                continue
            for column in range(start, start + count):
                if cost[row, column] < bound:
                    edges.column[edges.count] = column
                    edges.cost[edges.count] = cost[row, column]
                    edges.count += 1
    edges.start[cost.shape[0]] = edges.count
    return True


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
    for edge in range(p.edges.start[row], p.edges.start[row + 1]):
        column = p.edges.column[edge]
        distance = length + p.edges.cost[edge] - p.row_potential[row] - p.column_potential[column]
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


cdef tuple _answer(intp_t[::1] column_of, intp_t[::1] row_of):
    """Sort rows and columns into the paired and the left over."""
    columns, rows = np.asarray(column_of), np.asarray(row_of)
    paired = np.flatnonzero(columns != NONE)
    return paired, columns[paired], np.flatnonzero(columns == NONE), np.flatnonzero(rows == NONE)


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
