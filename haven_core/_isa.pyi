"""Which build of the search's arithmetic this machine runs: the same source, compiled once per instruction set."""

def isas() -> tuple[str, ...]:
    """List the builds that run on this machine, the fastest first.

    ``avx512vnni``, ``avx2`` and ``x86_64`` on x86-64, ``neon_dotprod`` and ``neon`` on arm64, ``portable`` elsewhere.
    """

def isa() -> str:
    """Name the build that a bank uses unless another is asked for."""

def choose(name: str | None = None) -> tuple[str, object]:
    """Load a build.

    Args:
        name: None: the fastest.
    Returns:
        Its name and its kernels.
    Raises:
        ValueError: it does not run here.
    """
