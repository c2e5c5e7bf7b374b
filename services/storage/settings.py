"""Settings of the storage service."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Where the bytes lie, and how often background work is done."""

    service_name: str = "storage"
    listen_address: str = "0.0.0.0:8005"
    advertise_address: str = "storage:8005"
    object_bucket: str = "objects"
    """The object store's bucket that holds the content of every tenant's objects, one immutable blob a version."""
    store_rooms: int = Field(default=32, ge=1)
    """Requests that may use the object store at once: of the forty threads of end points the others serve what doesn't
    need it, however silent it is."""
    store_rooms_of_one_tenant: int = Field(default=16, ge=1)
    """How many of them may be one tenant's: clients that send parts beside each other take four to ten."""
    presign_secret: str = ""
    """HMAC key of presigned URLs; the identity key when it isn't set, so that one fleet needs one secret."""
    public_url: str = "/api/storage"
    """What presigned URLs begin with: the gateway's path of this service, or its full address."""
    metering_interval_seconds: float = Field(default=3600.0, gt=0)
    """How often the volumes that exist are metered; what is deleted is metered at once."""
    sweep_interval_seconds: float = Field(default=5.0, gt=0)
    """How soon after the commit the content of removed versions is deleted from the object store."""
    orphan_interval_seconds: float = Field(default=21_600.0, gt=0)
    """How often the object store is looked through for content that no row names; it goes at the second look."""
    lifecycle_interval_seconds: float = Field(default=5.0, gt=0)
    """How often it is looked whether a bucket's rules weren't followed today: one statement while there is none."""
    quota_sweep_interval_seconds: float = Field(default=600.0, gt=0)
    """How often reservations of quota are compared with what exists: what no event settled stays wrong that long."""

    @property
    def signing_secret(self) -> str:
        """The key under which presigned URLs are signed."""
        return self.presign_secret or self.identity_signing_key
