"""Arithmetic of HAVEN, in Cython: no thresholds of its own, no verdicts, no Python object per person."""

from haven_core._isa import isa, isas

__all__ = ["isa", "isas"]
