"""Every query of the storage service, scoped to the tenant of the context."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.storage.domain.quotas import bucket_claim, snapshot_claim
from services.storage.tables import (
    Bucket,
    GarbageBlob,
    ObjectVersion,
    Snapshot,
    StoredObject,
    Upload,
    UploadPart,
    Volume,
)
from shared.errors import Conflict, NotFound
from shared.infra.db.sqlalchemy import TenantRepository
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id

LAST_CHARACTER = "\U0010ffff"


class NoSuchBucket(NotFound):
    """The tenant has no bucket of this name."""

    code = "no_such_bucket"


class BucketAlreadyExists(Conflict):
    """The tenant has a bucket of this name."""

    code = "bucket_already_exists"


class BucketRepository(TenantRepository[Bucket]):
    """Buckets by name."""

    model = Bucket

    def named(self, name: str, *, lock: bool = False) -> Bucket:
        """The bucket. Raises NoSuchBucket, for another tenant's too."""
        query = self.scoped().where(Bucket.name == name)
        bucket = self.session.scalars(query.with_for_update() if lock else query).one_or_none()
        if bucket is None:
            raise NoSuchBucket(f"there is no bucket {name}")
        return bucket

    def create(self, bucket: Bucket) -> Bucket:
        """Insert a bucket; of two that race for one name the second gets BucketAlreadyExists."""
        values = {
            "id": bucket.id,
            "tenant_id": bucket.tenant_id,
            "name": bucket.name,
            "versioning": bucket.versioning,
            "lifecycle": bucket.lifecycle,
        }
        added = self.session.scalars(
            insert(Bucket).values(**values).on_conflict_do_nothing(constraint="buckets_name").returning(Bucket)
        ).one_or_none()
        if added is None:
            raise BucketAlreadyExists(f"a bucket {bucket.name} exists")
        return added

    def is_empty(self, bucket: Bucket) -> bool:
        """Whether it holds no version of any object and no unfinished upload."""
        holds_objects = select(StoredObject.id).where(StoredObject.bucket_id == bucket.id).exists()
        holds_uploads = select(Upload.id).where(Upload.bucket_id == bucket.id).exists()
        return not self.session.scalar(select(holds_objects | holds_uploads))

    def remove(self, bucket: Bucket) -> None:
        """Delete the row."""
        self.session.delete(bucket)
        self.session.flush()

    def of_tenant(self) -> Sequence[Bucket]:
        """All buckets of the tenant, locked."""
        return self.session.scalars(self.scoped().order_by(Bucket.id).with_for_update()).all()


class ObjectRepository(TenantRepository[StoredObject]):
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

    def stack(self, stored: StoredObject) -> Sequence[ObjectVersion]:
        """All versions, oldest first."""
        query = select(ObjectVersion).where(ObjectVersion.object_id == stored.id).order_by(ObjectVersion.position)
        return self.session.scalars(query).all()

    def keys(self, bucket: Bucket, prefix: str, after: str, limit: int) -> Sequence[str]:
        """Visible keys that begin with the prefix, after `after`, in byte order."""
        return self.session.scalars(
            select(StoredObject.key)
            .where(
                StoredObject.tenant_id == current_tenant(),
                StoredObject.bucket_id == bucket.id,
                StoredObject.visible,
                StoredObject.key > after,
                *self._range(prefix),
            )
            .order_by(StoredObject.key)
            .limit(limit)
        ).all()

    def latest(self, bucket: Bucket, keys: Sequence[str]) -> dict[str, ObjectVersion]:
        """The latest version of each key, in one query."""
        newest = (
            select(ObjectVersion.object_id, func.max(ObjectVersion.position).label("position"))
            .group_by(ObjectVersion.object_id)
            .subquery()
        )
        query = (
            select(StoredObject.key, ObjectVersion)
            .join(ObjectVersion, ObjectVersion.object_id == StoredObject.id)
            .join(
                newest,
                (newest.c.object_id == ObjectVersion.object_id) & (newest.c.position == ObjectVersion.position),
            )
            .where(
                StoredObject.tenant_id == current_tenant(),
                StoredObject.bucket_id == bucket.id,
                StoredObject.key.in_(keys),
            )
        )
        return {key: version for key, version in self.session.execute(query)}

    def versions(self, bucket: Bucket, prefix: str, after: str, limit: int) -> Sequence[tuple[str, ObjectVersion]]:
        """Versions and delete markers of whole keys after `after`: by key, newest first; at most `limit` keys."""
        keys = (
            select(StoredObject.id)
            .where(
                StoredObject.tenant_id == current_tenant(),
                StoredObject.bucket_id == bucket.id,
                StoredObject.key > after,
                *self._range(prefix),
            )
            .order_by(StoredObject.key)
            .limit(limit)
        )
        rows = self.session.execute(
            select(StoredObject.key, ObjectVersion)
            .join(ObjectVersion, ObjectVersion.object_id == StoredObject.id)
            .where(StoredObject.id.in_(keys))
            .order_by(StoredObject.key, ObjectVersion.position.desc())
        )
        return [(key, version) for key, version in rows]

    def remove_versions(self, versions: Sequence[ObjectVersion]) -> None:
        """Delete version rows and leave their content to be swept after the commit."""
        blobs = [{"name": version.blob} for version in versions if version.blob]
        if blobs:
            self.session.execute(insert(GarbageBlob).values(blobs).on_conflict_do_nothing())
        ids = [version.id for version in versions]
        self.session.execute(delete(ObjectVersion).where(ObjectVersion.id.in_(ids)))
        for version in versions:
            self.session.expunge(version)

    def remove(self, stored: StoredObject) -> None:
        """Delete the row of a key without versions."""
        self.session.delete(stored)
        self.session.flush()

    def _range(self, prefix: str) -> list[ColumnElement[bool]]:
        """Conditions for keys with a prefix that the (bucket, key) index can answer."""
        return [StoredObject.key >= prefix, StoredObject.key < prefix + LAST_CHARACTER] if prefix else []


