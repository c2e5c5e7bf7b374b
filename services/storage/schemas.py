"""What goes over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from services.storage.domain.uploads import MAX_PART_NUMBER
from services.storage.domain.versions import Versioning
from shared.web.schemas import Body, Out

Name = Annotated[str, Field(min_length=1, max_length=255)]
Prefix = Annotated[str, Field(max_length=1024)]
"""The beginning of a key, which has at most 1,024 bytes."""
Tag = Annotated[str, Field(max_length=255)]


class LifecycleRule(Body):
    """One lifecycle rule (S3's LifecycleRule); days are counted from 1."""

    id: Name
    prefix: Prefix = ""
    expiration_days: int | None = None
    noncurrent_days: int | None = None
    abort_multipart_days: int | None = None
    newer_noncurrent_versions: int = 0
    expired_delete_markers: bool = False
    enabled: bool = True


class BucketCreate(Body):
    """A new bucket."""

    name: str
    versioning: Versioning = Versioning.DISABLED
    lifecycle: list[LifecycleRule] = []


class BucketChange(Body):
    """What to change; what is left out stays."""

    versioning: Versioning | None = None
    lifecycle: list[LifecycleRule] | None = None


class BucketOut(Out):
    """A bucket."""

    id: str
    name: str
    versioning: Versioning
    lifecycle: list[dict[str, Any]]
    version: int
    created_at: datetime


class ObjectOut(Out):
    """A stored version of an object."""

    version_id: str
    size: int
    etag: str
    content_type: str


class ListedObjectOut(ObjectOut):
    """An object in a listing."""

    key: str
    last_modified: datetime


class ListingOut(BaseModel):
    """A page of at most 1,000 keys and folded prefixes together; `next_after` continues it."""

    objects: list[ListedObjectOut]
    common_prefixes: list[str]
    next_after: str | None


class VersionOut(BaseModel):
    """A version or a delete marker."""

    key: str
    version_id: str
    is_latest: bool
    delete_marker: bool
    size: int
    etag: str
    last_modified: datetime


class VersionsOut(BaseModel):
    """Versions by key, newest first; `next_after` and `next_after_version_id` together continue."""

    versions: list[VersionOut]
    next_after: str | None
    next_after_version_id: str | None


class DeletionOut(BaseModel):
    """What a delete did: the versions that are gone for good, and the delete marker that was put on top."""

    removed: list[str]
    marker: str | None


class WantedDeletion(Body):
    """An object, or one version of it, that is to be deleted."""

    key: str
    version_id: Tag | None = None
    etag: Tag | None = None
    """If given: delete it only while this is the entity tag of the present content."""


class DeletionsCreate(Body):
    """Up to 1,000 objects or versions."""

    objects: Annotated[list[WantedDeletion], Field(min_length=1, max_length=1000)]


class DeletedOut(DeletionOut):
    """What deleting one of them did."""

    key: str
    version_id: str | None


class NotDeletedOut(BaseModel):
    """Why one of them was not deleted."""

    key: str
    version_id: str | None
    code: str
    detail: str


class DeletionsOut(BaseModel):
    """What became of each, in the order of their keys."""

    deleted: list[DeletedOut]
    refused: list[NotDeletedOut]


class UploadCreate(Body):
    """The object to be uploaded in parts."""

    key: str
    content_type: str = "application/octet-stream"


class UploadOut(Out):
    """An unfinished upload."""

    id: str
    key: str
    content_type: str
    version: int
    created_at: datetime


class PartOut(Out):
    """An uploaded part."""

    number: int
    etag: str
    size: int


class PartsOut(BaseModel):
    """The parts that have arrived, by number."""

    parts: list[PartOut]


class ListedPart(Body):
    """A part by number and entity tag, as its upload was answered."""

    number: int
    etag: Tag


class UploadComplete(Body):
    """The parts that make the object, in ascending order."""

    parts: Annotated[list[ListedPart], Field(max_length=MAX_PART_NUMBER)]


class PresignCreate(Body):
    """One method on one object, for a time in seconds."""

    method: Tag
    key: str
    expires_in: int
    version_id: Tag = ""


class PresignOut(Out):
    """The URL; whoever has it may use it until it expires."""

    url: str
    method: str
    expires_at: datetime


class VolumeCreate(Body):
    """A new volume; the size may be left out when it is made from a snapshot."""

    name: Name
    size_gib: int | None = None
    volume_class: Tag = "general"
    zone: Name
    snapshot_id: Tag | None = None


class VolumeChange(Body):
    """A new name, a larger size, or both."""

    name: Name | None = None
    size_gib: int | None = None


class VolumeAttach(Body):
    """The instance that gets the volume."""

    instance_id: Name


class VolumeOut(Out):
    """A volume."""

    id: str
    name: str
    size_gib: int
    volume_class: str
    zone: str
    state: str
    instance_id: str | None
    snapshot_id: str | None
    version: int
    created_at: datetime


class SnapshotCreate(Body):
    """A name for the snapshot."""

    name: Name


class SnapshotOut(Out):
    """A snapshot."""

    id: str
    name: str
    volume_id: str
    size_gib: int
    zone: str
    version: int
    created_at: datetime


class UsageFlushed(BaseModel):
    """How many usage records were made."""

    recorded: int
