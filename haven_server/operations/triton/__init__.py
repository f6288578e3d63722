"""A Triton server on this machine, without container or GPU: fetched, started, asked after and stopped."""