class UploadRepository(TenantRepository[Upload]):
    """Unfinished multi-part uploads."""

    model = Upload

    def parts(self, upload: Upload) -> Sequence[UploadPart]:
        """The uploaded parts by number."""
        query = select(UploadPart).where(UploadPart.upload_id == upload.id).order_by(UploadPart.number)
        return self.session.scalars(query).all()

    def put_part(self, part: UploadPart) -> None:
        """Note a part; one of the same number is replaced, as its content is in the object store."""
        content = {"size": part.size, "etag": part.etag}
        values = {"id": part.id, "tenant_id": part.tenant_id, "upload_id": part.upload_id, "number": part.number}
        self.session.execute(
            insert(UploadPart)
            .values(**values, **content)
            .on_conflict_do_update(constraint="upload_parts_number", set_=content)
        )

    def remove(self, upload: Upload) -> None:
        """Delete the upload and its parts' rows."""
        self.session.execute(delete(Upload).where(Upload.id == upload.id))
        self.session.expunge(upload)


class VolumeRepository(TenantRepository[Volume]):
    """Volumes."""

    model = Volume

    def attached_to(self, instance_id: str) -> Sequence[Volume]:
        """The tenant's volumes on an instance, locked, in id order."""
        query = self.scoped().where(Volume.instance_id == instance_id).order_by(Volume.id).with_for_update()
        return self.session.scalars(query).all()

    def of_tenant(self) -> Sequence[Volume]:
        """All of the tenant's volumes, locked, in id order."""
        return self.session.scalars(self.scoped().order_by(Volume.id).with_for_update()).all()

    def remove(self, volume: Volume) -> None:
        """Delete the row."""
        self.session.delete(volume)
        self.session.flush()


class SnapshotRepository(TenantRepository[Snapshot]):
    """Snapshots."""

    model = Snapshot

    def of_tenant(self) -> Sequence[Snapshot]:
        """All of the tenant's snapshots, locked, in id order."""
        return self.session.scalars(self.scoped().order_by(Snapshot.id).with_for_update()).all()

    def remove(self, snapshot: Snapshot) -> None:
        """Delete the row."""
        self.session.delete(snapshot)
        self.session.flush()


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
    """Delete all objects and uploads of the tenant; their content is swept after the commit."""
    tenant = current_tenant()
    for content in (ObjectVersion, Upload):
        blobs = select(content.blob).where(content.tenant_id == tenant, content.blob != "")
        session.execute(insert(GarbageBlob).from_select(["name"], blobs).on_conflict_do_nothing())
        session.execute(delete(content).where(content.tenant_id == tenant))
    session.execute(delete(StoredObject).where(StoredObject.tenant_id == tenant))


def garbage(session: Session, limit: int) -> Sequence[str]:
    """Blobs to be deleted, held against other sweepers until the transaction ends."""
    return session.scalars(select(GarbageBlob.name).limit(limit).with_for_update(skip_locked=True)).all()


def forget_garbage(session: Session, names: Sequence[str]) -> None:
    """The blobs are gone."""
    session.execute(delete(GarbageBlob).where(GarbageBlob.name.in_(names)))
