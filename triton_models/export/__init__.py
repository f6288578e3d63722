"""Calls makers' own tools to export their networks, in an environment of its own; `haven models export` runs it."""
