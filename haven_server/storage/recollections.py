"""What a finished run left of its tracks: database -> views and tracks, read beside a writer or without one."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from haven_server.errors import StorageError
from haven_server.storage import rows
from haven_server.storage.database import Database
from haven_server.storage.schema import embeddings, tracklet_quality
from haven_server.storage.upgrade import require_current
from haven_server.types import PrototypeRow, TrackletRow

BUSY_TIMEOUT_S = 5.0


def read_recollections(
    url_or_path: str | Path, model_hashes: Collection[str]
) -> tuple[list[PrototypeRow], list[TrackletRow]]:
    """Read the views that some networks made and people are remembered by, and all ended tracks, oldest first.

    Raises:
        StorageError: there is no such database, or it cannot be read.
    """
    database = Database(url_or_path, read_only=True, busy_timeout_s=BUSY_TIMEOUT_S)
    if database.path and not database.path.exists():
        raise StorageError(f"{database.place}: no such database; it is made by `haven run` or `haven serve`")
    with closing(database), database.reading() as connection:
        require_current(connection, database.place)
        views = select(embeddings).where(embeddings.c.model_hash.in_(model_hashes)).order_by(embeddings.c.emb_id)
        tracks = select(tracklet_quality).order_by(tracklet_quality.c.tracklet_id)
        return (
            [rows.read_prototype(row) for row in connection.execute(views)],
            [rows.read_tracklet(row) for row in connection.execute(tracks)],
        )
