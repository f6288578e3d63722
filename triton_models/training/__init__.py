"""Trains the five small networks of the demo world: seeds -> `triton_models/demo`.

Modules that import torch (`layers`, `finders`, `embedders`, `objectives`, `fitting`, `lessons`, `recipes`) run in an
environment of their own, which `make train` sets up; the rest needs no more than the server does.
"""
