"""Takes the finished ONNX files of InsightFace's model zoo, which are for non-commercial research only."""

from __future__ import annotations

import shutil
from pathlib import Path

from insightface.utils import ensure_available

from triton_models.export.order import Order

CACHE = Path("insightface")
"""Folder of packs, in the working directory."""


def export(order: Order) -> None:
    """Fetch a pack where it is not there yet, and copy its networks; which of them are of use, the import tells."""
    pack = Path(ensure_available("models", order.name, root=str(CACHE)))
    # Some packs hold a folder of their own name.
    networks = sorted(pack.rglob("*.onnx"))
    if not networks:
        raise SystemExit(f"{pack.absolute()} holds no network: remove the folder and try again")
    for path in networks:
        shutil.copy(path, order.folder)
