"""Version 1 of the wire format: stubs generated from the ``.proto`` files of this folder."""
