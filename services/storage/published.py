"""What storage tells, in the transaction of what it tells of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from services.storage.tables import Bucket, ObjectVersion, Snapshot, StoredObject, Upload, Volume
from shared.events import publish


def bucket_created(session: Session, bucket: Bucket) -> None:
    """A bucket was made."""
    publish(session, "storage.bucket.created", subject=bucket.id, data=_bucket(bucket), sequence=bucket.version)


def bucket_updated(session: Session, bucket: Bucket) -> None:
    """A bucket's versioning or lifecycle rules are others now."""
    publish(session, "storage.bucket.updated", subject=bucket.id, data=_bucket(bucket), sequence=bucket.version)


def bucket_deleted(session: Session, bucket: Bucket) -> None:
    """An empty bucket was deleted."""
    publish(session, "storage.bucket.deleted", subject=bucket.id, data=_bucket(bucket), sequence=bucket.version)


def object_created(session: Session, bucket: Bucket, stored: StoredObject, version: ObjectVersion) -> None:
    """A version of an object was stored."""
    data = {
        "bucket": bucket.name,
        "key": stored.key,
        "version_id": version.version_id,
        "size": version.size,
        "etag": version.etag,
    }
    publish(session, "storage.object.created", subject=stored.id, data=data, sequence=stored.version)


def object_deleted(
    session: Session,
    bucket: Bucket,
    stored: StoredObject,
    removed: Sequence[str],
    marker: str | None,
    *,
    by_rule: bool,
) -> None:
    """Versions of an object were removed for good, or a delete marker hides it; a caller or a lifecycle rule did so."""
    data = {"bucket": bucket.name, "key": stored.key, "removed": list(removed), "marker": marker, "by_rule": by_rule}
    publish(session, "storage.object.deleted", subject=stored.id, data=data, sequence=stored.version)


def upload_started(session: Session, bucket: Bucket, upload: Upload) -> None:
    """A multi-part upload was begun."""
    data = _upload(bucket, upload, None)
    publish(session, "storage.upload.started", subject=upload.id, data=data, sequence=upload.version)


def upload_completed(session: Session, bucket: Bucket, upload: Upload, version_id: str) -> None:
    """An object was made of an upload's parts."""
    data = _upload(bucket, upload, version_id)
    publish(session, "storage.upload.completed", subject=upload.id, data=data, sequence=upload.version + 1)


def upload_aborted(session: Session, bucket: Bucket, upload: Upload, *, by_rule: bool) -> None:
    """An upload was given up, by a caller or by a lifecycle rule."""
    data = {**_upload(bucket, upload, None), "by_rule": by_rule}
    publish(session, "storage.upload.aborted", subject=upload.id, data=data, sequence=upload.version + 1)


def volume_created(session: Session, volume: Volume) -> None:
    """A volume was asked for."""
    publish(session, "storage.volume.created", subject=volume.id, data=_volume(volume), sequence=volume.version)


def volume_updated(session: Session, volume: Volume, reserved: Sequence[str]) -> None:
    """A volume was renamed or has grown; `reserved` is what this change reserved, and nothing before it."""
    data = {**_volume(volume), "reserved": list(reserved)}
    publish(session, "storage.volume.updated", subject=volume.id, data=data, sequence=volume.version)


def volume_state_changed(session: Session, volume: Volume, previous_state: str) -> None:
    """A volume has taken a step of its life cycle."""
    data = {"id": volume.id, "from": previous_state, "to": str(volume.state), "instance_id": volume.instance_id}
    publish(session, "storage.volume.state_changed", subject=volume.id, data=data, sequence=volume.version)


def volume_deleted(session: Session, volume: Volume) -> None:
    """A volume is gone."""
    publish(session, "storage.volume.deleted", subject=volume.id, data=_volume(volume), sequence=volume.version)


def snapshot_created(session: Session, snapshot: Snapshot) -> None:
    """A snapshot of a volume was taken."""
    data = _snapshot(snapshot)
    publish(session, "storage.snapshot.created", subject=snapshot.id, data=data, sequence=snapshot.version)


def snapshot_deleted(session: Session, snapshot: Snapshot) -> None:
    """A snapshot was deleted."""
    data = _snapshot(snapshot)
    publish(session, "storage.snapshot.deleted", subject=snapshot.id, data=data, sequence=snapshot.version)


def _bucket(bucket: Bucket) -> dict[str, Any]:
    return {
        "id": bucket.id,
        "name": bucket.name,
        "versioning": str(bucket.versioning),
        "lifecycle": bucket.lifecycle,
    }


def _upload(bucket: Bucket, upload: Upload, version_id: str | None) -> dict[str, Any]:
    return {"id": upload.id, "bucket": bucket.name, "key": upload.key, "version_id": version_id}


def _volume(volume: Volume) -> dict[str, Any]:
    """A volume, with the reservations that it counts under: this service's own events settle them."""
    return {
        "id": volume.id,
        "name": volume.name,
        "size_gib": volume.size_gib,
        "volume_class": volume.volume_class,
        "zone": volume.zone,
        "snapshot_id": volume.snapshot_id,
        "state": str(volume.state),
        "reservations": volume.reservations,
    }


def _snapshot(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "id": snapshot.id,
        "name": snapshot.name,
        "volume_id": snapshot.volume_id,
        "size_gib": snapshot.size_gib,
    }
