"""The tables that messaging keeps in every subgraph's own database: outbox, inbox, dead letters.

They are mapped once, here; ``attach`` adds copies to a domain's metadata so that its migrations create them. A session
of any domain can hold these rows, since the session's engine decides where they go.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Index, Integer, LargeBinary, MetaData, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database import UtcDateTime, new_metadata

Position = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only when the key is its INTEGER."""


class MessagingBase(DeclarativeBase):
    """Declarative base of the messaging tables."""

    metadata = new_metadata()


class OutboxMessage(MessagingBase):
    """An event that a transaction has recorded; kept for a while after it was published."""

    __tablename__ = "outbox_messages"
    __table_args__ = (
        Index("uq_outbox_messages_id", "id", unique=True),
        Index("uq_outbox_messages_aggregate_seq", "aggregate_id", "seq", unique=True),
        Index(
            "ix_outbox_messages_unpublished",
            "position",
            sqlite_where=text("published_at IS NULL"),
            postgresql_where=text("published_at IS NULL"),
        ),
        Index("ix_outbox_messages_recorded_at", "recorded_at"),
    )

    position: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=True)
    """Publishing order. Within one aggregate it grows with ``seq``; between aggregates it means nothing."""
    id: Mapped[str] = mapped_column(String(36))
    """The envelope's id and the broker's message id."""
    subject: Mapped[str] = mapped_column(String(255))
    """What it is published on: ``<domain>.<aggregate>.<fact>.v<major>``."""
    aggregate_id: Mapped[str] = mapped_column(String(255))
    seq: Mapped[int] = mapped_column(BigInteger)
    correlation_id: Mapped[str] = mapped_column(String(255))
    causation_id: Mapped[str | None] = mapped_column(String(36))
    traceparent: Mapped[str | None] = mapped_column(String(64))
    data: Mapped[dict[str, object]] = mapped_column(JSON)
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Machine time, whatever the domain's clock says: retention and recovery go by it."""
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OutboxSequence(MessagingBase):
    """The last ``seq`` given to an aggregate. It outlives the pruned rows, so that numbers are never reused."""

    __tablename__ = "outbox_sequences"

    aggregate_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger)


class OutboxStream(MessagingBase):
    """A stream that this outbox has published to, recognised by the instant it was created.

    Another instant at the next connection means that the broker has lost its store.
    """

    __tablename__ = "outbox_streams"

    domain: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class InboxMessage(MessagingBase):
    """An event that one subscription has handled."""

    __tablename__ = "inbox_messages"
    __table_args__ = (Index("ix_inbox_messages_handled_at", "handled_at"),)

    subscription: Mapped[str] = mapped_column(String(255), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    handled_at: Mapped[datetime] = mapped_column(UtcDateTime)


class InboxCursor(MessagingBase):
    """The newest ``seq`` of one aggregate that a subscription has seen, for those that ignore older ones."""

    __tablename__ = "inbox_cursors"

    subscription: Mapped[str] = mapped_column(String(255), primary_key=True)
    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    aggregate_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger)


class DeadLetter(MessagingBase):
    """A message that a subscription could not handle, kept until it is replayed with success or dropped."""

    __tablename__ = "dead_letters"
    __table_args__ = (
        Index("uq_dead_letters_subscription_event_id", "subscription", "event_id", unique=True),
    )

    position: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=True)
    subscription: Mapped[str] = mapped_column(String(255))
    event_id: Mapped[str] = mapped_column(String(255))
    """The envelope's id, or ``<stream>:<sequence>`` when the message is no envelope."""
    subject: Mapped[str] = mapped_column(String(255))
    """The subject it was first published on."""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """The message exactly as it came."""
    reason: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer)
    """Deliveries so far, replays included."""
    parked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    replayed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was last sent again; ``None`` while nobody has tried since it was parked."""


def attach(metadata: MetaData) -> None:
    """Add the messaging tables to a domain's metadata; call it once, at the end of its ``models.py``.

    Migrations and ``create_all`` then see them beside the domain's own. Calling it again changes nothing.
    """
    for table in MessagingBase.metadata.sorted_tables:
        if table.name not in metadata.tables:
            table.to_metadata(metadata)
