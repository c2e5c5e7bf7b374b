"""Tables of the storage service. Content lies in the object store, its names and versions here."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, DateTime, ForeignKey, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.infra.db.sqlalchemy import TenantRow


class Base(DeclarativeBase):
    """Declarative base of this service."""


class Bucket(TenantRow, Base):
    """A bucket: a name within its tenant, a versioning state, lifecycle rules.

    The rules have been followed up to the key `lifecycle_after` on their way through the bucket, on the day
    `lifecycle_walked_on`, and last to its end on the day `lifecycle_ran_on`. What somebody else held on this way lies
    behind `lifecycle_again`, if there was any.
    """

    __tablename__ = "buckets"
    name: Mapped[str] = mapped_column(Text)
    versioning: Mapped[str] = mapped_column(Text)
    lifecycle: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    lifecycle_ran_on: Mapped[date | None] = mapped_column(Date)
    lifecycle_after: Mapped[str] = mapped_column(Text(collation="C"), default="")
    lifecycle_walked_on: Mapped[date | None] = mapped_column(Date)
    lifecycle_again: Mapped[str | None] = mapped_column(Text(collation="C"))


class StoredObject(TenantRow, Base):
    """A key of a bucket. `visible` tells whether its latest version has content; `version` counts its changes."""

    __tablename__ = "objects"
    bucket_id: Mapped[str] = mapped_column(ForeignKey("buckets.id"))
    key: Mapped[str] = mapped_column(Text(collation="C"))
    visible: Mapped[bool]


class ObjectVersion(TenantRow, Base):
    """One version of a key, or a delete marker. The latest has the highest `position`.

    `pieces` are size and hex SHA-256 of each piece of the content, in order; none are known of older versions.
    """

    __tablename__ = "object_versions"
    object_id: Mapped[str] = mapped_column(ForeignKey("objects.id"))
    version_id: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Integer)
    delete_marker: Mapped[bool]
    blob: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    etag: Mapped[str] = mapped_column(Text)
    content_type: Mapped[str] = mapped_column(Text)
    superseded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    pieces: Mapped[list[tuple[int, str]]] = mapped_column(JSONB)


class Upload(TenantRow, Base):
    """A multi-part upload that is neither completed nor aborted; `store_upload_id` is the object store's id."""

    __tablename__ = "uploads"
    bucket_id: Mapped[str] = mapped_column(ForeignKey("buckets.id"))
    key: Mapped[str] = mapped_column(Text)
    content_type: Mapped[str] = mapped_column(Text)
    blob: Mapped[str] = mapped_column(Text)
    store_upload_id: Mapped[str] = mapped_column(Text)


class UploadPart(TenantRow, Base):
    """An uploaded part of a multi-part upload."""

    __tablename__ = "upload_parts"
    upload_id: Mapped[str] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    size: Mapped[int] = mapped_column(BigInteger)
    etag: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)


class GarbageBlob(Base):
    """A blob that nothing refers to any more. It is deleted after the commit that wrote this row, never before.

    Of what could be read the deletion comes later, counted `rests_from` then; of the rest it is at once (null).
    """

    __tablename__ = "garbage_blobs"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    rests_from: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class TenantStanding(Base):
    """What the tenants service last said of a tenant, by the sequence of its event; no row: nothing, it is active."""

    __tablename__ = "tenant_standings"
    tenant_id: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(BigInteger)


class EndedRight(Base):
    """When a user or service account last lost a right: it was disabled, or a role was taken back."""

    __tablename__ = "ended_rights"
    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    ended_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Volume(TenantRow, Base):
    """A block volume. It is metered from `metered_from` on, always; it counts under its `reservations` of quota."""

    __tablename__ = "volumes"
    name: Mapped[str] = mapped_column(Text)
    size_gib: Mapped[int] = mapped_column(Integer)
    volume_class: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    instance_id: Mapped[str | None] = mapped_column(Text)
    snapshot_id: Mapped[str | None] = mapped_column(Text)
    reservations: Mapped[list[str]] = mapped_column(JSONB)
    metered_from: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=False)


class Snapshot(TenantRow, Base):
    """A volume's content at a point in time; it outlives its volume."""

    __tablename__ = "snapshots"
    name: Mapped[str] = mapped_column(Text)
    volume_id: Mapped[str] = mapped_column(Text)
    size_gib: Mapped[int] = mapped_column(Integer)
    zone: Mapped[str] = mapped_column(Text)
