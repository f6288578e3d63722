"""Arithmetic of HAVEN, in Cython: no thresholds of its own, no verdicts, no Python object per person."""
