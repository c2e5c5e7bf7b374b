"""Every query of the storage service, scoped to the tenant of the context."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, DateTime, delete, func, literal, select, text, union_all, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from services.storage.domain.listing import LAST_CODE_POINT, Start, following
from services.storage.domain.objects import MAX_KEY_BYTES
from services.storage.domain.quotas import bucket_claim, snapshot_claim
from services.storage.domain.volumes import UnknownZone
from services.storage.tables import (
    Bucket,
    EndedRight,
    GarbageBlob,
    ObjectVersion,
    Snapshot,
    StoredObject,
    TenantStanding,
    Upload,
    UploadPart,
    Volume,
)
from shared.errors import Conflict, NotFound
from shared.infra.db.sqlalchemy import T, TenantRepository
from shared.kernel.context import current_tenant, current_time
from shared.utils.ids import new_id

NEWEST = 2**31 - 1
"""Above the position of every version."""


class NoSuchBucket(NotFound):
    """The tenant has no bucket of this name."""

    code = "no_such_bucket"


class BucketAlreadyExists(Conflict):
    """The tenant has a bucket of this name."""

    code = "bucket_already_exists"


class Rows(TenantRepository[T]):
    """What the tables' repositories have in common."""

    def of_tenant(self) -> Sequence[T]:
        """All rows of the tenant, locked, in id order."""
        return self.session.scalars(self.scoped().order_by(self.model.id).with_for_update()).all()

    def remove(self, row: T) -> None:
        """Delete a row."""
        self.session.delete(row)
        self.session.flush()


class BucketRepository(Rows[Bucket]):
    """Buckets by name."""

    model = Bucket

    def named(self, name: str, *, lock: bool = False, keep: bool = False) -> Bucket:
        """The bucket. Raises NoSuchBucket, for another tenant's too.

        With `lock` it is held to be changed or deleted. With `keep` it is held, beside others that do the same, against
        being deleted: what is put into it stays in a bucket.
        """
        query = self.scoped().where(Bucket.name == name)
        if lock or keep:
            query = query.with_for_update(read=keep, key_share=keep).execution_options(populate_existing=True)
        bucket = self.session.scalars(query).one_or_none()
        if bucket is None:
            raise NoSuchBucket(f"there is no bucket {name}")
        return bucket

    def create(self, bucket: Bucket) -> Bucket:
        """Insert a bucket; of two that race for one name the second gets BucketAlreadyExists."""
        values = {name: getattr(bucket, name) for name in ("id", "tenant_id", "name", "versioning", "lifecycle")}
        added = self.session.scalars(
            insert(Bucket).values(**values).on_conflict_do_nothing(constraint="buckets_name").returning(Bucket)
        ).one_or_none()
        if added is None:
            raise BucketAlreadyExists(f"a bucket {bucket.name} exists")
        return added

    def is_empty(self, bucket: Bucket) -> bool:
        """Whether it holds no version of any object and no unfinished upload."""
        versions = select(ObjectVersion.id).join(StoredObject, ObjectVersion.object_id == StoredObject.id)
        holds_objects = versions.where(StoredObject.bucket_id == bucket.id).exists()
        holds_uploads = select(Upload.id).where(Upload.bucket_id == bucket.id).exists()
        return not self.session.scalar(select(holds_objects | holds_uploads))

    def remove(self, row: Bucket) -> None:
        """Delete an empty bucket that is held, with rows of keys that have no version, where there are any."""
        self.session.execute(delete(StoredObject).where(StoredObject.bucket_id == row.id))
        super().remove(row)

    def held(self, id: str) -> Bucket | None:
        """A bucket by id, held against other changes; None when it is gone or somebody else holds it."""
        query = self.scoped().where(Bucket.id == id).with_for_update(skip_locked=True, key_share=True)
        return self.session.scalars(query).one_or_none()


