"""Smooth curves through keys: times, values -> Track."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


class Track:
    """A curve that never overshoots its keys: what two keys have in common stays put between them.

    It starts and ends at rest, and holds its first and last value outside.

    Args:
        times: (K,) s, ascending.
        values: (K, N).
    Source: Fritsch and Butland, A method for constructing local monotone piecewise cubic interpolants, 1984.
    """

    def __init__(self, times: npt.ArrayLike, values: npt.ArrayLike) -> None:
        at = np.asarray(times, np.float64)
        self._values = np.asarray(values, np.float64)
        if at.ndim != 1 or self._values.ndim != 2 or len(at) != len(self._values) or not (np.diff(at) > 0).all():
            raise ValueError(f"a track needs ascending times and a row for each, got {at.shape}, {self._values.shape}")
        self._times: list[float] = at.tolist()
        self._slopes = np.zeros_like(self._values)
        if len(at) > 2:
            self._slopes[1:-1] = _inner_slopes(np.diff(at)[:, None], np.diff(self._values, axis=0))

    def at(self, t_s: float) -> Values:
        """Read all values (N,) at a time."""
        times = self._times
        if t_s <= times[0]:
            return np.array(self._values[0])
        if t_s >= times[-1]:
            return np.array(self._values[-1])
        row = bisect_right(times, t_s) - 1
        span = times[row + 1] - times[row]
        u = (t_s - times[row]) / span
        rise = u * u * (3.0 - 2.0 * u)
        start, stop = self._values[row], self._values[row + 1]
        leave, arrive = u * (1.0 - u) ** 2 * span, u * u * (u - 1.0) * span
        return np.asarray(start + rise * (stop - start) + leave * self._slopes[row] + arrive * self._slopes[row + 1])


def _inner_slopes(spans: Values, steps: Values) -> Values:
    """Give the slopes (K - 2, N) at the inner keys: a harmonic mean, zero at every turning point."""
    before, after = steps[:-1] / spans[:-1], steps[1:] / spans[1:]
    long_before, long_after = 2.0 * spans[1:] + spans[:-1], spans[1:] + 2.0 * spans[:-1]
    same_way = before * after > 0.0
    safe_before, safe_after = np.where(same_way, before, 1.0), np.where(same_way, after, 1.0)
    mean = (long_before + long_after) / (long_before / safe_before + long_after / safe_after)
    return np.where(same_way, mean, 0.0)
