"""Exact assignment of least total cost, where a pair may also stay apart."""

import numpy as np
import numpy.typing as npt

def assign(
    cost: npt.NDArray[np.float32], limit: float
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Pair rows with columns so that the sum of ``cost - limit`` over the pairs is least.

    A pair that costs ``limit`` or more is never made. Among assignments of equal cost, which one is returned depends
    on the order of rows and columns alone.

    Args:
        cost: (R, C) float32, contiguous, finite.
        limit: finite; the greatest cost of a pair, exclusive.
    Returns:
        The paired rows, ascending; the column of each; the rows left over; the columns left over, both ascending.
        All intp.
    Raises:
        ValueError: wrong shape or dtype, NaN or infinite values.
    Source: shortest augmenting paths with potentials, Jonker and Volgenant, Computing 38, 1987; as
        `lap.lapjv(extend_cost=True, cost_limit=limit)`.
    """
