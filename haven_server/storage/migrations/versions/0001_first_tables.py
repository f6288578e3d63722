"""Make the first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from haven_server.storage.schema import INSTANT, NUMBER

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables and start the counters."""
    _make_identities()
    _make_observations()
    _make_embeddings()
    _make_tracklet_quality()
    _make_logs()
    meta = op.create_table(
        "store_meta", sa.Column("key", sa.String(64), primary_key=True), sa.Column("value", sa.Text, nullable=False)
    )
    counters = {"last_global_id": "0", "last_embedding_id": "0", "last_sequence": "0", "embeddings_generation": ""}
    op.bulk_insert(meta, [{"key": key, "value": value} for key, value in counters.items()])


def _refer(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["global_id"], ["identities.global_id"], name=f"fk_{table}_global_id")


def _make_identities() -> None:
    op.create_table(
        "identities",
        sa.Column("global_id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("status", sa.Text, nullable=False, server_default="active"),
        sa.Column("merged_into", NUMBER),
        sa.Column("assurance", sa.Text, nullable=False, server_default="tentative"),
        sa.CheckConstraint("status IN ('active', 'merged', 'archived')", name="status"),
        sa.CheckConstraint("assurance IN ('tentative', 'confirmed')", name="assurance"),
        sa.ForeignKeyConstraint(
            ["merged_into"],
            ["identities.global_id"],
            name="fk_identities_merged_into",
            deferrable=True,
            initially="DEFERRED",
        ),
        sqlite_autoincrement=True,
    )


def _make_observations() -> None:
    op.create_table(
        "observations",
        sa.Column("obs_id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("global_id", NUMBER, nullable=False),
        sa.Column("camera_id", sa.Text, nullable=False),
        sa.Column("timestamp", INSTANT, nullable=False),
        sa.Column("bbox_x", sa.Integer),
        sa.Column("bbox_y", sa.Integer),
        sa.Column("bbox_w", sa.Integer),
        sa.Column("bbox_h", sa.Integer),
        sa.Column("posture", sa.Text),
        sa.Column("snapshot_path", sa.Text),
        sa.Column("local_track_id", NUMBER),
        _refer("observations"),
        sqlite_autoincrement=True,
    )
    op.create_index("idx_obs_global_id", "observations", ["global_id"])
    op.create_index("idx_obs_camera_time", "observations", ["camera_id", "timestamp"])
    op.create_index("idx_obs_global_time", "observations", ["global_id", "timestamp"])


def _make_embeddings() -> None:
    op.create_table(
        "embeddings",
        sa.Column("emb_id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("global_id", NUMBER, nullable=False),
        sa.Column("emb_type", sa.Text, nullable=False),
        sa.Column("timestamp", INSTANT, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.Column("quality_score", sa.Float),
        sa.Column("source_camera", sa.Text),
        sa.Column("dim", sa.Integer, nullable=False),
        sa.Column("model_hash", sa.Text, nullable=False),
        _refer("embeddings"),
        sqlite_autoincrement=True,
    )
    op.create_index("idx_emb_global_id", "embeddings", ["global_id"])
    op.create_index("idx_emb_type", "embeddings", ["emb_type"])
    op.create_table(
        "embedding_means",
        sa.Column("global_id", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("emb_type", sa.Text, primary_key=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.Column("dim", sa.Integer, nullable=False),
        sa.Column("model_hash", sa.Text, nullable=False),
        _refer("embedding_means"),
    )


def _make_tracklet_quality() -> None:
    op.create_table(
        "tracklet_quality",
        sa.Column("tracklet_id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("global_id", NUMBER),
        sa.Column("camera_id", sa.Text),
        sa.Column("track_id", NUMBER),
        sa.Column("start_time", INSTANT),
        sa.Column("end_time", INSTANT),
        sa.Column("avg_bbox_size", sa.Float),
        sa.Column("avg_blur_score", sa.Float),
        sa.Column("frame_count", sa.Integer),
        _refer("tracklet_quality"),
        sqlite_autoincrement=True,
    )


def _make_logs() -> None:
    op.create_table(
        "events",
        sa.Column("sequence", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("camera_id", sa.Text),
        sa.Column("track_id", NUMBER),
        sa.Column("global_id", NUMBER),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_table(
        "identity_changes",
        sa.Column("change_id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("global_id", NUMBER, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("camera_id", sa.Text),
        sa.Column("track_id", NUMBER),
        sa.Column("detail", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("idx_changes_global_id", "identity_changes", ["global_id"])
