"""The configuration's way from text to Settings: sources.yaml, ``.env``, environment, ``--set``."""

from haven_server.configuration.loading import load_settings

__all__ = ["load_settings"]
