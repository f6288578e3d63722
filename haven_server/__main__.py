"""`python -m haven_server` is `haven`."""

from haven_server.cli import main

main()
