"""Model management: raw networks are recognised, wrapped to the contract, proven and kept in a repository."""

from haven_server.models.importing import CHOICE_RULE, ImportResult, import_models
from haven_server.models.inventory import NOT_INSTALLED, ModelStatus, check_models, list_models

__all__ = [
    "CHOICE_RULE",
    "NOT_INSTALLED",
    "ImportResult",
    "ModelStatus",
    "check_models",
    "import_models",
    "list_models",
]
