"""From sources.yaml, ``.env``, the environment and ``--set`` to Settings."""

from haven_server.settings_file.loading import load_settings

__all__ = ["load_settings"]