class ObjectRepository(Rows[StoredObject]):
    """Keys and their stacks of versions."""

    model = StoredObject

    def find(self, bucket: Bucket, key: str, *, lock: bool = False) -> StoredObject | None:
        """The key's row; None when it has no version at all."""
        query = self.scoped().where(StoredObject.bucket_id == bucket.id, StoredObject.key == key)
        return self.session.scalars(query.with_for_update() if lock else query).one_or_none()

    def claim(self, bucket: Bucket, key: str) -> StoredObject:
        """The key's row, made if need be, and locked: writers of one key follow each other."""
        self.session.execute(
            insert(StoredObject)
            .values(
                id=new_id("obj"), tenant_id=current_tenant(), bucket_id=bucket.id, key=key, visible=False, version=0
            )
            .on_conflict_do_nothing(constraint="objects_key")
        )
        found = self.find(bucket, key, lock=True)
        return found if found is not None else self.claim(bucket, key)

    def top(self, stored: StoredObject, *version_ids: str | None) -> Sequence[ObjectVersion]:
        """The latest version and those of the given ids, oldest first: a key may have any number of others."""
        query = select(ObjectVersion).where(
            ObjectVersion.object_id == stored.id,
            (ObjectVersion.position == self._latest_position(stored.id)) | ObjectVersion.version_id.in_(version_ids),
        )
        return self.session.scalars(query.order_by(ObjectVersion.position)).all()

    def stacks(self, stored: Collection[StoredObject]) -> dict[str, list[ObjectVersion]]:
        """All versions of several keys by the key's id, oldest first."""
        found: dict[str, list[ObjectVersion]] = {each.id: [] for each in stored}
        query = select(ObjectVersion).where(ObjectVersion.object_id.in_(found)).order_by(ObjectVersion.position)
        for version in self.session.scalars(query):
            found[version.object_id].append(version)
        return found

    def rows(self, bucket: Bucket, after: str, limit: int) -> Sequence[StoredObject]:
        """Keys after `after`, visible or not, in byte order."""
        query = self.scoped().where(StoredObject.bucket_id == bucket.id, StoredObject.key > after)
        return self.session.scalars(query.order_by(StoredObject.key).limit(limit)).all()

    def free(self, ids: Collection[str]) -> Sequence[StoredObject]:
        """Those of some keys that nobody is writing now, locked, in byte order."""
        query = self.scoped().where(StoredObject.id.in_(ids)).order_by(StoredObject.key)
        query = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
        return self.session.scalars(query).all()

    def keys(self, bucket: Bucket, prefix: str, start: Start, limit: int) -> Sequence[str]:
        """Visible keys that begin with the prefix, from `start` on, in byte order."""
        return self.session.scalars(
            select(StoredObject.key)
            .where(
                StoredObject.tenant_id == current_tenant(),
                StoredObject.bucket_id == bucket.id,
                StoredObject.visible,
                StoredObject.key >= start.key if start.included else StoredObject.key > start.key,
                *self._range(prefix),
            )
            .order_by(StoredObject.key)
            .limit(limit)
        ).all()

    def latest(self, bucket: Bucket, keys: Sequence[str]) -> dict[str, ObjectVersion]:
        """The latest version of each key, in one query."""
        query = (
            select(StoredObject.key, ObjectVersion)
            .join(ObjectVersion, ObjectVersion.object_id == StoredObject.id)
            .where(
                StoredObject.tenant_id == current_tenant(),
                StoredObject.bucket_id == bucket.id,
                StoredObject.key.in_(keys),
                ObjectVersion.position == self._latest_position(StoredObject.id),
            )
        )
        return {key: version for key, version in self.session.execute(query)}

    def versions(
        self, bucket: Bucket, prefix: str, after: str, after_version: str, limit: int
    ) -> Sequence[tuple[str, ObjectVersion]]:
        """Versions and delete markers by key, newest first, behind a version of the key `after` (or all of them).

        Where that version has gone, the key's versions are listed from the newest on: rather twice than never.
        """
        here = (StoredObject.tenant_id == current_tenant()) & (StoredObject.bucket_id == bucket.id)
        seen = (
            select(ObjectVersion.position)
            .join(StoredObject, ObjectVersion.object_id == StoredObject.id)
            .where(here, StoredObject.key == after, ObjectVersion.version_id == after_version)
            .scalar_subquery()
        )
        older = (StoredObject.key == after) & (ObjectVersion.position < func.coalesce(seen, NEWEST))
        rows = self.session.execute(
            select(StoredObject.key, ObjectVersion)
            .join(ObjectVersion, ObjectVersion.object_id == StoredObject.id)
            .where(here, *self._range(prefix), StoredObject.key >= after)
            .where((StoredObject.key > after) | older if after_version else StoredObject.key > after)
            .order_by(StoredObject.key, ObjectVersion.position.desc())
            .limit(limit)
        )
        return [(key, version) for key, version in rows]

    def remove_versions(self, versions: Sequence[ObjectVersion]) -> None:
        """Delete version rows and leave their content to be swept when it has rested."""
        throw_away(self.session, {version.blob for version in versions if version.blob}, current_time())
        ids = [version.id for version in versions]
        self.session.execute(delete(ObjectVersion).where(ObjectVersion.id.in_(ids)))
        for version in versions:
            self.session.expunge(version)

    def _range(self, prefix: str) -> list[ColumnElement[bool]]:
        """Conditions for keys with a prefix that the (bucket, key) index can answer."""
        end = following(prefix)
        return [StoredObject.key >= prefix, *([] if end is None else [StoredObject.key < end])] if prefix else []

    def _latest_position(self, object_id: Any) -> Any:
        """The position of a key's latest version, from the end of the (object, position) index."""
        latest = aliased(ObjectVersion)
        return select(func.max(latest.position)).where(latest.object_id == object_id).scalar_subquery()


