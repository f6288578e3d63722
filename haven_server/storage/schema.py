"""The tables, as the newest migration leaves them. A test keeps the two equal.

Column names are the product's promise: people query them by hand. Times are text (see ``instants``), vectors raw
little-endian float32. Rows of events and of the ledger outlive what they speak of, so they refer to nothing.

``global_id`` says who that is as far as is known today. Where an identity was merged into it, ``decided_id`` says for
whom the row was decided, so that a merge can be undone; elsewhere it is null. Averages stay with whom they are of.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import UserDefinedType


class SQLiteTimestamp(UserDefinedType[str]):
    """Text in a column declared TIMESTAMP, so that SQLite's tools show what it is."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Name the column's type."""
        return "TIMESTAMP"


INSTANT = String(29).with_variant(SQLiteTimestamp(), "sqlite")
"""UTC text with nine digits after the point."""

NUMBER = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit key; SQLite counts by itself only on columns declared INTEGER."""

metadata = MetaData(
    naming_convention={"fk": "fk_%(table_name)s_%(column_0_name)s", "ck": "ck_%(table_name)s_%(constraint_name)s"}
)


def _global_id(nullable: bool = False) -> Column[int]:
    return Column("global_id", NUMBER, ForeignKey("identities.global_id"), nullable=nullable)


identities = Table(
    "identities",
    metadata,
    Column("global_id", NUMBER, primary_key=True, autoincrement=True),
    Column("created_at", INSTANT, nullable=False),
    Column("last_seen_at", INSTANT, nullable=False),
    Column("status", Text, nullable=False, server_default="active"),
    # Checked at commit: one transaction may merge an identity into one that it makes a moment later.
    Column("merged_into", NUMBER, ForeignKey("identities.global_id", deferrable=True, initially="DEFERRED")),
    Column("assurance", Text, nullable=False, server_default="tentative"),
    CheckConstraint("status IN ('active', 'merged', 'archived')", name="status"),
    CheckConstraint("assurance IN ('tentative', 'confirmed')", name="assurance"),
    sqlite_autoincrement=True,
)

observations = Table(
    "observations",
    metadata,
    Column("obs_id", NUMBER, primary_key=True, autoincrement=True),
    _global_id(),
    Column("camera_id", Text, nullable=False),
    Column("timestamp", INSTANT, nullable=False),
    Column("bbox_x", Integer),
    Column("bbox_y", Integer),
    Column("bbox_w", Integer),
    Column("bbox_h", Integer),
    Column("posture", Text),
    Column("snapshot_path", Text),
    Column("local_track_id", NUMBER),
    Column("decided_id", NUMBER),
    Index("idx_obs_global_id", "global_id"),
    Index("idx_obs_camera_time", "camera_id", "timestamp"),
    Index("idx_obs_global_time", "global_id", "timestamp"),
    sqlite_autoincrement=True,
)

embeddings = Table(
    "embeddings",
    metadata,
    Column("emb_id", NUMBER, primary_key=True, autoincrement=True),
    _global_id(),
    Column("emb_type", Text, nullable=False),
    Column("timestamp", INSTANT, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Column("quality_score", Float),
    Column("source_camera", Text),
    Column("dim", Integer, nullable=False),
    Column("model_hash", Text, nullable=False),
    Column("track_id", NUMBER),
    Column("decided_id", NUMBER),
    Index("idx_emb_global_id", "global_id"),
    Index("idx_emb_decided_id", "decided_id"),
    Index("idx_emb_type", "emb_type"),
    sqlite_autoincrement=True,
)

embedding_means = Table(
    "embedding_means",
    metadata,
    Column("global_id", NUMBER, ForeignKey("identities.global_id"), primary_key=True, autoincrement=False),
    Column("emb_type", Text, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
    Column("dim", Integer, nullable=False),
    Column("model_hash", Text, nullable=False),
)

tracklet_quality = Table(
    "tracklet_quality",
    metadata,
    Column("tracklet_id", NUMBER, primary_key=True, autoincrement=True),
    _global_id(nullable=True),
    Column("camera_id", Text),
    Column("track_id", NUMBER),
    Column("start_time", INSTANT),
    Column("end_time", INSTANT),
    Column("avg_bbox_size", Float),
    Column("avg_blur_score", Float),
    Column("frame_count", Integer),
    Column("companions", Text),
    Column("decided_id", NUMBER),
    Index("idx_tracklet_global_id", "global_id"),
    Index("idx_tracklet_track", "camera_id", "track_id"),
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    metadata,
    Column("sequence", NUMBER, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("camera_id", Text),
    Column("track_id", NUMBER),
    Column("global_id", NUMBER),
    Column("detail", Text, nullable=False),
)

identity_changes = Table(
    "identity_changes",
    metadata,
    Column("change_id", NUMBER, primary_key=True, autoincrement=True),
    Column("global_id", NUMBER, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("action", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("camera_id", Text),
    Column("track_id", NUMBER),
    Column("detail", Text, nullable=False),
    Index("idx_changes_global_id", "global_id"),
    Index("idx_changes_action", "action"),
    Index("idx_changes_track", "camera_id", "track_id"),
    sqlite_autoincrement=True,
)

reviews = Table(
    "reviews",
    metadata,
    Column("review_id", NUMBER, primary_key=True, autoincrement=True),
    Column("question", Text, nullable=False),
    Column("global_id", NUMBER, nullable=False),
    Column("other_id", NUMBER),
    Column("camera_id", Text, nullable=False),
    Column("track_id", NUMBER, nullable=False),
    Column("first_seen", INSTANT, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("score", Float, nullable=False),
    Column("margin", Float),
    Column("reason", Text, nullable=False),
    Column("answer", Text),
    Column("actor", Text),
    Column("answered_at", INSTANT),
    CheckConstraint("question IN ('match', 'duplicate')", name="question"),
    CheckConstraint("answer IN ('confirmed', 'refused')", name="answer"),
    Index("idx_reviews_answer", "answer"),
    sqlite_autoincrement=True,
)

store_meta = Table(
    "store_meta",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
