"""Make room for corrections: whom rows were decided for, which track showed what, and what operators are asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from haven_server.storage.schema import INSTANT, NUMBER

revision = "0002"
down_revision = "0001"

INDEXES = (
    ("idx_emb_decided_id", "embeddings", ("decided_id",)),
    ("idx_tracklet_global_id", "tracklet_quality", ("global_id",)),
    ("idx_tracklet_track", "tracklet_quality", ("camera_id", "track_id")),
    ("idx_changes_action", "identity_changes", ("action",)),
    ("idx_changes_track", "identity_changes", ("camera_id", "track_id")),
)


def upgrade() -> None:
    """Add columns, which are null in the rows that are there, indexes, and the table of reviews."""
    op.add_column("observations", sa.Column("decided_id", NUMBER))
    op.add_column("embeddings", sa.Column("track_id", NUMBER))
    op.add_column("embeddings", sa.Column("decided_id", NUMBER))
    op.add_column("tracklet_quality", sa.Column("companions", sa.Text))
    op.add_column("tracklet_quality", sa.Column("decided_id", NUMBER))
    for name, table, columns in INDEXES:
        op.create_index(name, table, list(columns))
    _make_reviews()


def _make_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("review_id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("global_id", NUMBER, nullable=False),
        sa.Column("other_id", NUMBER),
        sa.Column("camera_id", sa.Text, nullable=False),
        sa.Column("track_id", NUMBER, nullable=False),
        sa.Column("first_seen", INSTANT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("margin", sa.Float),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("actor", sa.Text),
        sa.Column("answered_at", INSTANT),
        sa.CheckConstraint("question IN ('match', 'duplicate')", name="question"),
        sa.CheckConstraint("answer IN ('confirmed', 'refused')", name="answer"),
        sqlite_autoincrement=True,
    )
    op.create_index("idx_reviews_answer", "reviews", ["answer"])