class UploadRepository(Rows[Upload]):
    """Unfinished multi-part uploads."""

    model = Upload

    def parts(self, upload: Upload) -> Sequence[UploadPart]:
        """The uploaded parts by number."""
        query = select(UploadPart).where(UploadPart.upload_id == upload.id).order_by(UploadPart.number)
        return self.session.scalars(query).all()

    def part(self, upload: Upload, number: int) -> UploadPart | None:
        """One part as it is noted now; None when it has not arrived. Within a session the same one is the same row."""
        query = select(UploadPart).where(UploadPart.upload_id == upload.id, UploadPart.number == number)
        return self.session.scalars(query).one_or_none()

    def put_part(self, part: UploadPart) -> None:
        """Note a part; one of the same number is replaced, as its content is in the object store, by another row."""
        content = {"id": part.id, "size": part.size, "etag": part.etag, "sha256": part.sha256}
        values = {"tenant_id": part.tenant_id, "upload_id": part.upload_id, "number": part.number}
        added = insert(UploadPart).values(**values, **content)
        self.session.execute(added.on_conflict_do_update(constraint="upload_parts_number", set_=content))

    def started_until(self, bucket: Bucket, prefix: str, moment: datetime, limit: int) -> Sequence[Upload]:
        """Uploads that were begun by then, oldest first, locked; those that somebody is completing now are left."""
        query = self.scoped().where(Upload.bucket_id == bucket.id, Upload.created_at <= moment)
        query = query.where(func.starts_with(Upload.key, prefix))
        query = query.order_by(Upload.created_at, Upload.id).limit(limit).with_for_update(skip_locked=True)
        return self.session.scalars(query).all()

    def any_started_until(self, bucket: Bucket, prefix: str, moment: datetime) -> bool:
        """Whether there is an upload that was begun by then, whoever is at it."""
        begun = select(Upload.id).where(Upload.bucket_id == bucket.id, Upload.created_at <= moment)
        return bool(self.session.scalar(select(begun.where(func.starts_with(Upload.key, prefix)).exists())))

    def end(self, upload: Upload) -> None:
        """Delete the upload and its parts' rows."""
        self.session.execute(delete(Upload).where(Upload.id == upload.id))
        self.session.expunge(upload)


class VolumeRepository(Rows[Volume]):
    """Volumes."""

    model = Volume

    def add(self, row: Volume) -> Volume:
        """Insert a volume. Raises UnknownZone when the platform's catalogue hasn't its zone."""
        try:
            with self.session.begin_nested():
                self.session.add(row)
        except IntegrityError as error:
            raise UnknownZone(f"there is no zone {row.zone}", zone=row.zone) from error
        return row

    def attached_to(self, instance_id: str) -> Sequence[Volume]:
        """The tenant's volumes on an instance, locked, in id order."""
        query = self.scoped().where(Volume.instance_id == instance_id).order_by(Volume.id).with_for_update()
        return self.session.scalars(query).all()


class SnapshotRepository(Rows[Snapshot]):
    """Snapshots."""

    model = Snapshot


def tenants_metered_since_before(session: Session, moment: datetime) -> Sequence[str]:
    """Tenants with a volume whose usage was last recorded before a moment. Of all tenants: for the meter alone."""
    return session.scalars(
        select(Volume.tenant_id).where(Volume.metered_from < moment).distinct().order_by(Volume.tenant_id)
    ).all()


def held_reservations(session: Session, reservation_ids: Collection[str]) -> Collection[str]:
    """Those reservations that stand for something there is. Of all tenants: for the sweep of quotas alone."""
    ids = {reservation_id.partition(".")[0] for reservation_id in reservation_ids}
    held = {name for names in session.scalars(select(Volume.reservations).where(Volume.id.in_(ids))) for name in names}
    held.update(bucket_claim(id).reservation_id for id in session.scalars(select(Bucket.id).where(Bucket.id.in_(ids))))
    snapshots = session.scalars(select(Snapshot.id).where(Snapshot.id.in_(ids)))
    held.update(snapshot_claim(id).reservation_id for id in snapshots)
    return held.intersection(reservation_ids)


def remove_content(session: Session) -> None:
    """Delete all objects and uploads of the tenant; their content is swept, that of objects when it has rested."""
    tenant = current_tenant()
    for content, rests_from in ((ObjectVersion, current_time()), (Upload, None)):
        since = literal(rests_from, DateTime(timezone=True))
        blobs = select(content.blob, since).where(content.tenant_id == tenant, content.blob != "")
        session.execute(insert(GarbageBlob).from_select(["name", "rests_from"], blobs).on_conflict_do_nothing())
        session.execute(delete(content).where(content.tenant_id == tenant))
    session.execute(delete(StoredObject).where(StoredObject.tenant_id == tenant))


def ruled_buckets(session: Session, day: date) -> Sequence[tuple[str, str]]:
    """Tenant and id of buckets whose rules weren't followed on a day. Of all active tenants."""
    query = select(Bucket.tenant_id, Bucket.id).where(Bucket.lifecycle != text("'[]'::jsonb"))
    halted = select(TenantStanding.tenant_id).where(TenantStanding.state != "active")
    query = query.where(Bucket.lifecycle_ran_on.is_distinct_from(day), Bucket.tenant_id.not_in(halted))
    return [(tenant_id, id) for tenant_id, id in session.execute(query.order_by(Bucket.id))]


def standing(session: Session, tenant_id: str) -> TenantStanding | None:
    """What the tenants service last said of a tenant; None when it has said nothing."""
    return session.get(TenantStanding, tenant_id, populate_existing=True)


def ended_right(session: Session, subject: str) -> EndedRight | None:
    """When somebody last lost a right; None when nobody has said so."""
    return session.get(EndedRight, subject)


def named_blobs(session: Session, names: Collection[str]) -> set[str]:
    """Those blobs that a version, an upload or the garbage names. Of all tenants: for the search for orphans alone."""
    columns = (ObjectVersion.blob, Upload.blob, GarbageBlob.name)
    return set(session.scalars(union_all(*(select(column).where(column.in_(names)) for column in columns))))


def throw_away(session: Session, names: Collection[str], rests_from: datetime | None = None) -> None:
    """Leave blobs to be swept: at once what nobody can have read, else when they have rested since a time."""
    if names:
        values = [{"name": name, "rests_from": rests_from} for name in sorted(names)]
        session.execute(insert(GarbageBlob).values(values).on_conflict_do_nothing())


def garbage(session: Session, limit: int, now: datetime, rest: timedelta) -> Sequence[str]:
    """Blobs to be deleted, the first thrown away first, held against other sweepers until the transaction ends.

    What a clock noted that was set back since then rests from now on, not until that time comes again.
    """
    session.execute(update(GarbageBlob).where(GarbageBlob.rests_from > now).values(rests_from=now))
    over = GarbageBlob.rests_from.is_(None) | (GarbageBlob.rests_from <= now - rest)
    query = select(GarbageBlob.name).where(over).order_by(GarbageBlob.rests_from.nulls_first()).limit(limit)
    return session.scalars(query.with_for_update(skip_locked=True)).all()


def forget_garbage(session: Session, names: Sequence[str]) -> None:
    """The blobs are gone."""
    session.execute(delete(GarbageBlob).where(GarbageBlob.name.in_(names)))


LAST_TEXT = chr(LAST_CODE_POINT) * (MAX_KEY_BYTES // 4)
"""Behind a prefix it stands at or behind every key with that prefix, in byte order: no key is longer."""

_KEYS = """
    SELECT key,
           CASE WHEN strpos(substr(key, :rest), :delimiter) = 0 THEN key
                ELSE left(key, :rest + strpos(substr(key, :rest), :delimiter) + :width - 2) || :last
           END AS behind
    FROM objects
    WHERE tenant_id = :tenant AND bucket_id = :bucket AND visible AND key >= :prefix AND key <= :prefix || :last
"""
"""Visible keys with a prefix, and behind what the keys lie that fold with each."""
_FIRST_OF_EACH = f"""
    WITH RECURSIVE entries (key, behind, place) AS (
        (SELECT found.*, 1 FROM ({_KEYS} AND key {{begins}} :start ORDER BY key LIMIT 1) AS found)
        UNION ALL
        SELECT found.*, entries.place + 1
        FROM entries CROSS JOIN LATERAL ({_KEYS} AND key > entries.behind ORDER BY key LIMIT 1) AS found
        WHERE entries.place < :limit
    )
    SELECT key FROM entries ORDER BY place
"""


def first_of_each(
    session: Session, bucket: Bucket, prefix: str, delimiter: str, start: Start, limit: int
) -> Sequence[str]:
    """The first visible key of each entry of a listing, from `start` on, in byte order; at most `limit`, one at least.

    What folds with it is stepped over in the index, not read. There is a delimiter.
    """
    values = {
        **{"tenant": current_tenant(), "bucket": bucket.id, "prefix": prefix, "delimiter": delimiter},
        **{"rest": len(prefix) + 1, "width": len(delimiter), "last": LAST_TEXT, "start": start.key, "limit": limit},
    }
    begins = ">=" if start.included else ">"
    return session.scalars(text(_FIRST_OF_EACH.format(begins=begins)), values).all()
